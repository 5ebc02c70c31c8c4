import type { GraphQLError } from 'graphql'
import type { Result } from '../execute/operation.ts'
import type { Cursor } from './cursor.ts'
import type { Payload } from './snapshot.ts'

/** Where what a client still has to be sent goes as soon as it may. */
export interface Outlet {
  /** False when the client cannot take more now: then nothing was sent. */
  send(result: Result): boolean
  /** There is something to send. */
  wanted(mailbox: Mailbox): void
  /** A newer payload of a key took the place of one that had not been sent. */
  conflated(): void
}

/** Why a client could not go on where it was. */
export interface Reset {
  code: 'CURSOR_TOO_OLD' | 'CURSOR_OF_ANOTHER_STREAM' | 'EVENTS_UNAVAILABLE'
  message: string
}

/**
 * What one client still has to be sent: the newest payload of each key, in the order in which the keys changed. Read as a stream it
 * yields them one by one; with an outlet they go there, and the stream only tells the end. A class, because there are tens of thousands.
 */
export class Mailbox implements AsyncGenerator<Result, undefined> {
  /** Where its client was before, null for one that begins; undefined when it wants no cursors. */
  readonly since: Cursor | null | undefined
  readonly #closed: () => void
  #reset: string | undefined
  #waiting: Map<string | symbol, Result> | undefined
  #outlet: Outlet | undefined
  #failure: GraphQLError | undefined
  #isClosed = false
  #wake: (() => void) | undefined

  /** `closed` is called once, when nobody reads it any more. */
  constructor(closed: () => void, since?: Cursor | null) {
    this.#closed = closed
    this.since = since
  }

  /** `cursor` is where its client is once it has this and everything before. */
  put({ key, result }: Payload, cursor?: string): void {
    this.#set(key, cursor === undefined || this.since === undefined ? result : { ...result, cursor })
  }

  /** The next message says that the client could not go on where it was: it gets everything anew. */
  reset(reason: Reset): void {
    this.#reset = JSON.stringify(reason)
  }

  /** Tells the client of errors that are not about one key. */
  tell(result: Result): void {
    this.#set(Symbol('told'), result)
  }

  /** Ends the stream with an error, after what waits. */
  fail(error: GraphQLError): void {
    this.#failure ??= error
    this.flush()
    this.#wake?.()
  }

  /** From now on everything goes to the outlet, from `flush`. */
  sendTo(outlet: Outlet): void {
    this.#outlet = outlet
    if (this.#waiting) outlet.wanted(this)
  }

  /** Sends what waits, as far as the client takes it; false when something is left. */
  flush(): boolean {
    if (!this.#outlet || !this.#waiting) return true
    for (const [key, result] of this.#waiting) {
      if (!this.#outlet.send(this.#dressed(result))) return false
      this.#reset = undefined
      this.#waiting.delete(key)
    }
    this.#waiting = undefined
    if (this.#failure) this.#wake?.()
    return true
  }

  async next(): Promise<IteratorResult<Result, undefined>> {
    for (;;) {
      const first = this.#outlet ? undefined : this.#take()
      if (first) return { done: false, value: first }
      if (this.#failure && !this.#waiting) {
        const error = this.#failure
        this.#failure = undefined
        this.#close()
        throw error
      }
      if (this.#isClosed) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Result, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<IteratorResult<Result, undefined>> {
    this.#close()
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #set(key: string | symbol, result: Result): void {
    if (this.#isClosed) return
    const isFirst = this.#waiting === undefined
    this.#waiting ??= new Map()
    if (this.#waiting.delete(key)) this.#outlet?.conflated()
    this.#waiting.set(key, result)
    if (!this.#outlet) this.#wake?.()
    else if (isFirst) this.#outlet.wanted(this)
  }

  #take(): Result | undefined {
    for (const [key, result] of this.#waiting ?? []) {
      this.#waiting?.delete(key)
      if (this.#waiting?.size === 0) this.#waiting = undefined
      const dressed = this.#dressed(result)
      this.#reset = undefined
      return dressed
    }
    return undefined
  }

  /** The result with what only this client is told beside it. */
  #dressed(result: Result): Result {
    const { text, cursor } = result
    if (cursor === undefined && this.#reset === undefined) return result
    const told = [
      ...(cursor === undefined ? [] : [`"cursor":"${cursor}"`]),
      ...(this.#reset === undefined ? [] : [`"reset":${this.#reset}`]),
    ]
    return { ...result, text: `${text.slice(0, -1)},"extensions":{${told.join()}}}` }
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = undefined
    this.#closed()
    this.#wake?.()
  }
}
