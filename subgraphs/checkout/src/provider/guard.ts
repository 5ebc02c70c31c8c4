import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { LeftAlone, Unreachable } from './unreachable.ts'

/** The provider gave no answer in time: it may or may not have done what was asked. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

export interface GuardOptions {
  /** Names the call in messages: "The payment provider (authorize)". */
  name: string
  /** How long one call may take, in milliseconds. */
  timeoutMs: number
  /** So many calls at once (the bulkhead); one more is refused instead of queued, so that whoever waits knows at once. Default 50. */
  atOnce?: number
  /** So many failures in a row open the circuit. Default 5. */
  failures?: number
  /** How long an open circuit rests before one call is let through to try, in milliseconds; doubled while that fails, at most 30 s. Default 1,000. */
  restMs?: number
  /** Whether an error of the call is the provider's fault, as no answer in time always is; what it is not leaves the circuit alone. Default: always. */
  blames?(error: unknown): boolean
}

/**
 * Runs one call to a provider. Rejects with `Unreachable` (certainly not carried out) while the circuit is open or too many calls are under way, and
 * with `NoAnswer` when the time is up: then `signal` is aborted and a later answer is dropped. Everything else is what the call itself came to.
 */
export type Guard = <T>(call: (signal: AbortSignal) => Promise<T>) => Promise<T>

const MAX_REST_MS = 30_000

/** A guard for one kind of call to one provider: its timeout, its circuit breaker, its bulkhead. Nothing is ever repeated. */
export function createGuard(options: GuardOptions): Guard {
  const { name, timeoutMs, atOnce = 50, failures = 5, restMs = 1_000, blames = () => true } = options
  const breaker = circuitBreaker(
    // Whatever the one call that tries comes to but success, it must not close the circuit.
    handleWhen(
      (error) => error instanceof TaskCancelledError || breaker.state === CircuitState.HalfOpen || blames(error),
    ),
    {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: restMs, maxDelay: Math.max(restMs, MAX_REST_MS) }),
    },
  )
  // The time is measured inside, so that the breaker counts a call without an answer as a failure.
  const guarded = wrap(bulkhead(atOnce, 0), breaker, timeout(timeoutMs, TimeoutStrategy.Aggressive))

  return async (call) => {
    // Others than the one that tries would wait for it.
    if (breaker.state === CircuitState.HalfOpen) throw new LeftAlone(`${name} is being tried again right now.`)
    try {
      return await guarded.execute(({ signal }) => call(signal))
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw new LeftAlone(`${name} has been failing and is left alone for a while.`)
      if (error instanceof BulkheadRejectedError)
        throw new Unreachable(`${name} has ${atOnce} calls under way, and takes no more.`)
      if (error instanceof TaskCancelledError) throw new NoAnswer(`${name} did not answer within ${timeoutMs} ms.`)
      throw error
    }
  }
}
