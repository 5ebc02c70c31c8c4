import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** What a client subscribes to. */
export interface Subscription {
  port: number
  query: string
  variables: Readonly<Record<string, unknown>>
}

/** A subscriber that costs as little as there is: it shares a processor with thousands of its kind. */
export interface Subscriber {
  /** Of the last message; -1 before the first. */
  readonly version: number
  /** Stops reading, so that what is sent to it piles up, and goes on. */
  stall(): void
  goOn(): void
  close(): void
}

/** Told of what a subscriber hears. */
export interface Listener {
  /** `text` is the whole message, in Latin-1; its version is found without parsing it. */
  next(version: number, text: () => string): void
  /** It ended, for this reason, without having been closed. */
  ended(why: string): void
}

const VERSION = Buffer.from('"version":')
const NEXT = Buffer.from('"type":"next"')
const ACKNOWLEDGED = Buffer.from('"type":"connection_ack"')
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10]

/** Opens a WebSocket, speaks graphql-transport-ws and subscribes. */
export function openSubscriber({ port, query, variables }: Subscription, listener: Listener): Subscriber {
  const id = randomUUID()
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let version = -1
  let waiting: Buffer | undefined
  let upgraded = false
  let isClosed = false
  let why = 'the connection broke'

  socket.on('connect', () => socket.write(upgradeRequest))
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!isClosed) listener.ended(why)
  })
  socket.on('data', (chunk) => {
    let data = waiting ? Buffer.concat([waiting, chunk]) : chunk
    waiting = undefined
    if (!upgraded) {
      const end = data.indexOf('\r\n\r\n')
      if (end === -1) {
        waiting = data
        return
      }
      const status = data.toString('latin1', 9, 12)
      if (status !== '101') {
        why = `the upgrade was refused with ${status}`
        return void socket.destroy()
      }
      upgraded = true
      data = data.subarray(end + 4)
      socket.write(frame(TEXT, '{"type":"connection_init"}'))
    }
    let at = 0
    for (let end = frameEnd(data, at); end !== -1; end = frameEnd(data, at)) {
      hear((data[at] as number) & 15, data.subarray(at + headLength(data, at), end))
      at = end
    }
    if (at < data.length) waiting = Buffer.from(data.subarray(at))
  })

  function hear(opcode: number, payload: Buffer): void {
    if (opcode === PING) socket.write(frame(PONG, payload.toString('latin1')))
    else if (opcode === CLOSE) why = `${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`
    else if (payload.includes(NEXT)) {
      version = Number.parseInt(payload.toString('latin1', payload.indexOf(VERSION) + VERSION.length), 10)
      listener.next(version, () => payload.toString('latin1').replace(id, 'ID'))
    } else if (payload.includes(ACKNOWLEDGED)) {
      socket.write(frame(TEXT, JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })))
    } else why = payload.toString('utf8')
  }

  return {
    get version() {
      return version
    },
    stall: () => socket.pause(),
    goOn: () => socket.resume(),
    close() {
      isClosed = true
      socket.destroy()
    },
  }
}

const upgradeRequest = [
  'GET /graphql HTTP/1.1',
  'host: 127.0.0.1',
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol: graphql-transport-ws',
  '\r\n',
].join('\r\n')

/** A frame of a client, masked with zeros: it stays as it is. */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text)
  const head =
    payload.length < 126
      ? [128 | opcode, 128 | payload.length]
      : [128 | opcode, 128 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload])
}

function headLength(data: Buffer, at: number): number {
  const length = (data[at + 1] as number) & 127
  return length < 126 ? 2 : length === 126 ? 4 : 10
}

/** Where the frame that begins at `at` ends; -1 when it is not all there. */
function frameEnd(data: Buffer, at: number): number {
  if (data.length < at + 2) return -1
  const head = headLength(data, at)
  if (data.length < at + head) return -1
  const length =
    head === 2 ? (data[at + 1] as number) & 127 : head === 4 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6)
  return data.length < at + head + length ? -1 : at + head + length
}
