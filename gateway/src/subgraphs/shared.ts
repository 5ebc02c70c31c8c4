import type { Call, Reply, Send } from './call.ts'
import { Cut } from './cut.ts'
import { cutFailure } from './failure.ts'

/** When requests may be shared. */
export interface SharingOptions {
  /** Rises whenever something may have changed: a request that began before is not joined any more. */
  epoch(): number
  /** Requests on their way that others may join; beyond that each is sent by itself. */
  maxEntries: number
}

/**
 * Sends identical repeatable requests that are on their way at the same time once: same subgraph, body and headers but for
 * the trace context. Each call keeps its own signal and deadline; the request is aborted when nobody waits any more. A
 * failure is everybody's who waited, and remembered for nobody.
 */
export function shareInFlight(send: Send, { epoch, maxEntries }: SharingOptions): Send {
  const flights = new Map<string, Flight>()
  return (service, body, call, report) => {
    if (!call.repeatable || call.isAlone) return send(service, body, call, report)
    const key = keyOf(service, body, call.headers)
    const now = epoch()
    const known = flights.get(key)
    if (known?.epoch === now) {
      report.outcome = 'shared'
      return known.join(call)
    }
    if (known === undefined && flights.size >= maxEntries) return send(service, body, call, report)
    const flight: Flight = new Flight(service, call, now, () => {
      // A later one may have taken its place.
      if (flights.get(key) === flight) flights.delete(key)
    })
    flights.set(key, flight)
    return flight.begin(call, (shared) => send(service, body, shared, report))
  }
}

// As in HTTP itself: a header has no line break, so no other headers and body give the same text.
function keyOf(service: string, body: string, headers: Readonly<Record<string, string>>): string {
  let key = service
  for (const name in headers) {
    if (name !== 'traceparent' && name !== 'tracestate') key += `\n${name}:${headers[name]}`
  }
  return `${key}\n\n${body}`
}

/** One request on its way, and those who wait for it. */
class Flight {
  readonly epoch: number
  readonly #service: string
  readonly #leave: () => void
  readonly #abort: AbortController | undefined
  readonly #call: Call
  #reply: Promise<Reply> | undefined
  #waiting = 0

  constructor(service: string, call: Call, epoch: number, leave: () => void) {
    this.epoch = epoch
    this.#service = service
    this.#leave = leave
    // Without a signal and a deadline the first one waits to the end.
    this.#abort = canLeave(call) ? new AbortController() : undefined
    this.#call = { ...call, signal: this.#abort?.signal }
  }

  begin(call: Call, send: (call: Call) => Promise<Reply>): Promise<Reply> {
    this.#reply = send(this.#call)
    this.#reply.then(this.#leave, this.#leave)
    return this.join(call)
  }

  join(call: Call): Promise<Reply> {
    const reply = this.#reply as Promise<Reply>
    this.#waiting++
    this.#call.deadline = Math.max(this.#call.deadline, call.deadline)
    if (!canLeave(call)) return reply
    return new Promise((resolve, reject) => {
      const cut = new Cut(call, Number.POSITIVE_INFINITY)
      const left = (reason: 'late' | 'gone') => {
        cut.clear()
        reject(cutFailure(this.#service, reason, call.deadline, 0))
        if (--this.#waiting > 0) return
        this.#leave()
        this.#abort?.abort()
      }
      if (cut.cause) return left(cut.cause)
      cut.step = { cut: left }
      const settled = (settle: () => void) => {
        cut.clear()
        settle()
      }
      reply.then(
        (value) => settled(() => resolve(value)),
        (error) => settled(() => reject(error)),
      )
    })
  }
}

function canLeave(call: Call): boolean {
  return call.signal !== undefined || call.deadline !== Number.POSITIVE_INFINITY
}
