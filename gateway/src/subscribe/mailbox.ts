import type { GraphQLError } from 'graphql'
import type { Result } from '../execute/operation.ts'
import type { Payload } from './snapshot.ts'

/** What one client still has to be sent: the newest payload of each key, in the order in which the keys changed. */
export interface Mailbox extends AsyncGenerator<Result, undefined> {
  put(payload: Payload): void
  /** Tells the client of errors that are not about one key. */
  tell(result: Result): void
  fail(error: GraphQLError): void
}

/** Opens a mailbox; `closed` is called once, when nobody reads it any more. */
export function openMailbox(closed: () => void): Mailbox {
  const waiting = new Map<string | symbol, Result>()
  let failure: GraphQLError | undefined
  let isClosed = false
  let wake: (() => void) | undefined

  function set(key: string | symbol, result: Result): void {
    if (isClosed) return
    waiting.delete(key)
    waiting.set(key, result)
    wake?.()
  }

  function close(): void {
    if (isClosed) return
    isClosed = true
    waiting.clear()
    closed()
    wake?.()
  }

  async function next(): Promise<IteratorResult<Result, undefined>> {
    for (;;) {
      const first = waiting.entries().next()
      if (!first.done) {
        const [key, value] = first.value
        waiting.delete(key)
        return { done: false, value }
      }
      if (failure) {
        const error = failure
        failure = undefined
        close()
        throw error
      }
      if (isClosed) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    put: ({ key, result }) => set(key, result),
    tell: (result) => set(Symbol('told'), result),
    fail(error) {
      failure ??= error
      wake?.()
    },
    next,
    async return() {
      close()
      return { done: true, value: undefined }
    },
    async throw(error) {
      close()
      throw error
    },
    async [Symbol.asyncDispose]() {
      close()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
