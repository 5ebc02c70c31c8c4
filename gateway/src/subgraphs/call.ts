import type { Trace } from '../observe/observer.ts'

/** What a subgraph request needs besides its text. */
export interface Call {
  headers: Readonly<Record<string, string>>
  /** May be sent more than once, and shared with others that ask the same: a query, never a mutation. */
  repeatable: boolean
  /** Its answer may not be that of a request which left before. */
  isAlone?: boolean
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal | undefined
  /** When the answer is of no use any more, in milliseconds of `performance.now()`; `Infinity` when there is no such time. */
  deadline: number
  /** The trace that the request is a part of; each call is a span of it. */
  trace?: Trace | undefined
  /** Where in the answer the objects are that the request is for; only told when there is a trace. */
  place?: string
}

/** How a call ended; `error` is an answer with GraphQL errors, `shared` one that another call was waiting for already. */
export type CallOutcome = 'ok' | 'error' | 'timeout' | 'unavailable' | 'malformed' | 'aborted' | 'shared'

/** What is known of a call when it has ended, for metrics. */
export interface CallReport {
  service: string
  outcome: CallOutcome
  /** From the call to its answer, in milliseconds, with waiting and repeats. */
  ms: number
  /** Bytes of the answer's body as sent by the subgraph. */
  bytes: number
  /** HTTP status of the last answer; null when there was none. */
  status: number | null
  /** How often the request was sent again. */
  repeats: number
}

/** What came over the wire. */
export interface Reply {
  status: number
  /** The body; null when it was not read, and `unreadable` says why. */
  text: string | null
  unreadable: string | null
  contentType: string | null
  retryAfter: string | null
}

/** Sends a GraphQL request to a subgraph and fills in the report; rejects with a `SubgraphFailure`. */
export type Send = (service: string, body: string, call: Call, report: CallReport) => Promise<Reply>
