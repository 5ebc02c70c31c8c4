import type {
  FetchNode,
  FlattenNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
  SubscriptionNode,
} from '@apollo/query-planner'
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type NameNode,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql'
import { notPlanned } from './not-planned.ts'
import { exclude, type Need, type Requirements } from './requires-fields.ts'
import { entityFields, only } from './requires-operation.ts'
import type { StandIn } from './requires-stand-ins.ts'
import type { SupergraphTypes } from './requires-types.ts'

/** A field of an `_entities` fetch, and what it must be told. */
interface Wanted {
  node: FieldNode
  /** Its `@skip` and `@include`, as text. */
  conditions: string
  need: (Need & { type: string }) | undefined
}

const nothing: ReadonlySet<string> = new Set()

/**
 * The plan with each `_entities` fetch in as many parts as its fields have needs that do not fit into one representation, and
 * with the arguments of required fields; what is asked of a stand-in goes to its subgraph. In its `requires` a field's `alias`
 * is the key that is read, and its `name` the one that the subgraph is told.
 */
export function separatePlan(
  supergraph: SupergraphTypes,
  requirements: Requirements,
  standIns: readonly StandIn[],
  plan: QueryPlan,
): QueryPlan {
  const services = new Map(standIns.map(({ name, of }) => [name, supergraph.serviceOf(of)]))

  function separate(node: PlanNode): PlanNode {
    switch (node.kind) {
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map(separate) }
      case 'Condition': {
        const { ifClause, elseClause } = node
        return {
          ...node,
          ...(ifClause && { ifClause: separate(ifClause) }),
          ...(elseClause && { elseClause: separate(elseClause) }),
        }
      }
      case 'Flatten': {
        if (node.node.kind !== 'Fetch') return { ...node, node: separate(node.node) }
        const nodes = parts(node.node).map((part): FlattenNode => ({ ...node, node: part }))
        return nodes.length === 1 ? (nodes[0] as FlattenNode) : { kind: 'Parallel', nodes }
      }
      case 'Fetch':
        return withArguments(requirements, node)
      case 'Defer':
        return node
    }
  }

  function parts(planned: FetchNode): FetchNode[] {
    const fetch = { ...planned, serviceName: services.get(planned.serviceName) ?? planned.serviceName }
    for (const node of fetch.requires ?? []) {
      const type = node.kind === 'InlineFragment' ? node.typeCondition : undefined
      if (type === undefined || supergraph.canResolve(fetch.serviceName, type)) continue
      // Composition lets it pass: the subgraph has the object, requires something of it, and cannot find it again.
      throw notPlanned(new Error(`Subgraph "${fetch.serviceName}" cannot resolve a reference of type "${type}".`))
    }
    const document = parse(fetch.operation, { noLocation: true })
    const wanted = fetch.requires ? wantedOf(fetch.serviceName, document) : []
    const groups = groupsOf(wanted)
    if (groups.length < 2) return [withArguments(requirements, fetch)]
    return groups.map((group) => withArguments(requirements, partOf(fetch, document, wanted, group)))
  }

  function wantedOf(service: string, document: DocumentNode): Wanted[] {
    return entityFields(document).map(({ node, types, conditions }) => {
      const needs = types.flatMap((type) => {
        const need = requirements.needOf(service, type, node.name.value)
        return need ? [{ ...need, type }] : []
      })
      return { node, conditions, need: needs.at(-1) }
    })
  }

  function groupsOf(wanted: readonly Wanted[]): Wanted[][] {
    const groups: Wanted[][] = []
    for (const one of wanted) {
      const group = groups.find((members) => members.every((other) => fit(one, other)))
      if (group) group.push(one)
      else groups.push([one])
    }
    return groups
  }

  function fit(one: Wanted, other: Wanted): boolean {
    const clash = one.need?.variants.some((use) =>
      other.need?.variants.some((otherUse) => exclude(supergraph, use, otherUse)),
    )
    return !clash && (one.conditions === other.conditions || (isFetchedFor(one, other) && isFetchedFor(other, one)))
  }

  function partOf(fetch: FetchNode, document: DocumentNode, wanted: readonly Wanted[], group: readonly Wanted[]) {
    // No field is both: composition refuses one that is required and the only way to find its entity.
    const needed = new Set(wanted.flatMap(({ need }) => [...(need?.leaves ?? nothing)]))
    const keys = without(fetch.requires ?? [], '', (path) => needed.has(path))
    const told = group.flatMap(({ need }): QueryPlanSelectionNode[] =>
      need ? [{ kind: 'InlineFragment', typeCondition: need.type, selections: [...need.selections] }] : [],
    )
    const operation = only(document, new Set(group.map(({ node }) => node)))
    return {
      ...fetch,
      operation: operation.text,
      variableUsages: fetch.variableUsages?.filter((name) => operation.variables.has(name)),
      requires: [...keys, ...told],
    }
  }

  const node = plan.node
  if (!node) return plan
  if (node.kind !== 'Subscription') return { ...plan, node: separate(node) }
  const subscription: SubscriptionNode = { ...node, primary: withArguments(requirements, node.primary) }
  return { ...plan, node: node.rest ? { ...subscription, rest: separate(node.rest) } : subscription }
}

/** True when all that `one` needs was fetched whenever `other` is asked for. */
function isFetchedFor(one: Wanted, other: Wanted): boolean {
  if (one.conditions === '') return true
  return [...(one.need?.leaves ?? nothing)].every((leaf) => other.need?.leaves.has(leaf))
}

function without(
  selections: readonly QueryPlanSelectionNode[],
  path: string,
  isDropped: (path: string) => boolean,
): QueryPlanSelectionNode[] {
  return selections.flatMap((node): QueryPlanSelectionNode[] => {
    if (node.kind === 'InlineFragment') {
      const left = without(node.selections, path, isDropped)
      return left.length === 0 ? [] : [{ ...node, selections: left }]
    }
    const at = path === '' ? node.name : `${path}.${node.name}`
    if (!node.selections) return isDropped(at) ? [] : [node]
    const left = without(node.selections, at, isDropped)
    const isEmpty = left.every((below) => below.kind === 'Field' && below.name === '__typename')
    return isEmpty && left.length < node.selections.length ? [] : [{ ...node, selections: left }]
  })
}

/** The fetch with the arguments of the variants that it selects, and with their fields' names in its representations. */
function withArguments({ variants: { byKey: variants } }: Requirements, fetch: FetchNode): FetchNode {
  const named = (selections: readonly QueryPlanSelectionNode[]): QueryPlanSelectionNode[] =>
    selections.map((node): QueryPlanSelectionNode => {
      if (node.kind === 'InlineFragment') return { ...node, selections: named(node.selections) }
      const variant = variants.get(node.name)
      return {
        ...node,
        ...(variant && { name: variant.field, ...(variant.alias !== variant.field && { alias: variant.alias }) }),
        ...(node.selections && { selections: named(node.selections) }),
      }
    })
  if (variants.size === 0) return fetch
  const document = visit(parse(fetch.operation, { noLocation: true }), {
    Field: (node) => {
      const variant = variants.get(node.name.value)
      if (!variant) return undefined
      const alias: NameNode | undefined =
        variant.alias === variant.field ? undefined : { kind: Kind.NAME, value: variant.alias }
      return {
        ...node,
        alias: node.alias ?? alias,
        name: { kind: Kind.NAME, value: variant.field } as const,
        arguments: [...variant.arguments, ...(node.arguments ?? [])],
      }
    },
  })
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(document)),
    ...(fetch.requires && { requires: named(fetch.requires) }),
  }
}
