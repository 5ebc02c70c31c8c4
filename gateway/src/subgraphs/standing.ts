import type { CircuitName } from './breaker.ts'

/** What became of a subgraph; told on change only, however many requests fail. */
export interface SubgraphChange {
  service: string
  url: string
  to: 'down' | 'left alone' | 'up'
  /** What speaks against it, in words for people; null when it is back. */
  reason: string | null
}

/** How one subgraph stands, as its last answers tell. */
export interface Standing {
  state: 'unknown' | 'up' | 'down'
  /** When `state` changed, in ISO 8601. */
  since: string | null
  /** An answer came, or none; `circuit` is what the breaker made of it. */
  saw(now: 'up' | 'down', circuit: CircuitName, reason: string | null): void
}

/** The standing of a subgraph that was not asked yet; `tell` hears when it goes away, when it is left alone, and when it is back. */
export function standingOf(tell: (to: SubgraphChange['to'], reason: string | null) => void): Standing {
  let isAlone = false
  return {
    state: 'unknown',
    since: null,
    saw(now, circuit, reason) {
      if (this.state !== now) {
        // What was never away does not come back.
        if (now === 'down' || this.state === 'down') tell(now, reason)
        this.state = now
        this.since = new Date().toISOString()
      }
      if (circuit === 'open' && !isAlone) tell('left alone', reason)
      isAlone = circuit !== 'closed'
    },
  }
}
