import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { type Arrived, ResponseReader } from './response.ts'
import { History, startWriting, type Written, type WrittenReply } from './written.ts'

/** A closed loop: every connection sends its next request when its answer is complete. */
export interface LoadAsk {
  url: string
  /** The JSON body. */
  body: string
  connections: number
  /** Measured, after `settleSeconds` that are not. */
  seconds: number
  settleSeconds: number
  /** What every answer must be: its bytes each time, its SHA-1 every `hashEvery` answers of a connection. */
  answer: { bytes: number; sha1: string }
  hashEvery: number
  /** In every so many requests of a connection the digits `00000000` of the body are, once, a number not used before; 0 is never. */
  renewEvery: number
  /** Writes that go on meanwhile. Answers are then compared as if nothing had been written. */
  written?: Written
}

/** What a load saw. */
export interface LoadReply {
  /** Answers in the measured seconds. */
  requests: number
  /** All answers, those before and after the measured seconds too. */
  all: number
  perSecond: number
  /** Milliseconds from request to last byte. */
  p50Ms: number
  p99Ms: number
  /** Answers that were not the expected one, and broken connections. */
  errors: number
  firstError: string | null
  /** Processor time of this process in the measured seconds, as a share of one core. */
  cpu: number
  written?: WrittenReply
}

/** Errors after which a load gives up. */
const ERRORS_BEARABLE = 1_000
const DRAIN_MS = 20_000
const DIGITS = '00000000'

/** Loads a server and resolves when the last answer has come. Rejects when the server cannot be reached. */
export function runLoad(ask: LoadAsk, history = new History()): Promise<LoadReply> {
  const { hostname, port, pathname } = new URL(ask.url)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ${Buffer.byteLength(ask.body)}\r\n\r\n`
  const request = Buffer.from(head + ask.body)
  const digitsAt = request.indexOf(DIGITS)
  if (ask.renewEvery > 0 && digitsAt === -1) return Promise.reject(new Error(`Expected ${DIGITS} in the body.`))
  // All connections read into this, one after the other: what is read is looked at before the next read.
  const buffer = Buffer.allocUnsafe(512 * 1024)
  const latencies: number[] = []
  const sockets = new Set<Socket>()
  const from = performance.now() + ask.settleSeconds * 1_000
  const to = from + ask.seconds * 1_000
  let all = 0
  let errors = 0
  let firstError: string | null = null
  let renewed = 0
  let busy = ask.connections
  let cpuBefore = 0
  let cpuAfter: number | null = null
  const writing = ask.written && startWriting(ask.written, history)

  return new Promise((resolve, reject) => {
    const timers = [
      setTimeout(() => {
        cpuBefore = spent()
      }, from - performance.now()),
      setTimeout(finish, to - performance.now() + DRAIN_MS),
    ]
    for (let n = 0; n < ask.connections; n++) open()

    function failed(what: string): void {
      errors++
      firstError ??= what
    }

    function open(): void {
      const mine = Buffer.from(request)
      let sent = 0
      let at = 0
      let hash = createHash('sha1')
      let hashed = true
      const answer = Buffer.alloc(writing ? ask.answer.bytes : 0)
      let filled = 0
      const reader = new ResponseReader((piece) => {
        if (writing) filled += piece.copy(answer, filled)
        else if (hashed) hash.update(piece)
      }, received)
      const socket = connect({
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: {
          buffer,
          callback(length) {
            try {
              reader.read(buffer.subarray(0, length))
            } catch (error) {
              socket.destroy(error as Error)
            }
            return true
          },
        },
      })
      sockets.add(socket)
      socket.once('connect', send)
      socket.once('error', (error) => failed(error.message))
      socket.once('close', () => {
        sockets.delete(socket)
        if (performance.now() >= to) return idle()
        failed('The server closed a connection.')
        if (errors > ERRORS_BEARABLE) return finish()
        setTimeout(open, 10)
      })

      function send(): void {
        if (ask.renewEvery > 0) {
          const digits = (sent + 1) % ask.renewEvery === 0 ? String(++renewed).padStart(DIGITS.length, '0') : DIGITS
          mine.write(digits, digitsAt, 'latin1')
        }
        hashed = sent++ % ask.hashEvery === 0
        at = performance.now()
        socket.write(mine)
      }

      function received({ status, bytes }: Arrived): void {
        const now = performance.now()
        all++
        if (now >= from && now < to) latencies.push(now - at)
        if (status !== 200 || bytes !== ask.answer.bytes) {
          const start = writing ? ` ${answer.toString('utf8', 0, Math.min(filled, 300))}` : ''
          failed(`Expected status 200 and ${ask.answer.bytes} bytes, got status ${status} and ${bytes} bytes.${start}`)
        } else {
          writing?.judge(answer, at)
          if (writing && hashed) hash.update(answer)
          if (hashed && hash.digest('hex') !== ask.answer.sha1) failed('An answer of the right length had other bytes.')
        }
        filled = 0
        if (hashed) hash = createHash('sha1')
        if (now < to) send()
        else {
          cpuAfter ??= spent()
          socket.destroy()
        }
      }
    }

    function idle(): void {
      busy--
      if (busy === 0) finish()
    }

    async function finish(): Promise<void> {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.removeAllListeners('close').destroy()
      if (busy > 0 && errors <= ERRORS_BEARABLE) failed(`${busy} answers had not come ${DRAIN_MS} ms after the end.`)
      const written = await writing?.stop()
      if (all === 0) {
        reject(new Error(`No answer came from ${ask.url}: ${firstError}`))
        return
      }
      latencies.sort((a, b) => a - b)
      const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
      resolve({
        requests: latencies.length,
        all,
        perSecond: latencies.length / ask.seconds,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        errors,
        firstError,
        cpu: ((cpuAfter ?? spent()) - cpuBefore) / ask.seconds,
        ...(written && { written }),
      })
    }
  })
}

/** Processor time of this process so far, in seconds. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
