import type { FetchNode, FlattenNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  OperationTypeNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql'
import { fieldOfKey } from '../execute/required-names.ts'
import { operationOf } from './requires-operation.ts'
import { namedTypeOf, type SupergraphTypes } from './requires-types.ts'

/** Where in the answer a fetch puts what it brings; `@` enters a list. */
export type PlanPath = readonly (string | number)[]

/** A field that a fetch selects. */
export interface Selected {
  node: FieldNode
  document: DocumentNode
  type: string
  /** The response names above it, without lists. */
  at: string
  /** All leaves that the fetch selects below the same object, as names joined by dots. */
  beside: ReadonlySet<string>
  /** True when the representation is about the object that has the field. */
  isEntity: boolean
}

/** All that a fetch selects, at every depth; the fetch has no named fragments. */
export function selectedBy(supergraph: SupergraphTypes, fetch: FetchNode, path: PlanPath): Selected[] {
  const document = parse(fetch.operation, { noLocation: true })
  const { operation } = operationOf(document)
  const found: Selected[] = []
  const flat = (set: SelectionSetNode, type: string): { node: FieldNode; type: string }[] =>
    set.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return [{ node, type }]
      if (node.kind === Kind.FRAGMENT_SPREAD) return []
      return flat(node.selectionSet, node.typeCondition?.name.value ?? type)
    })
  const graph = supergraph.graphOf(fetch.serviceName)
  const visitSet = (set: SelectionSetNode, type: string, at: string, isEntity: boolean): string[] => {
    const fields = flat(set, type)
    const beside = new Set<string>()
    for (const field of fields) {
      const { node } = field
      const name = node.name.value
      found.push({ ...field, document, at, beside, isEntity })
      const definition = supergraph.types.get(field.type)?.fields.get(fieldOfKey(name))
      // The planner may ask a subgraph for a field that it only mentions.
      if (!supergraph.canAsk(fetch.serviceName, field.type, fieldOfKey(name))) continue
      if (!node.selectionSet || !definition) beside.add(name)
      else {
        const below = join(at, node.alias?.value ?? name)
        for (const leaf of visitSet(node.selectionSet, namedTypeOf(definition, graph), below, false)) {
          beside.add(`${name}.${leaf}`)
        }
      }
    }
    return [...beside]
  }
  if (!fetch.requires) visitSet(operation.selectionSet, supergraph.rootOf(operation.operation), plain(path), false)
  else {
    for (const node of operation.selectionSet.selections) {
      if (node.kind === Kind.FIELD && node.selectionSet) visitSet(node.selectionSet, '', plain(path), true)
    }
  }
  return found
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

/** A path as response names, without lists. */
export function plain(path: PlanPath): string {
  return path.filter((part) => part !== '@').join('.')
}

/** The fetch with keys of the object in the place of the field, and without what the subgraph cannot be asked for. */
export function withKeys(
  supergraph: SupergraphTypes,
  fetch: FetchNode,
  all: readonly Selected[],
  { node, document }: Selected,
  keys: readonly SelectionSetNode[],
): FetchNode {
  const dropped = new Set<SelectionNode>([node])
  for (const one of all) {
    if (!supergraph.canAsk(fetch.serviceName, one.type, fieldOfKey(one.node.name.value))) dropped.add(one.node)
  }
  const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }
  const changed = visit(document, {
    SelectionSet(set) {
      const left = set.selections.filter((one) => !dropped.has(one))
      if (left.length === set.selections.length) return undefined
      const names = new Set(left.map((one) => (one.kind === Kind.FIELD && !one.alias ? one.name.value : '')))
      const given = set.selections.includes(node) ? keys.flatMap(({ selections }) => selections) : []
      const added = [typename, ...given].filter((one) => {
        if (one.kind !== Kind.FIELD || one.selectionSet) return true
        const isNew = !names.has(one.name.value)
        names.add(one.name.value)
        return isNew
      })
      return { ...set, selections: [...left, ...added] }
    },
  })
  return { ...fetch, operation: stripIgnoredCharacters(print(changed)) }
}

/** The field asked of its subgraph by a representation. */
export function asked(
  { serviceName, operation: text }: FetchNode,
  { node, type }: Selected,
  path: PlanPath,
  requires: QueryPlanSelectionNode[],
): FlattenNode {
  const { operation } = operationOf(parse(text, { noLocation: true }))
  const used = new Set<string>()
  visit(node, { Variable: ({ name }) => void used.add(name.value) })
  const variables = operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value)) ?? []
  return entityFetch(serviceName, type, requires, print(node), path, variables)
}

/** An `_entities` fetch of a field. */
export function entityFetch(
  serviceName: string,
  type: string,
  requires: QueryPlanSelectionNode[],
  field: string,
  path: PlanPath,
  variables: readonly VariableDefinitionNode[] = [],
): FlattenNode {
  const own = variables.map((one) => `,${print(one)}`).join('')
  const text = `query($representations:[_Any!]!${own}){_entities(representations:$representations){...on ${type}{${field}}}}`
  return {
    kind: 'Flatten',
    path: [...path],
    node: {
      kind: 'Fetch',
      serviceName,
      requires: [{ kind: 'InlineFragment', typeCondition: type, selections: requires }],
      variableUsages: variables.map(({ variable }) => variable.name.value),
      operation: stripIgnoredCharacters(text),
      operationKind: OperationTypeNode.QUERY,
      operationName: undefined,
    },
  }
}
