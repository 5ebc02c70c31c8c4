import { randomUUID } from 'node:crypto'
import type { Identity } from '../viewer/tokens.ts'
import type { ClientOptions } from './clients.ts'
import { type Leave, noPlace, noPlaceForViewer } from './connections.ts'
import { endEvenly } from './draining.ts'
import { Refusal } from './event-requests.ts'
import { EventStream } from './event-stream.ts'

const comeBack = { 'retry-after': '5' }

/** The clients of streams of events: those that are connected, and streams that were reserved and are yet to be opened. */
export class EventClients {
  readonly #options: ClientOptions
  readonly #lapsed: (stream: EventStream, token: string) => void
  readonly #connected = new Map<EventStream, Leave>()
  readonly #reservations = new Map<string, EventStream>()

  /** `lapsed` is told of a reservation that ended without having been opened. */
  constructor(options: ClientOptions, lapsed: (stream: EventStream, token: string) => void) {
    this.#options = options
    this.#lapsed = lapsed
  }

  get size(): number {
    return this.#connected.size
  }

  all(): Iterable<EventStream> {
    return this.#connected.keys()
  }

  has(stream: EventStream): boolean {
    return this.#connected.has(stream)
  }

  /** A stream that is not connected yet. */
  create(identity: Identity | null, closed = (_wasConnected: boolean) => {}): EventStream {
    const { limits, log } = this.#options
    const stream = new EventStream(identity, { limits, log, closed: () => closed(this.#disconnect(stream)) })
    return stream
  }

  /** Counts a stream as a client. Throws when there is no place for it. */
  connect(stream: EventStream): void {
    const { connections, limits } = this.#options
    const leave = connections.enter()
    if (!leave) throw new Refusal(503, 'TOO_MANY_CONNECTIONS', noPlace(limits), comeBack)
    const leaveAs = connections.enterAs(stream.identity)
    if (!leaveAs) {
      leave()
      throw new Refusal(429, 'TOO_MANY_CONNECTIONS', noPlaceForViewer(limits), comeBack)
    }
    this.#connected.set(stream, () => {
      leave()
      leaveAs()
    })
  }

  /** Reserves a stream, which has to be opened soon. Throws when too many wait for that. */
  reserve(identity: Identity | null): { stream: EventStream; token: string } {
    const { limits } = this.#options
    if (this.#reservations.size >= limits.connections) {
      throw new Refusal(503, 'TOO_MANY_CONNECTIONS', 'There are too many reservations: come back later.', comeBack)
    }
    const token = randomUUID()
    const stream = this.create(identity, (wasConnected) => {
      clearTimeout(lapse)
      this.#reservations.delete(token)
      if (!wasConnected) this.#lapsed(stream, token)
    })
    const lapse = setTimeout(() => {
      if (!this.has(stream)) stream.close()
    }, limits.initMs).unref()
    this.#reservations.set(token, stream)
    return { stream, token }
  }

  /** The reservation of a token; only who made it may use it, unless the token is enough. */
  find(token: string, identity: Identity | null, isTicket: boolean): EventStream {
    const stream = this.#reservations.get(token)
    if (!stream) {
      const message = `There is no such stream: reserve one with PUT, and open it within ${this.#options.limits.initMs} ms.`
      throw new Refusal(404, 'STREAM_NOT_FOUND', message)
    }
    if (!isTicket && !stream.isOf(identity)) throw new Refusal(403, 'FORBIDDEN', 'Another viewer reserved this stream.')
    stream.renew(identity)
    return stream
  }

  /** Sends everyone away, a few at a time. */
  async drain(): Promise<void> {
    const left: Promise<void>[] = []
    await endEvenly([...this.all()], this.#options.limits.drainMs, (stream) => void left.push(stream.leave()))
    await Promise.all(left)
    for (const stream of [...this.#reservations.values()]) stream.close()
  }

  #disconnect(stream: EventStream): boolean {
    this.#connected.get(stream)?.()
    return this.#connected.delete(stream)
  }
}
