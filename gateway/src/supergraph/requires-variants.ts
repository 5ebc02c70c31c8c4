import {
  type ConstArgumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  print,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { requiredKey } from '../execute/required-names.ts'
import { type FieldsType, type SupergraphTypes, withImplementers } from './requires-types.ts'

/** A required field that is another field to the planner: with the arguments that a `@requires` gives it, or in a chain. */
export interface Variant {
  /** Its name to the planner. */
  key: string
  field: string
  arguments: readonly ConstArgumentNode[]
  /** The key under which its value is in the plan's data; a leaf has the same one for all who read it. */
  alias: string
  /** All that is required below it. */
  below: SelectionSetNode[]
}

/** The variants of a supergraph, made when they are first required. */
export interface Variants {
  byKey: ReadonlyMap<string, Variant>
  /** The variant that `node` in a `@requires` is; `reader` is the subgraph or the chained field that reads it. */
  of(type: FieldsType, definition: FieldDefinitionNode, node: FieldNode, reader: Reader): Variant
  /** The variants that a type's field must be offered as. */
  offered(type: string, field: string): readonly Variant[]
  /** True when some `@requires` of the subgraph reads the field under a variant's key. */
  isRead(graph: string, type: string, key: string): boolean
  /** True when some `@requires` of the subgraph reads a variant of the field, and none the field itself. */
  isReplaced(graph: string, type: string, field: string): boolean
}

/** Who reads a variant: a subgraph (a value of `join__Graph`), or one field of it that is required itself. */
export interface Reader {
  graph: string
  chained: string | undefined
}

/** Prepares for the variants of a supergraph. */
export function collectVariants(supergraph: SupergraphTypes): Variants {
  const byIdentity = new Map<string, Variant>()
  const byKey = new Map<string, Variant>()
  const aliases = new Map<string, string>()
  const places = new Map<string, Set<Variant>>()
  const replaced = new Set<string>()
  const read = new Set<string>()

  function make(definition: FieldDefinitionNode, node: FieldNode, meaning: string): Variant {
    const field = definition.name.value
    let number = byKey.size
    while (isTaken(supergraph, requiredKey(number, field))) number += 1_000
    const key = requiredKey(number, field)
    let alias = key
    if (!node.selectionSet && isAlike(supergraph, field)) {
      alias = aliases.get(meaning) ?? (definition.arguments?.length ? key : field)
      aliases.set(meaning, alias)
    }
    const variant = { key, field, arguments: (node.arguments ?? []) as ConstArgumentNode[], alias, below: [] }
    byKey.set(key, variant)
    return variant
  }

  return {
    byKey,
    of(type, definition, node, { graph, chained }) {
      const meaning = identityOf(type, definition, node)
      const identity = `${meaning} ${chained ?? ''}`
      const variant = byIdentity.get(identity) ?? make(definition, node, meaning)
      byIdentity.set(identity, variant)
      for (const at of withImplementers(supergraph, type.node.name.value)) {
        const place = `${at}.${variant.field}`
        places.set(place, (places.get(place) ?? new Set()).add(variant))
        if (chained !== undefined) continue
        replaced.add(`${graph} ${place}`)
        read.add(`${graph} ${at}.${variant.key}`)
      }
      return variant
    },
    offered: (type, field) => [...(places.get(`${type}.${field}`) ?? [])],
    isRead: (graph, type, key) => read.has(`${graph} ${type}.${key}`),
    isReplaced: (graph, type, field) => replaced.has(`${graph} ${type}.${field}`),
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

/** Whether all fields of that name have one type and the same arguments: then they fit beside each other under one key. */
function isAlike({ types }: SupergraphTypes, field: string): boolean {
  const found = new Set<string>()
  for (const { fields } of types.values()) {
    const one = fields.get(field)
    if (one) found.add(`${print(one.type)} ${one.arguments?.map(({ name }) => name.value).join()}`)
  }
  return found.size === 1
}

function isTaken({ types }: SupergraphTypes, name: string): boolean {
  return [...types.values()].some(({ fields }) => fields.has(name))
}
