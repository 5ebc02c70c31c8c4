// Long because it is one walk over every @requires, which collects what the supergraph and the table of needs are made of.
import { type QueryPlanSelectionNode, trimSelectionNodes } from '@apollo/query-planner'
import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type ValueNode,
} from 'graphql'
import { requiredKey } from '../execute/required-names.ts'
import {
  applied,
  canOverlap,
  type FieldsType,
  namedTypeOf,
  parseFields,
  type SupergraphTypes,
  textOf,
} from './requires-types.ts'

/** A field with the arguments that some `@requires` gives it, under a key of its own. */
export interface Variant {
  key: string
  field: string
  arguments: readonly ConstArgumentNode[]
}

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

/** All `@requires` of a supergraph. */
export interface Requirements {
  variants: ReadonlyMap<string, Variant>
  /** What a field of a type needs in a subgraph; undefined when nothing. */
  needOf(service: string, type: string, field: string): Need | undefined
  /** True when some required field requires others itself. */
  hasChains: boolean
  /** The variants that a type's field must be offered as. */
  variantsOf(type: string, field: string): readonly Variant[]
  /** The `@requires` of a field in a subgraph (a value of `join__Graph`), with variants in the place of fields. */
  requiresOf(graph: string, type: string, field: string): string | undefined
  /** True when some `@requires` of the subgraph reads the field under a variant's key. */
  isRead(graph: string, type: string, key: string): boolean
  /** True when some `@requires` of the subgraph reads a variant of the field, and none the field itself. */
  isReplaced(graph: string, type: string, field: string): boolean
}

