import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  isTypeDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { fieldOfKey } from '../execute/required-names.ts'
import type { Chained, Requirements } from './requires-fields.ts'
import { applied, applies, isSet, namedTypeOf, parseFields, type SupergraphTypes, textOf } from './requires-types.ts'

/** How a stand-in has a field: it resolves it, resolves it from what it requires, or only names it. */
export type Mode = 'own' | 'requiring' | 'external'

/**
 * A subgraph that only the planner sees. It has one required field that requires others itself, in the place of the subgraph that
 * really has it: there the planner would ask for the field together with others, before what it requires has come.
 */
export interface StandIn {
  /** Its value of `join__Graph`, and its name. */
  graph: string
  name: string
  /** The value of `join__Graph` that it stands in for. */
  of: string
  /** The type whose field it has, the field's keys, and what it requires. */
  type: string
  keys: readonly string[]
  requires: string
  /** Its types, each with the keys and fields that it has here. */
  content: ReadonlyMap<string, StandInType>
}

/** A type of a stand-in: the `join__type` directives of its keys, and how it has each field. */
export interface StandInType {
  keys: ConstDirectiveNode[]
  fields: Map<string, Mode>
}

/** A stand-in for each field of a chain. */
export function standInsOf(document: DocumentNode, supergraph: SupergraphTypes, requirements: Requirements): StandIn[] {
  const taken = new Set<string>()
  for (const graph of supergraph.graphs) taken.add(graph).add(supergraph.serviceOf(graph))
  return requirements.chained.map((field, index) => {
    const { graph: of, type, variants, requires } = field
    let number = index
    const names = () => [`${of}_CHAIN${number}`, `${supergraph.serviceOf(of)}-chain${number}`] as const
    while (names().some((name) => taken.has(name))) number += 1_000
    const [graph, name] = names()
    const keys = variants.map(({ key }) => key)
    return { graph, name, of, type, keys, requires, content: contentOf(document, supergraph, field) }
  })
}

/** The field, what it requires, what others require below it, and the keys by which the planner gets away from there. */
function contentOf(
  document: DocumentNode,
  supergraph: SupergraphTypes,
  { graph: of, type: entity, field, variants, requires }: Chained,
): StandIn['content'] {
  const content = new Map<string, StandInType>()
  const members = membersIn(document, of)

  function addType(type: string): StandInType {
    const known = content.get(type)
    if (known) return known
    const added: StandInType = { keys: [], fields: new Map() }
    content.set(type, added)
    for (const member of members.get(type) ?? []) addType(member)
    for (const directive of applied(supergraph.types.get(type)?.node ?? {}, 'join__type')) {
      const key = textOf(directive, 'graph') === of ? textOf(directive, 'key') : undefined
      if (key === undefined) continue
      if (type !== entity && !isOwn(parseFields(key), type)) continue
      added.keys.push(directive)
      addAll(parseFields(key), type, true)
    }
    return added
  }

  /** Adds a selection: all of it when it is only told, or as much as the subgraph itself has. */
  function addAll(set: SelectionSetNode, type: string, isTold: boolean): void {
    addType(type)
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) addField(node, type, isTold)
      if (node.kind !== Kind.INLINE_FRAGMENT) continue
      const on = node.typeCondition?.name.value ?? type
      if (members.has(on)) addAll(node.selectionSet, on, isTold)
    }
  }

  function addField(node: FieldNode, type: string, isTold: boolean): void {
    const key = node.name.value
    const definition = supergraph.types.get(type)?.fields.get(fieldOfKey(key))
    const own = members.get(type) ?? []
    for (const member of own) addField(node, member, isTold)
    const mode = modeOf(supergraph, of, type, key)
    if (!definition || !mode) return
    if (!isTold && [type, ...own].some((one) => modeOf(supergraph, of, one, key) !== 'own')) return
    const { fields } = addType(type)
    if (!fields.has(key)) fields.set(key, mode)
    if (node.selectionSet) addAll(node.selectionSet, namedTypeOf(definition, of), isTold)
    else if (supergraph.types.has(namedTypeOf(definition, of))) addType(namedTypeOf(definition, of))
  }

  function isOwn({ selections }: SelectionSetNode, type: string): boolean {
    return selections.every((node) => {
      if (node.kind !== Kind.FIELD || modeOf(supergraph, of, type, node.name.value) !== 'own') return false
      const definition = supergraph.types.get(type)?.fields.get(node.name.value)
      return !node.selectionSet || (definition && isOwn(node.selectionSet, namedTypeOf(definition, of)))
    })
  }

  for (const { key } of variants) addType(entity).fields.set(key, 'requiring')
  addAll(parseFields(requires), entity, true)
  const definition = supergraph.types.get(entity)?.fields.get(field)
  for (const set of variants.flatMap(({ below }) => below))
    if (definition) addAll(set, namedTypeOf(definition, of), false)
  // A type needs a field, even when nothing of it is asked for here.
  for (const [type, { fields }] of content) {
    if (fields.size > 0) continue
    const names = [...(supergraph.types.get(type)?.fields.keys() ?? [])]
    const name = names.find((one) => modeOf(supergraph, of, type, one) === 'own')
    if (name) addAll(parseFields(name), type, false)
  }
  return content
}

/** The types of a subgraph with the members of unions and interfaces; the other types have none. */
function membersIn(document: DocumentNode, graph: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const node of document.definitions) {
    if (!isTypeDefinitionNode(node) || !applies(node, 'join__type', graph)) continue
    const name = node.name.value
    found.set(name, found.get(name) ?? [])
    for (const directive of applied(node, 'join__unionMember'))
      if (textOf(directive, 'graph') === graph) found.get(name)?.push(textOf(directive, 'member') ?? '')
    for (const directive of applied(node, 'join__implements')) {
      const of = textOf(directive, 'graph') === graph ? textOf(directive, 'interface') : undefined
      if (of !== undefined) found.set(of, [...(found.get(of) ?? []), name])
    }
  }
  return found
}

/** How the subgraph has a field; undefined when it does not. What requires others is another stand-in's. */
function modeOf({ types }: SupergraphTypes, graph: string, type: string, key: string): Mode | undefined {
  const { node, fields } = types.get(type) ?? {}
  const definition = fields?.get(fieldOfKey(key))
  if (!node || !definition) return undefined
  const entries = applied(definition, 'join__field')
  if (entries.length === 0) return applies(node, 'join__type', graph) ? 'own' : undefined
  const entry = entries.find((one) => textOf(one, 'graph') === graph)
  if (!entry) return undefined
  const isOther = isSet(entry, 'external', true) || isSet(entry, 'usedOverridden', true)
  return isOther || textOf(entry, 'requires') !== undefined ? 'external' : 'own'
}
