import { openPlanning, type Planning } from '@commerce/gateway/supergraph/planning.ts'
import { type GraphQLSchema, validate } from 'graphql'
import { changeId } from './change.ts'
import type { CheckConfig } from './config.ts'
import { finding } from './findings.ts'
import type { Graph } from './graph.ts'
import { nameOf, type Operation } from './operations.ts'
import type { Finding } from './report.ts'

/** What a plan costs: requests to subgraphs, how many of them wait for each other, and the subgraphs asked for entities. */
export interface PlanCost {
  fetches: number
  sequence: number
  hops: ReadonlySet<string>
}

interface PlanNode {
  kind: string
  node?: PlanNode
  nodes?: PlanNode[]
  primary?: PlanNode
  rest?: PlanNode
  ifClause?: PlanNode
  elseClause?: PlanNode
  serviceName?: string
  requires?: unknown[]
}

/** Plans each operation on both graphs, as the gateway does; a plan that costs more than before is a finding, and a graph that gateways refuse. */
export function planFindings(
  before: Graph,
  after: Graph,
  operations: readonly Operation[],
  { policy }: CheckConfig,
): Finding[] {
  const isValid = (schema: GraphQLSchema, { document }: Operation) => validate(schema, document).length === 0
  const both = operations.filter((one) => isValid(before.api, one) && isValid(after.api, one))
  if (before.sdl === after.sdl) return []
  const [old, now] = [opened(before.sdl), opened(after.sdl)]
  if (typeof now === 'string') {
    const message = `The subgraphs compose, but no gateway would take over what comes of it: ${now}`
    return [
      finding({
        id: 'plan/SUPERGRAPH_NOT_SERVED',
        rule: 'SUPERGRAPH_NOT_SERVED',
        outcome: 'fail',
        message,
        place: null,
      }),
    ]
  }
  if (typeof old === 'string') return []
  return both.flatMap((operation) => {
    const name = nameOf(operation)
    const place = { file: operation.file, line: 1, column: 1 }
    const [from, to] = [costOf(old, operation), costOf(now, operation)]
    const said = typeof to === 'string' ? `can no longer be planned: ${to}` : worseIn(from, to)
    if (said === null || (typeof from === 'string' && typeof to === 'string')) return []
    const rule = typeof to === 'string' ? 'PLAN_LOST' : 'PLAN_REGRESSION'
    const id = changeId('plan', rule, `${operation.client}/${operation.id}`, said)
    const outcome = policy.rules[rule] ?? policy.plan
    return [finding({ id, rule, outcome, message: `${name} ${said}.`, place, operations: [name] })]
  })
}

/** A supergraph as gateways load it, or why they would not. */
function opened(sdl: string): Planning | string {
  try {
    return openPlanning(sdl)
  } catch (error) {
    return (error as Error).message.replace(/\s+/g, ' ').trim()
  }
}

/** The cost of an operation's plan, or why there is none. */
function costOf(planning: Planning, { body }: Operation): PlanCost | string {
  try {
    return costOfNode(JSON.parse(planning.plan(body, undefined)).node)
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0] ?? ''
  }
}

const nothing: PlanCost = { fetches: 0, sequence: 0, hops: new Set() }

function costOfNode(node: PlanNode | undefined): PlanCost {
  if (!node) return nothing
  const inner = (nodes: readonly (PlanNode | undefined)[]) => nodes.map(costOfNode)
  switch (node.kind) {
    case 'Fetch': {
      const hops = new Set(node.requires?.length ? [node.serviceName ?? ''] : [])
      return { fetches: 1, sequence: 1, hops }
    }
    case 'Sequence':
      return together(inner(node.nodes ?? []), sum, sum)
    case 'Parallel':
      return together(inner(node.nodes ?? []), sum, Math.max)
    case 'Subscription':
      return together(inner([node.primary, node.rest]), sum, sum)
    case 'Condition':
      // Only one of them runs: the dearer one counts.
      return together(inner([node.ifClause, node.elseClause]), Math.max, Math.max)
    default:
      return costOfNode(node.node)
  }
}

type Fold = (one: number, other: number) => number

const sum: Fold = (one, other) => one + other

function together(costs: readonly PlanCost[], fetches: Fold, sequence: Fold): PlanCost {
  return costs.reduce(
    (one, other) => ({
      fetches: fetches(one.fetches, other.fetches),
      sequence: sequence(one.sequence, other.sequence),
      hops: new Set([...one.hops, ...other.hops]),
    }),
    nothing,
  )
}

/** What is dearer than before, in words; null when nothing is. */
function worseIn(from: PlanCost | string, to: PlanCost): string | null {
  if (typeof from === 'string') return null
  const hops = [...to.hops].filter((hop) => !from.hops.has(hop))
  const parts = [
    ...(to.fetches > from.fetches ? [`takes ${to.fetches} fetches, ${from.fetches} before`] : []),
    ...(to.sequence > from.sequence ? [`waits for ${to.sequence} in sequence, ${from.sequence} before`] : []),
    ...(hops.length > 0 ? [`asks ${hops.join(', ')} for entities, and did not before`] : []),
  ]
  return parts.length > 0 ? parts.join('; ') : null
}
