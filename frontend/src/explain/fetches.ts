import type { FetchNode, PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'

/** One request to a subgraph, as a plan has it. */
export interface PlannedFetch {
  subgraph: string
  /** Where its objects are in the answer, `@` for the elements of a list; empty for the root. */
  path: string
  /** Requests of the same step may be on their way together; the first step is 1. */
  step: number
  /** The text that is sent. */
  operation: string
}

/** The requests of a plan, in the order of their steps. */
export function fetchesOf(plan: QueryPlan): PlannedFetch[] {
  const fetches: PlannedFetch[] = []
  if (plan.node) visit(plan.node, 1, '', fetches)
  return fetches.sort((one, other) => one.step - other.step)
}

/** Answers the step behind the last of the node's. */
function visit(node: PlanNode | SubscriptionNode, step: number, path: string, into: PlannedFetch[]): number {
  switch (node.kind) {
    case 'Fetch':
      into.push(fetchOf(node, step, path))
      return step + 1
    case 'Sequence':
      return node.nodes.reduce((next, one) => visit(one, next, path, into), step)
    case 'Parallel':
      return Math.max(step, ...node.nodes.map((one) => visit(one, step, path, into)))
    case 'Flatten':
      return visit(node.node, step, node.path.join('.'), into)
    case 'Condition': {
      const ends = [node.ifClause, node.elseClause].map((one) => (one ? visit(one, step, path, into) : step))
      return Math.max(...ends)
    }
    case 'Subscription': {
      const next = visit(node.primary, step, path, into)
      return node.rest ? visit(node.rest, next, path, into) : next
    }
    default:
      throw new Error(`The plan has a node of the kind ${node.kind}, which is not known here.`)
  }
}

function fetchOf({ serviceName, operation }: FetchNode, step: number, path: string): PlannedFetch {
  return { subgraph: serviceName, path, step, operation }
}
