import type { Logger } from '@commerce/service/log.ts'
import { GraphQLError } from 'graphql'
import { type Result, refused } from '../execute/operation.ts'
import { failure, type Prepared } from './clients.ts'

/**
 * What an operation yields; an error that ends it is its last result, because the protocol knows no other errors. `return` ends
 * it at once, also while somebody waits for `next`. `ended` is called when nothing more comes.
 */
export function resultsOf(run: Prepared['run'], log: Logger, ended: () => void): AsyncGenerator<Result, undefined> {
  let isLast = false
  let isDone = false
  const done = () => {
    isDone = true
    ended()
    return { done: true as const, value: undefined }
  }
  return {
    async next() {
      if (isDone || isLast) return done()
      try {
        if (typeof run !== 'function') {
          const next = await run.next()
          return next.done ? done() : next
        }
        isLast = true
        const value = await run()
        // Nobody waits for it any more.
        return isDone ? done() : { done: false, value }
      } catch (error) {
        isLast = true
        return { done: false, value: refused([error instanceof GraphQLError ? error : failure(error, log)]) }
      }
    },
    async return() {
      if (typeof run !== 'function') await run.return()
      return done()
    },
    async throw(error) {
      done()
      throw error
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** The same results, no more than so many a second: what changes in between is left to the newest state that a subscription keeps. */
export function paced(
  results: AsyncGenerator<Result, undefined>,
  perSecond: number,
): AsyncGenerator<Result, undefined> {
  let nextAt = Number.NEGATIVE_INFINITY
  let wake: (() => void) | undefined
  return {
    ...results,
    async next() {
      const restMs = nextAt - performance.now()
      if (restMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, restMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const next = await results.next()
      nextAt = performance.now() + 1_000 / perSecond
      return next
    },
    return() {
      wake?.()
      return results.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
