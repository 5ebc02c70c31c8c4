import { CircuitState, circuitBreaker, handleWhen, type IBackoff, SamplingBreaker } from 'cockatiel'

/** `open`: nothing is sent; `half-open`: one request is on its way to see whether the subgraph is back. */
export type CircuitName = 'closed' | 'open' | 'half-open'

/** When a subgraph is left alone, and how long. */
export interface BreakerOptions {
  /** The failures of so many milliseconds are looked at. */
  windowMs: number
  /** Requests within the window below which nothing is concluded. */
  least: number
  /** First rest, in milliseconds; doubled each time the subgraph is found still failing. */
  restMs: number
  maxRestMs: number
}

/** Keeps requests from a subgraph while more than half of the last ones failed. */
export interface Breaker {
  readonly circuit: CircuitName
  /** Null when a request may be sent; else what is the case, to follow the name of the subgraph in a sentence. */
  refusal(): string | null
  /** Sends one; only after `refusal` said null, without anything awaited in between. */
  run<T>(send: () => Promise<T>): Promise<T>
}

const names: Record<CircuitState, CircuitName> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
}

/** A closed breaker; `failed` tells of what a request resolved or rejected with whether the subgraph is to blame. */
export function createBreaker(
  options: BreakerOptions,
  failed: { error(e: unknown): boolean; value(v: unknown): boolean },
): Breaker {
  let since = new Date(0)
  let until = 0
  const rest = ({ attempt }: { attempt: number }): IBackoff<{ attempt: number }> => {
    const longest = Math.min(options.maxRestMs, options.restMs * 2 ** (attempt - 1))
    // Spread, so that many gateways do not come back at the same moment.
    const duration = longest * (0.75 + Math.random() / 4)
    if (attempt === 1) since = new Date()
    // The policy reads the clock once more.
    until = Date.now() + duration + 1
    return { duration, next: rest }
  }
  const blames = handleWhen(
    // A trial that was given up proves nothing: it must not close the circuit.
    (error) => policy.state === CircuitState.HalfOpen || failed.error(error),
  ).orWhenResult(failed.value)
  const policy = circuitBreaker(blames, {
    breaker: new SamplingBreaker({
      threshold: 0.5,
      duration: options.windowMs,
      minimumRps: (options.least * 1000) / options.windowMs,
    }),
    halfOpenAfter: { next: rest },
  })
  return {
    get circuit() {
      return names[policy.state]
    },
    refusal() {
      if (policy.state === CircuitState.Closed) return null
      const failing = `has been failing since ${since.toISOString()}`
      // Others than the trial would wait for it to end: they fail at once instead.
      if (policy.state === CircuitState.HalfOpen) return `${failing} and is being tried now`
      const againMs = until - Date.now()
      return againMs <= 0 ? null : `${failing} and is tried again in ${Math.ceil(againMs)} ms`
    },
    run: (send) => policy.execute(send),
  }
}
