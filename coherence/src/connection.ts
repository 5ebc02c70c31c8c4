import { connect } from 'node:net'
import { ResponseReader } from '../../bench/src/load/response.ts'

/** Who uses a connection: sends when it is open, and again when an answer has come. */
export interface ConnectionUser {
  opened(send: (request: Buffer) => void): void
  answered(status: number, body: Buffer): void
  /** It broke, with a request on its way or not; it is opened again. */
  broken(): void
}

const SILENCE_LIMIT_MS = 15_000
const REOPEN_MS = 50

/**
 * A keep-alive connection with one request at a time. Bare bytes, because the checker shares its processors with what it checks: a client
 * of full HTTP costs as much as the gateway's answer. Returns how to close it.
 */
export function openConnection(port: number, user: ConnectionUser): () => void {
  let closed = false
  let socket = open()

  function open() {
    let pieces: Buffer[] = []
    const reader = new ResponseReader(
      (piece) => pieces.push(piece),
      ({ status }) => {
        const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
        pieces = []
        user.answered(status, body)
      },
    )
    const opened = connect({ port, host: '127.0.0.1', noDelay: true })
    opened.setTimeout(SILENCE_LIMIT_MS, () => opened.destroy())
    opened.on('connect', () => user.opened((request) => opened.write(request)))
    opened.on('data', (data) => reader.read(data))
    opened.on('error', () => {})
    opened.on('close', () => {
      if (closed) return
      user.broken()
      setTimeout(() => {
        if (!closed) socket = open()
      }, REOPEN_MS)
    })
    return opened
  }

  return () => {
    closed = true
    socket.destroy()
  }
}
