import type { Asker } from '../execute/headers.ts'
import type { Bound, Operation, Result } from '../execute/operation.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { AnswerForm } from './negotiation.ts'

/** A request that is ready to run. */
export interface Prepared {
  graph: Graph
  operation: Operation
  bound: Bound
}

/** One client request on its way through the pipeline. */
export interface RequestContext extends Asker {
  /** Aborted when the client is gone. */
  signal: AbortSignal
  /** How the client wants its answer. */
  form: AnswerForm
  /** Is told what the pipeline made of the request, once it accepted it; the pipeline copies this context. */
  accepted(prepared: Prepared): void
  /** Is told what came of the run. */
  ran(result: Result): void
}
