import {
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  TimeoutStrategy,
  timeout,
} from 'cockatiel'

/** A provider gave no answer that can be used: too late, none, wrong, or it was not asked because it keeps failing or too many are asking. */
export class ProviderDown extends Error {
  override name = 'ProviderDown'
  readonly provider: string
  constructor(provider: string, why: string, cause?: unknown) {
    super(`The ${provider} provider ${why}.`, { cause })
    this.provider = provider
  }
}

export interface GuardOptions {
  /** What the provider is for, in one word. */
  provider: string
  /** A call that takes longer has failed. */
  timeoutMs: number
  /** So many calls at a time; as many again wait for their turn, more fail at once. */
  atOnce: number
  /** After so many failures in a row nothing is sent for a while. */
  failures: number
  /** The first rest; doubled each time the provider is found still failing, up to a minute. */
  restMs: number
}

/** Runs one call to a provider; what it throws becomes a `ProviderDown`. The signal ends with the call. */
export type Guard = <T>(call: (signal: AbortSignal) => Promise<T>) => Promise<T>

/** Keeps a provider's trouble to itself: each call has a time limit, there are only so many at once, and none while it keeps failing. */
export function createGuard({ provider, timeoutMs, atOnce, failures, restMs }: GuardOptions): Guard {
  const limit = timeout(timeoutMs, TimeoutStrategy.Aggressive)
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: restMs, maxDelay: 60_000 }),
  })
  const places = bulkhead(atOnce, atOnce)
  return async (call) => {
    try {
      return await places.execute(() => {
        // Others than the one that tries whether it is back would wait for its end: they fail at once instead.
        if (breaker.state === CircuitState.HalfOpen)
          throw new ProviderDown(provider, 'keeps failing and is being tried')
        return breaker.execute(() => limit.execute(({ signal }) => call(signal)))
      })
    } catch (error) {
      if (error instanceof ProviderDown) throw error
      if (error instanceof BulkheadRejectedError) throw new ProviderDown(provider, 'is asked too much at once', error)
      throw new ProviderDown(provider, `gave no answer: ${(error as Error).message}`, error)
    }
  }
}
