import type { GraphQLError } from 'graphql'
import type { Result } from '../execute/operation.ts'
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

/**
 * What one client still has to be sent: the newest payload of each key, in the order in which the keys changed. Read as a stream it
 * yields them one by one; with an outlet they go there, and the stream only tells the end. A class, because there are tens of thousands.
 */
export class Mailbox implements AsyncGenerator<Result, undefined> {
  readonly #closed: () => void
  #waiting: Map<string | symbol, Result> | undefined
  #outlet: Outlet | undefined
  #failure: GraphQLError | undefined
  #isClosed = false
  #wake: (() => void) | undefined

  /** `closed` is called once, when nobody reads it any more. */
  constructor(closed: () => void) {
    this.#closed = closed
  }

  put({ key, result }: Payload): void {
    this.#set(key, result)
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
      if (!this.#outlet.send(result)) return false
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
      return result
    }
    return undefined
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = undefined
    this.#closed()
    this.#wake?.()
  }
}
