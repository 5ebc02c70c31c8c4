import type { Call } from './call.ts'

/** Why a request ended before its answer: its time was up, or nobody waited any more. */
export type Cause = 'late' | 'gone'

/** Thrown by whatever a `Cut` ended. */
export class CutShort extends Error {
  readonly reason: Cause
  /** How long a subgraph had had the request, in milliseconds. */
  readonly waitedMs: number
  constructor(reason: Cause, waitedMs = 0) {
    super(`The request was cut short after ${Math.round(waitedMs)} ms: ${reason}.`)
    this.reason = reason
    this.waitedMs = waitedMs
  }
}

// What a timer can hold.
const longest = 2 ** 31 - 1

/** A part of a call that can be ended early. */
export interface Step {
  cut(cause: Cause): void
}

/** One timer and one listener for all that a call does in turn: wait, send, pause, send again. `clear` it afterwards. */
export class Cut {
  /** Why the call was cut short; null while it runs. */
  cause: Cause | null = null
  /** What runs now; told when the call is cut short. */
  step: Step | null = null
  readonly #call: Call
  readonly #latest: number
  #timer: NodeJS.Timeout | undefined

  /** `timeoutMs` is the most that the call may take, whatever its deadline says. */
  constructor(call: Call, timeoutMs: number) {
    this.#call = call
    this.#latest = performance.now() + timeoutMs
    if (call.signal) {
      if (call.signal.aborted) this.cause = 'gone'
      else call.signal.addEventListener('abort', this)
    }
    this.watch()
  }

  /** Milliseconds until the call is late; `Infinity` when it never is. */
  remainingMs(): number {
    return Math.min(this.#latest, this.#call.deadline) - performance.now()
  }

  /** Resolves after so many milliseconds, or rejects with a `CutShort` before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.cause) return reject(new CutShort(this.cause))
      const timer = setTimeout(resolve, ms)
      this.step = {
        cut(cause) {
          clearTimeout(timer)
          reject(new CutShort(cause))
        },
      }
    })
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#call.signal?.removeEventListener('abort', this)
  }

  handleEvent(): void {
    this.#end('gone')
  }

  /** Ends the call when its time is up, else looks again then; only the timer calls it from outside. */
  watch(): void {
    const left = this.remainingMs()
    // The deadline may have been moved while the timer ran, and a timer may fire a little early.
    if (left <= 0) this.#end('late')
    else if (left !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(watch, Math.min(Math.ceil(left), longest), this)
  }

  #end(cause: Cause): void {
    if (this.cause !== null) return
    this.cause = cause
    this.step?.cut(cause)
  }
}

// One function for all timers: nothing is allocated for a request but the timer.
function watch(cut: Cut): void {
  cut.watch()
}
