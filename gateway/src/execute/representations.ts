import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner'
import { type Data, isData, isInherited, readInherited } from './own.ts'
import { rewrite } from './rewrites.ts'
import type { Types } from './types.ts'

/** How the objects of a fetch are told to `_entities`. */
export interface Representation {
  /** The representation as JSON; equal objects give equal texts. Null when a required field was never fetched. */
  textOf(object: Data): string | null
  /** A scalar field of the key: objects that differ in it are different entities. */
  identity: string
}

interface Field {
  key: string
  inherited: boolean
  json: string
  below: Below | undefined
}

type Below = (value: unknown) => string

/**
 * Compiles a plan's `requires`; the fields that apply to each runtime type are found when that type is first seen. A field is
 * read under its alias and told under its name.
 */
export function compileRepresentation(
  types: Types,
  requires: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[],
): Representation {
  const byType = new Map<string, Field[]>()
  const plain = (object: Data): string | null => {
    const name = object.__typename
    if (typeof name !== 'string') return null
    let fields = byType.get(name)
    if (!fields) {
      fields = fieldsOf(types, requires, name)
      // A representation that does not say its type is none.
      if (!fields.some(({ key }) => key === '__typename')) fields = []
      if (types.isKnown(name)) byType.set(name, fields)
    }
    return fields.length === 0 ? null : textOf(object, fields)
  }
  const rewritten = (object: Data): string | null => {
    const text = plain(object)
    if (text === null) return null
    const representation: Data = JSON.parse(text)
    rewrite(types, rewrites, representation)
    return JSON.stringify(representation)
  }
  return { textOf: rewrites.length === 0 ? plain : rewritten, identity: identityOf(requires) }
}

function textOf(object: Data, fields: readonly Field[]): string | null {
  let text = ''
  for (const field of fields) {
    const value = field.inherited ? readInherited(object, field.key) : object[field.key]
    if (value === undefined) return null
    text += `${text === '' ? '{' : ','}${field.json}${field.below ? field.below(value) : JSON.stringify(value)}`
  }
  return text === '' ? '{}' : `${text}}`
}

function fieldsOf(types: Types, selections: readonly QueryPlanSelectionNode[], name: string | undefined): Field[] {
  const found = new Map<string, { name: string; selections: QueryPlanSelectionNode[] | undefined }>()
  const visit = (nodes: readonly QueryPlanSelectionNode[]) => {
    for (const node of nodes) {
      if (node.kind === 'Field') {
        const key = node.alias ?? node.name
        const known = found.get(key)
        const selections = node.selections && [...(known?.selections ?? []), ...node.selections]
        found.set(key, { name: node.name, selections })
      } else if (node.typeCondition === undefined || (name !== undefined && types.isA(name, node.typeCondition))) {
        visit(node.selections)
      }
    }
  }
  visit(selections)
  return [...found].map(([key, { name: told, selections: below }]) => ({
    key,
    inherited: isInherited(key),
    json: `${JSON.stringify(told)}:`,
    below: below && compileBelow(types, below),
  }))
}

/** Nested objects and lists of them; what lacks a required field is null, as it is for a plain key. */
function compileBelow(types: Types, selections: readonly QueryPlanSelectionNode[]): Below {
  const byType = new Map<string | undefined, Field[]>()
  const text: Below = (value) => {
    if (Array.isArray(value)) return `[${value.map(text).join(',')}]`
    if (!isData(value)) return 'null'
    const name = typeof value.__typename === 'string' ? value.__typename : undefined
    let fields = byType.get(name)
    if (!fields) {
      fields = fieldsOf(types, selections, name)
      if (name === undefined || types.isKnown(name)) byType.set(name, fields)
    }
    return textOf(value, fields) ?? 'null'
  }
  return text
}

function identityOf(requires: readonly QueryPlanSelectionNode[]): string {
  for (const node of requires) {
    if (node.kind === 'InlineFragment') {
      const found = identityOf(node.selections)
      if (found !== '__typename') return found
    } else if (!node.selections && node.name !== '__typename') return node.alias ?? node.name
  }
  return '__typename'
}
