// Above the usual length because the life of a stream is told in one place: open, write, wait, expire, be too slow, end.
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Logger } from '@commerce/service/log.ts'
import type { GraphQLError } from 'graphql'
import { print } from 'graphql-sse'
import type { SocketLimits } from '../config.ts'
import { type Result, refused } from '../execute/operation.ts'
import { isSameViewer } from '../viewer/key.ts'
import type { Identity } from '../viewer/tokens.ts'
import { expired, whenExpired } from './clients.ts'
import { MessageRate } from './connections.ts'

/** What a stream needs of those who serve it. */
export interface EventStreamOptions {
  limits: SocketLimits
  log: Logger
  /** Told once when it is over, whoever ended it. */
  closed(): void
}

/** An operation on a stream; `results` are there once it was accepted. */
export interface StreamOperation {
  results: AsyncGenerator<Result, undefined> | undefined
}

/** A line that clients skip: it opens a stream for browsers, and shows proxies and us that somebody still reads. */
const comment = ':\n\n'

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies that follow nginx would collect events before they pass them on.
  'x-accel-buffering': 'no',
}

/** One client's stream of events: its operations, and everything that is written to it. Ends them all when it ends. */
export class EventStream {
  /** Keys that its subscriptions follow. */
  keys = 0
  /** Of the requests that belong to it. */
  readonly rate: MessageRate
  readonly operations = new Map<string, StreamOperation>()
  readonly #options: EventStreamOptions
  #identity: Identity | null
  #expiry: NodeJS.Timeout | undefined
  #expired: GraphQLError | undefined
  #response: ServerResponse | undefined
  #messages: AsyncGenerator<string> | undefined
  #isOver = false
  #pinged = false
  #waiting: (() => void)[] = []
  readonly #results = new Map<string, Result>()
  readonly #standIn = randomUUID()
  #standIns = 0

  constructor(identity: Identity | null, options: EventStreamOptions) {
    this.#identity = identity
    this.#options = options
    this.rate = new MessageRate(options.limits.messagesPerSecond)
    this.#expiry = whenExpired(identity, (reason) => this.#expire(reason))
  }

  get identity(): Identity | null {
    return this.#identity
  }

  get isOver(): boolean {
    return this.#isOver
  }

  isOf(identity: Identity | null): boolean {
    return isSameViewer(this.#identity?.viewer ?? null, identity?.viewer ?? null)
  }

  /** Its client came back with another token of the same viewer: the one that lasts longer counts. */
  renew(identity: Identity | null): void {
    const until = ({ expires }: Identity) => expires ?? Number.POSITIVE_INFINITY
    if (!identity || !this.#identity || until(identity) <= until(this.#identity)) return
    clearTimeout(this.#expiry)
    this.#identity = identity
    this.#expired = undefined
    this.#expiry = whenExpired(identity, (reason) => this.#expire(reason))
  }

  /** Ends one operation; what it still had to say is not sent. */
  stop(id: string): void {
    const operation = this.operations.get(id)
    this.operations.delete(id)
    void operation?.results?.return(undefined)
  }

  /**
   * Resolves when the client has taken what was written before, or is gone. A subscription that waits here keeps only the
   * newest payload of each key, so a client that does not read costs what its operations weigh once.
   */
  async room(): Promise<void> {
    while (!this.#isOver && (!this.#response || this.#response.writableNeedDrain)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /**
   * What stands for a ready text on its way through the library, which would make JSON of it once more for every client:
   * the text takes its place when the message is written.
   */
  standInFor(result: Result): string {
    const standIn = `${this.#standIn}:${this.#standIns++}`
    this.#results.set(`"${standIn}"`, result)
    return standIn
  }

  /** Sends messages as an answer until they end or the client leaves. */
  async send(response: ServerResponse, messages: AsyncGenerator<string>): Promise<void> {
    this.#messages = messages
    if (this.#isOver || response.destroyed) {
      response.destroy()
      this.close()
      void messages.return(undefined)
      return
    }
    this.#response = response
    response.once('close', () => this.close())
    response.on('drain', () => this.#wake())
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.write(comment)
    if (this.#expired) return this.#expire(this.#expired)
    this.#wake()
    try {
      for await (const message of messages) {
        // The library's own pings come at its pace, and nobody would see whether they are taken.
        if (message === comment) continue
        const { expires = null } = this.#identity ?? {}
        if (expires !== null && expires * 1_000 <= Date.now()) return this.#expire(expired())
        this.#write(message)
      }
      response.end()
    } catch (error) {
      this.#options.log.error({ err: error }, 'a stream of events failed')
      response.destroy()
    }
  }

  /** Keeps proxies from closing it; a client that has not taken the last ping when the next is due is gone. */
  ping(): void {
    const response = this.#response
    if (!response || this.#isOver || response.writableEnded) return
    if (this.#pinged) {
      response.destroy()
      return
    }
    this.#pinged = true
    response.write(comment, () => {
      this.#pinged = false
    })
  }

  /**
   * Breaks the answer off once what was written has left, so that the client comes back: some take an answer that ends properly for the
   * end of the subscription. Resolves when it is closed.
   */
  async leave(): Promise<void> {
    const response = this.#response
    if (response && !response.closed) {
      const closed = new Promise((resolve) => response.once('close', resolve))
      const { socket } = response
      if (socket) socket.destroySoon()
      else response.destroy()
      const impatience = setTimeout(() => response.destroy(), 3_000)
      await closed
      clearTimeout(impatience)
    }
    this.close()
  }

  /** Releases everything at once. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#expiry)
    for (const id of [...this.operations.keys()]) this.stop(id)
    this.#results.clear()
    this.#wake()
    void this.#messages?.return(undefined)
    this.#options.closed()
  }

  #expire(reason: GraphQLError): void {
    this.#expired = reason
    // One that is only reserved is told when it opens.
    if (!this.#response) return
    const payload = JSON.parse(refused([reason]).text)
    for (const id of this.operations.keys()) {
      this.#write(print({ event: 'next', data: id === '' ? payload : { id, payload } }))
      this.#write(print({ event: 'complete', data: id === '' ? null : { id } }))
    }
    this.#response.end()
    this.close()
  }

  #write(message: string): void {
    const response = this.#response
    if (!response || this.#isOver || response.writableEnded) return
    const bytes = response.writableLength
    if (bytes > this.#options.limits.bufferedBytes) {
      this.#options.log.info({ bytes }, 'a stream of events is read too slowly and is sent away')
      response.destroy()
      return
    }
    response.write(this.#withText(message))
  }

  #withText(message: string): string {
    const start = message.indexOf(`"${this.#standIn}:`)
    if (start === -1) return message
    const end = message.indexOf('"', start + 1) + 1
    const standIn = message.slice(start, end)
    const { text, cursor } = this.#results.get(standIn) ?? { text: 'null' }
    this.#results.delete(standIn)
    // Browsers come back with the id of the last event that they had; a stream of many operations has no such place.
    const id = cursor !== undefined && this.operations.has('') ? `id: ${cursor}\n` : ''
    return id + message.slice(0, start) + text + message.slice(end)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
