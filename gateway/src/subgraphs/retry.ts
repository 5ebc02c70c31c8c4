import type { Reply } from './call.ts'

/** Statuses of something between the gateway and the subgraph, or of a subgraph that is busy: the request was not run. */
const passing = new Set([429, 502, 503, 504])

/** When requests are sent again. */
export interface RetryOptions {
  /** Of one call. */
  repeats: number
  /** The first pause is random between 0 and this many milliseconds, each further one twice as long. */
  pauseMs: number
}

/** Milliseconds until a reply may be asked for again; null when the same answer would come again. */
export function pauseAfter(reply: Reply, repeat: number, { pauseMs }: RetryOptions): number | null {
  if (!passing.has(reply.status)) return null
  return Math.max(retryAfterMs(reply.retryAfter, Date.now()) ?? 0, pause(repeat, pauseMs))
}

/** A random time up to `pauseMs` doubled `repeat` times, so that callers who failed together do not come back together. */
export function pause(repeat: number, pauseMs: number): number {
  return Math.random() * pauseMs * 2 ** repeat
}

/** `Retry-After` (RFC 9110, 10.2.3), seconds or an HTTP date, as milliseconds from `now`; null when there is none to read. */
export function retryAfterMs(value: string | null, now: number): number | null {
  if (value === null) return null
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  // JavaScript takes nearly anything for a date.
  const date = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** Lets one repeat pass for ten calls, and ten at first: repeats never multiply the load of a subgraph that fails. */
export class RetryBudget {
  #tokens = 10

  earn(): void {
    this.#tokens = Math.min(10, this.#tokens + 0.1)
  }

  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
