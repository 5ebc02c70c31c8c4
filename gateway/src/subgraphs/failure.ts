/**
 * The codes of requests without a usable answer. `SUBGRAPH_UNAVAILABLE`: it cannot be reached, answered with a status that says
 * so, or failed so often that it is left alone for a moment; `SUBGRAPH_OVERLOADED`: too many requests wait for it already;
 * `REQUEST_ABORTED`: nobody waits for the answer any more.
 */
export type FailureCode =
  | 'SUBGRAPH_UNAVAILABLE'
  | 'SUBGRAPH_TIMEOUT'
  | 'SUBGRAPH_MALFORMED'
  | 'SUBGRAPH_OVERLOADED'
  | 'REQUEST_ABORTED'

/** A subgraph that gave no usable answer; `message` is for clients and names no address. */
export class SubgraphFailure extends Error {
  override readonly name = 'SubgraphFailure'
  readonly code: FailureCode
  readonly service: string
  constructor(code: FailureCode, service: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.service = service
  }
}

/** One error as a subgraph sent it, checked for shape only. */
export interface SubgraphError {
  message: string
  path?: (string | number)[]
  extensions: { [key: string]: unknown }
}

/** The failure of a call that was cut short by its `deadline` (of `performance.now()`), its timeout, or its client. */
export function cutFailure(
  service: string,
  reason: 'late' | 'gone',
  deadline: number,
  timeoutMs: number,
): SubgraphFailure {
  if (reason === 'gone') {
    const message = `The request to subgraph "${service}" was given up: nobody waits for it any more.`
    return new SubgraphFailure('REQUEST_ABORTED', service, message)
  }
  const when = deadline <= performance.now() ? 'before the deadline of the operation' : `within ${timeoutMs} ms`
  return new SubgraphFailure('SUBGRAPH_TIMEOUT', service, `Subgraph "${service}" did not answer ${when}.`)
}