/** Reads every `@requires`; throws when one asks for a field twice at one place, with different arguments. */
export function requirementsOf(supergraph: SupergraphTypes): Requirements {
  const mentions = [...supergraph.types.values()].flatMap(mentionsOf)
  const withArguments = new Set<string>()
  for (const { selection } of mentions) collectFieldsWithArguments(selection, withArguments)

  const byIdentity = new Map<string, Variant>()
  const offered = new Map<string, Set<Variant>>()
  const replaced = new Set<string>()
  const readKeys = new Set<string>()
  const needs = new Map<string, Need>()
  const texts = new Map<string, string>()
  const required = new Set<string>()

  function variantOf(type: FieldsType, definition: FieldDefinitionNode, node: FieldNode, graph: string): Variant {
    const identity = identityOf(type, definition, node)
    let variant = byIdentity.get(identity)
    if (!variant) {
      let number = byIdentity.size
      while (isTaken(supergraph, requiredKey(number, node.name.value))) number += 1_000
      const field = node.name.value
      variant = { key: requiredKey(number, field), field, arguments: (node.arguments ?? []) as ConstArgumentNode[] }
      byIdentity.set(identity, variant)
    }
    const name = type.node.name.value
    for (const at of [name, ...(supergraph.implementers.get(name) ?? [])]) {
      const place = `${at}.${variant.field}`
      offered.set(place, (offered.get(place) ?? new Set()).add(variant))
      replaced.add(`${graph} ${place}`)
      readKeys.add(`${graph} ${at}.${variant.key}`)
    }
    return variant
  }

  for (const { type, field, graph, selection } of mentions) {
    const leaves = new Set<string>()
    const variants: VariantUse[] = []
    const read = (set: SelectionSetNode, parent: string, path: string[], types: string[]): SelectionSetNode => ({
      ...set,
      selections: set.selections.map((node): SelectionNode => {
        if (node.kind === Kind.FRAGMENT_SPREAD) return node
        if (node.kind === Kind.INLINE_FRAGMENT) {
          const within = node.typeCondition?.name.value ?? parent
          return { ...node, selectionSet: read(node.selectionSet, within, path, types) }
        }
        const owner = supergraph.types.get(parent)
        const definition = owner?.fields.get(node.name.value)
        for (const at of [parent, ...(supergraph.implementers.get(parent) ?? [])])
          required.add(`${at}.${node.name.value}`)
        let result: FieldNode = node
        if (owner && definition?.arguments?.length && withArguments.has(node.name.value)) {
          const variant = variantOf(owner, definition, node, graph)
          variants.push({ path, types: [...types, parent], variant })
          result = { ...node, name: { kind: Kind.NAME, value: variant.key }, arguments: [] }
        }
        const below = [...path, result.name.value]
        if (!node.selectionSet || !definition) {
          leaves.add(below.join('.'))
          return result
        }
        const set = read(node.selectionSet, namedTypeOf(definition, graph), below, [...types, parent])
        return { ...result, selectionSet: set }
      }),
    })
    const place = `${type}.${field.name.value}`
    const service = supergraph.serviceOf(graph)
    const result = read(selection, type, [], [])
    texts.set(`${graph} ${place}`, stripIgnoredCharacters(print(result).slice(1, -1)))
    const twice = variants.find((one) => variants.some((other) => exclude(supergraph, one, other)))
    if (twice) {
      const message = `The @requires of ${place} in subgraph "${service}" asks for "${twice.variant.field}" with different arguments at one place, of which a representation can carry only one.`
      throw new Error(message)
    }
    needs.set(`${service} ${place}`, { leaves, selections: trimSelectionNodes(result.selections), variants })
  }
  // A field that is required itself needs the same under each of its keys.
  for (const [place, variants] of offered) {
    const [type = '', field = ''] = place.split('.')
    for (const { graph } of mentions.filter((one) => one.type === type && one.field.name.value === field)) {
      const need = needs.get(`${supergraph.serviceOf(graph)} ${place}`)
      for (const { key } of variants) if (need) needs.set(`${supergraph.serviceOf(graph)} ${type}.${key}`, need)
    }
  }
  return {
    variants: new Map([...byIdentity.values()].map((variant) => [variant.key, variant])),
    needOf: (service, type, field) => needs.get(`${service} ${type}.${field}`),
    hasChains: mentions.some(({ type, field }) => required.has(`${type}.${field.name.value}`)),
    variantsOf: (type, field) => [...(offered.get(`${type}.${field}`) ?? [])],
    requiresOf: (graph, type, field) => texts.get(`${graph} ${type}.${field}`),
    isRead: (graph, type, key) => readKeys.has(`${graph} ${type}.${key}`),
    isReplaced: (graph, type, field) => replaced.has(`${graph} ${type}.${field}`),
  }
}

/** True when two uses read one field with different arguments at what can be the same place. */
export function exclude(supergraph: SupergraphTypes, one: VariantUse, other: VariantUse): boolean {
  return (
    one.variant.field === other.variant.field &&
    one.variant !== other.variant &&
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

/** Equal for the same field with arguments of the same meaning: their order, and defaults that are written out, do not count. */
function identityOf({ node }: FieldsType, definition: FieldDefinitionNode, { arguments: given }: FieldNode): string {
  const values = new Map<string, ValueNode>(given?.map(({ name, value }) => [name.value, value]))
  // Types that implement an interface may have other defaults.
  if (node.kind === Kind.OBJECT_TYPE_DEFINITION) {
    for (const { name, defaultValue } of definition.arguments ?? []) {
      if (defaultValue && !values.has(name.value)) values.set(name.value, defaultValue)
    }
  }
  const texts = [...values].map(([name, value]) => `${name}: ${print(sorted(value))}`).sort()
  return `${definition.name.value}(${texts.join(', ')})`
}

function sorted(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(sorted) }
  if (value.kind === Kind.STRING) return { ...value, block: false }
  if (value.kind !== Kind.OBJECT) return value
  const fields = value.fields.map((field) => ({ ...field, value: sorted(field.value) }))
  return { ...value, fields: fields.sort((a, b) => (a.name.value < b.name.value ? -1 : 1)) }
}

function isTaken({ types }: SupergraphTypes, name: string): boolean {
  return [...types.values()].some(({ fields }) => fields.has(name))
}
