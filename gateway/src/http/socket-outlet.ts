import type { WebSocket } from 'ws'
import type { Result } from '../execute/operation.ts'
import type { Delivery } from '../subscribe/delivery.ts'
import type { Mailbox, Outlet } from '../subscribe/mailbox.ts'
import type { SocketClient } from './socket-clients.ts'

/** Messages of live operations, over all sockets: sent, left out because a newer one took their place, and clients that were sent away. */
export interface SentCounts {
  sent: number
  conflated: number
  evicted: number
}

/** What the outlets of all sockets share. */
export interface OutletSurroundings {
  delivery: Delivery
  counts: SentCounts
  /** How long a client may take nothing of what waits for it, in milliseconds. */
  stalledMs: number
  /** It did not. */
  stalled(socket: WebSocket): void
  /** Its token counts no more, whether or not its timer has rung yet. */
  expired(client: SocketClient): void
}

/** Bytes that wait in a socket; beyond that the newest state of each key waits instead. */
const ENOUGH = 16 * 1024

/** A message of graphql-transport-ws with a result, which is JSON already. */
export function nextMessage(id: string, result: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":${result}}`
}

/** Sends the results of one subscription: the text that all clients share, between what is this one's own. */
export class SocketOutlet implements Outlet {
  readonly #client: SocketClient
  readonly #head: string
  readonly #restMs: number
  readonly #surroundings: OutletSurroundings
  #lastAt = Number.NEGATIVE_INFINITY
  #blockedSince = 0

  /** `empty` is a message without its result; no more than `perSecond` are sent, however often things change. */
  constructor(client: SocketClient, empty: string, perSecond: number | undefined, surroundings: OutletSurroundings) {
    this.#client = client
    this.#head = empty.slice(0, -1)
    this.#restMs = perSecond === undefined ? 0 : 1_000 / perSecond
    this.#surroundings = surroundings
  }

  send({ text }: Result): boolean {
    const { socket, identity } = this.#client
    if (socket.readyState !== socket.OPEN) return true // nobody will read it
    if (identity?.expires != null && identity.expires * 1_000 <= Date.now()) {
      this.#surroundings.expired(this.#client)
      return true
    }
    if (socket.bufferedAmount > ENOUGH) return this.#blocked()
    this.#blockedSince = 0
    if (this.#restMs > 0) {
      const now = performance.now()
      if (now - this.#lastAt < this.#restMs) return false
      this.#lastAt = now
    }
    this.#surroundings.counts.sent++
    socket.send(`${this.#head}${text}}`)
    return true
  }

  wanted(mailbox: Mailbox): void {
    this.#surroundings.delivery.wanted(mailbox)
  }

  conflated(): void {
    this.#surroundings.counts.conflated++
  }

  #blocked(): false {
    const now = performance.now()
    if (this.#blockedSince === 0) this.#blockedSince = now
    else if (now - this.#blockedSince > this.#surroundings.stalledMs) this.#surroundings.stalled(this.#client.socket)
    return false
  }
}
