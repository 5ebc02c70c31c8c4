import type { OperationDefinitionNode } from 'graphql'

/** What `Trace.phase` may be asked for: the parts of one operation, in the order in which they happen. */
export type Phase = 'graphql.parse' | 'graphql.validate' | 'graphql.plan' | 'graphql.execute'

/** A part of a trace that runs until it is ended, once. */
export interface PhaseSpan {
  /** `problem` is a code such as `GRAPHQL_PARSE_FAILED` when the part failed. */
  end(problem?: string): void
}

/** One subgraph request of a trace. */
export interface FetchSpan {
  /** W3C trace context (`traceparent`, and `tracestate` when there is one) that the subgraph is to continue. */
  readonly headers: Readonly<Record<string, string>>
  /** `status` is the HTTP status of the last answer, null when there was none; `repeats` how often it was sent again. */
  end(ended: { outcome: string; status: number | null; repeats: number }): void
}

/**
 * The trace of one client request that is being recorded. Where traces are off, or this one is not sampled, there is none:
 * callers hold a `Trace | undefined` and write `trace?.phase(…)`. No call throws or waits.
 */
export interface Trace {
  /** Names the request by its operation. */
  operation(definition: OperationDefinitionNode): void
  /** Fetches that begin while `graphql.execute` runs are its children. */
  phase(name: Phase): PhaseSpan
  /** `place` says where in the answer the fetched objects are, `a.@.b` for each element of a list; empty for the root. */
  fetch(service: string, place: string): FetchSpan
  /** Ends the request with an HTTP status, or `undefined` over a socket; `problem` is the code of what went wrong. */
  end(status: number | undefined, problem?: string): void
}

/** The trace context that a request is answered under, whether or not it is recorded. */
export interface TraceContext {
  /** W3C `traceparent` and `tracestate` for subgraph requests that have no span of their own. */
  traceparent: string
  tracestate?: string
  trace?: Trace
}
