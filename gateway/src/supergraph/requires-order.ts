import type { FetchNode, FlattenNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner'
import { Kind, type SelectionSetNode } from 'graphql'
import { fieldOfKey } from '../execute/required-names.ts'
import { asked, entityFetch, type PlanPath, plain, selectedBy, withKeys } from './requires-fetches.ts'
import type { Requirements } from './requires-fields.ts'
import { leavesOf, selectionsOf, textOfField } from './requires-selections.ts'
import type { SupergraphTypes } from './requires-types.ts'

const typename: readonly QueryPlanSelectionNode[] = [{ kind: 'Field', name: '__typename' }]

/** A fetch of the plan, where it is, and the fetches that have ended before it. */
interface Placed {
  fetch: FetchNode
  path: PlanPath
  before: ReadonlySet<FetchNode>
}

/** More than this many fields in a chain of requirements are not put in order. */
const maxRepairs = 10

/**
 * The plan with every required field asked for after what it requires itself. Where an object comes from the subgraph that also
 * has the required field, the planner asks for both at once, before the rest is known.
 */
export function inOrder(supergraph: SupergraphTypes, requirements: Requirements, plan: QueryPlan): QueryPlan {
  if (!requirements.hasChains) return plan
  let result = plan
  for (let count = 0; count < maxRepairs; count++) {
    const { node } = result
    if (!node || node.kind === 'Subscription') break
    const repaired = repair(supergraph, requirements, node)
    if (!repaired) break
    result = { ...result, node: repaired }
  }
  return result
}

function repair(supergraph: SupergraphTypes, requirements: Requirements, root: PlanNode): PlanNode | undefined {
  const all = placed(root)
  for (const early of all) {
    const { fetch } = early
    const known = new Set(leavesOf(fetch.requires ?? []))
    const selected = selectedBy(supergraph, early.fetch, early.path)
    for (const one of selected) {
      const need = requirements.needOf(fetch.serviceName, one.type, one.node.name.value)
      if (!need || [...need.leaves].every((leaf) => one.beside.has(leaf) || (one.isEntity && known.has(leaf)))) continue
      const consumer = all.find(
        (other) =>
          other.before.has(fetch) &&
          plain(other.path) === one.at &&
          leavesOf(other.fetch.requires ?? []).some((leaf) => leaf.split('.')[0] === one.node.name.value),
      )
      const [key] = supergraph.keysOf(fetch.serviceName, one.type)
      if (!consumer || !key) continue
      const told = all.filter((other) => consumer.before.has(other.fetch))
      const isKnown = (leaf: string) =>
        told.some((other) =>
          selectedBy(supergraph, other.fetch, other.path).some(
            (field) => field.at === one.at && field.beside.has(leaf),
          ),
        )
      const missing = [...new Set([...need.leaves].filter((leaf) => !isKnown(leaf)).map((leaf) => leaf.split('.')[0]))]
      const found = missing.map((name) => {
        const node = need.selections.find((selection) => selection.kind === 'Field' && selection.name === name)
        return node && foundElsewhere(supergraph, fetch.serviceName, one.type, node, consumer.path)
      })
      if (!found.every((other) => other !== undefined)) continue
      const keys = [key, ...found.map((other) => other.key)]
      const later = asked(fetch, one, consumer.path, [...typename, ...selectionsOf(key), ...need.selections])
      const steps = [...found.map((other) => other.node), later]
      return replaced(root, fetch, withKeys(supergraph, fetch, selected, one, keys), consumer.fetch, steps)
    }
  }
  return undefined
}

/** A fetch of a field from a subgraph that has it, with the key that it needs and that `service` knows. */
function foundElsewhere(
  supergraph: SupergraphTypes,
  service: string,
  type: string,
  field: QueryPlanSelectionNode,
  path: PlanPath,
): { key: SelectionSetNode; node: FlattenNode } | undefined {
  if (field.kind !== 'Field') return undefined
  for (const owner of supergraph.ownersOf(type, fieldOfKey(field.name))) {
    const key = supergraph
      .keysOf(owner, type)
      .find(({ selections }) =>
        selections.every(
          (one) => one.kind === Kind.FIELD && supergraph.ownersOf(type, one.name.value).includes(service),
        ),
      )
    if (key)
      return { key, node: entityFetch(owner, type, [...typename, ...selectionsOf(key)], textOfField(field), path) }
  }
  return undefined
}

function placed(root: PlanNode): Placed[] {
  const all: Placed[] = []
  const add = (node: PlanNode | undefined, path: Placed['path'], before: ReadonlySet<FetchNode>): FetchNode[] => {
    switch (node?.kind) {
      case 'Sequence': {
        const ended: FetchNode[] = []
        for (const child of node.nodes) ended.push(...add(child, path, new Set([...before, ...ended])))
        return ended
      }
      case 'Parallel':
        return node.nodes.flatMap((child) => add(child, path, before))
      case 'Flatten':
        return add(node.node, [...path, ...node.path], before)
      case 'Condition':
        return [...add(node.ifClause, path, before), ...add(node.elseClause, path, before)]
      case 'Fetch':
        all.push({ fetch: node, path, before })
        return [node]
      default:
        return []
    }
  }
  add(root, [], new Set())
  return all
}

/** The plan with `early` replaced, and `steps` right before the step of the innermost sequence that `consumer` is in. */
function replaced(
  root: PlanNode,
  early: FetchNode,
  instead: FetchNode,
  consumer: FetchNode,
  steps: readonly PlanNode[],
): PlanNode {
  let isPlaced = false
  const holds = (node: PlanNode): boolean => placed(node).some(({ fetch }) => fetch === consumer)
  const change = (node: PlanNode): PlanNode => {
    switch (node.kind) {
      case 'Sequence':
        return {
          ...node,
          nodes: node.nodes.flatMap((child) => {
            const inner = change(child)
            if (isPlaced || !holds(child)) return [inner]
            isPlaced = true
            return [...steps, inner]
          }),
        }
      case 'Parallel':
        return { ...node, nodes: node.nodes.map(change) }
      case 'Flatten':
        return { ...node, node: change(node.node) }
      case 'Condition': {
        const { ifClause, elseClause } = node
        return {
          ...node,
          ...(ifClause && { ifClause: change(ifClause) }),
          ...(elseClause && { elseClause: change(elseClause) }),
        }
      }
      case 'Fetch':
        return node === early ? instead : node
      default:
        return node
    }
  }
  return change(root)
}
