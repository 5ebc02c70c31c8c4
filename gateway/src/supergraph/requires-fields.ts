// Long because it is one walk over every @requires, which collects what the supergraph and the table of needs are made of.
import { type QueryPlanSelectionNode, trimSelectionNodes } from '@apollo/query-planner'
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql'
import {
  applied,
  canOverlap,
  type FieldsType,
  namedTypeOf,
  parseFields,
  type SupergraphTypes,
  textOf,
  withImplementers,
} from './requires-types.ts'
import { collectVariants, type Variant, type Variants } from './requires-variants.ts'

/** Where a need reads a variant: two variants of one field at one place do not fit into one representation. */
export interface VariantUse {
  /** The names above it, and at each step the type whose field it is; the variant's own type is the last. */
  path: readonly string[]
  types: readonly string[]
  variant: Variant
}

/** What one field must be told to be resolved. */
export interface Need {
  /** The leaves of its `@requires`, as names joined by dots, variants by their keys. */
  leaves: ReadonlySet<string>
  /** The same as a plan says it. */
  selections: readonly QueryPlanSelectionNode[]
  variants: readonly VariantUse[]
}

/** A field that requires others and is required itself. */
export interface Chained {
  /** The subgraph that has it (a value of `join__Graph`), and its type. */
  graph: string
  type: string
  field: string
  variants: readonly Variant[]
  /** What it requires when it is asked for as a variant. */
  requires: string
}

/** All `@requires` of a supergraph. */
export interface Requirements {
  variants: Variants
  /** What a field of a type needs in a subgraph; undefined when nothing. */
  needOf(service: string, type: string, field: string): Need | undefined
  chained: readonly Chained[]
  /** The `@requires` of a field in a subgraph (a value of `join__Graph`), with variants in the place of fields. */
  requiresOf(graph: string, type: string, field: string): string | undefined
}

/** Reads every `@requires`; throws when one asks for a field twice at one place, with different arguments. */
export function requirementsOf(supergraph: SupergraphTypes): Requirements {
  const mentions = [...supergraph.types.values()].flatMap(mentionsOf)
  const withArguments = new Set<string>()
  for (const { selection } of mentions) collectFieldsWithArguments(selection, withArguments)
  const requiring = new Set(mentions.map(({ type, field }) => `${type}.${field.name.value}`))
  const all = collectVariants(supergraph)

  /** Whether a field is read as a variant. What a chained field requires is its own, so that nobody else is taken to have it. */
  function isVariant(type: string, definition: FieldDefinitionNode, isOwn: boolean): boolean {
    const name = definition.name.value
    const hasArguments = definition.arguments?.length && withArguments.has(name)
    return hasArguments || isOwn || withImplementers(supergraph, type).some((one) => requiring.has(`${one}.${name}`))
  }

  function read({ type, field, graph, selection }: Mention, chained: string | undefined): Need & { text: string } {
    const leaves = new Set<string>()
    const variants: VariantUse[] = []
    const readSet = (set: SelectionSetNode, parent: string, path: string[], types: string[]): SelectionSetNode => ({
      ...set,
      selections: set.selections.map((node): SelectionNode => {
        if (node.kind === Kind.FRAGMENT_SPREAD) return node
        if (node.kind === Kind.INLINE_FRAGMENT) {
          const within = node.typeCondition?.name.value ?? parent
          return { ...node, selectionSet: readSet(node.selectionSet, within, path, types) }
        }
        const owner = supergraph.types.get(parent)
        const definition = owner?.fields.get(node.name.value)
        const isOwn = chained !== undefined && path.length === 0
        let result: FieldNode = node
        let variant: Variant | undefined
        if (owner && definition && isVariant(parent, definition, isOwn)) {
          variant = all.of(owner, definition, node, { graph, chained: isOwn ? chained : undefined })
          variants.push({ path, types: [...types, parent], variant })
          result = { ...node, name: { kind: Kind.NAME, value: variant.key }, arguments: [] }
        }
        const below = [...path, result.name.value]
        if (!node.selectionSet || !definition) {
          leaves.add(below.join('.'))
          return result
        }
        const inner = readSet(node.selectionSet, namedTypeOf(definition, graph), below, [...types, parent])
        variant?.below.push(inner)
        return { ...result, selectionSet: inner }
      }),
    })
    const result = readSet(selection, type, [], [])
    const twice = variants.find((one) => variants.some((other) => exclude(supergraph, one, other)))
    if (twice) {
      const message = `The @requires of ${type}.${field.name.value} in subgraph "${supergraph.serviceOf(graph)}" asks for "${twice.variant.field}" with different arguments at one place, of which a representation can carry only one.`
      throw new Error(message)
    }
    const text = stripIgnoredCharacters(print(result).slice(1, -1))
    return { leaves, selections: trimSelectionNodes(result.selections), variants, text }
  }

  const needs = new Map<string, Need>()
  const texts = new Map<string, string>()
  for (const one of mentions) {
    const { graph, type, field } = one
    const { text, ...need } = read(one, undefined)
    needs.set(`${supergraph.serviceOf(graph)} ${type}.${field.name.value}`, need)
    texts.set(`${graph} ${type}.${field.name.value}`, text)
  }
  const links = mentions
    .filter(({ type, field }) => all.offered(type, field.name.value).length > 0)
    .map((one, index) => ({ one, need: read(one, String(index)) }))
  const chained = links.map(({ one: { graph, type, field }, need }): Chained => {
    const variants = all.offered(type, field.name.value)
    for (const { key } of variants) needs.set(`${supergraph.serviceOf(graph)} ${type}.${key}`, need)
    return { graph, type, field: field.name.value, variants, requires: need.text }
  })
  return {
    variants: all,
    needOf: (service, type, field) => needs.get(`${service} ${type}.${field}`),
    chained,
    requiresOf: (graph, type, field) => texts.get(`${graph} ${type}.${field}`),
  }
}

/** True when two uses read one field with different arguments at what can be the same place. */
export function exclude(supergraph: SupergraphTypes, one: VariantUse, other: VariantUse): boolean {
  return (
    one.variant.field === other.variant.field &&
    one.variant.alias !== other.variant.alias &&
    one.path.length === other.path.length &&
    one.path.every((name, index) => name === other.path[index]) &&
    one.types.every((type, index) => canOverlap(supergraph, type, other.types[index] as string))
  )
}

interface Mention {
  type: string
  field: FieldDefinitionNode
  graph: string
  selection: SelectionSetNode
}

function mentionsOf({ node, fields }: FieldsType): Mention[] {
  return [...fields.values()].flatMap((field) =>
    applied(field, 'join__field').flatMap((directive: ConstDirectiveNode) => {
      const [graph, requires] = [textOf(directive, 'graph'), textOf(directive, 'requires')]
      if (graph === undefined || requires === undefined) return []
      return [{ type: node.name.value, field, graph, selection: parseFields(requires) }]
    }),
  )
}

function collectFieldsWithArguments({ selections }: SelectionSetNode, found: Set<string>): void {
  for (const node of selections) {
    if (node.kind === Kind.FIELD && node.arguments?.length) found.add(node.name.value)
    if (node.kind !== Kind.FRAGMENT_SPREAD && node.selectionSet) collectFieldsWithArguments(node.selectionSet, found)
  }
}
