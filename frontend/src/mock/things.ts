import { decodeId, encodeId } from '@commerce/service/ids.ts'
import { type GraphQLLeafType, type GraphQLObjectType, getNamedType, isLeafType } from 'graphql'
import { leafValue } from './values.ts'

/** An object of the mocked graph. All that is in it follows from its type and key, so the same id has the same data in every answer. */
export interface Thing {
  __typename: string
  /** Its number, or a field that names it (`slug=mug`), then, behind `@`, the object that it belongs to (`2@Product:7`). */
  key: string
  /** Fields that are known already. */
  known: Readonly<Record<string, unknown>>
  owner: Thing | null
}

/** Fields that name an object, as arguments and inputs do. */
export const names = ['sku', 'slug', 'code', 'number']

/** The object of a type that a key names. */
export function thing(type: string, key: string, owner: Thing | null = null): Thing {
  const [, name, value] = /^(\w+)=([^@]*)/.exec(key) ?? []
  return { __typename: type, key, known: name ? { [name]: decodeURIComponent(value as string) } : {}, owner }
}

/** The object that belongs to another, and says so in its own id. */
export function owned(type: string, key: string, owner: Thing): Thing {
  return thing(type, `${key}@${owner.__typename}:${owner.key}`, owner)
}

/** The object that one of its fields names. */
export function named(type: string, field: string, value: unknown): Thing {
  return thing(type, `${field}=${encodeURIComponent(String(value))}`)
}

/** The object of a global id that this program gave out, or could have; null for other texts. */
export function fromId(id: unknown): Thing | null {
  const decoded = typeof id === 'string' ? decodeId(id) : null
  return decoded && fromText(`${decoded.type}:${decoded.key}`, 0)
}

function fromText(text: string, depth: number): Thing | null {
  const [, type, own, rest] = /^(\w+):([^@]+)(?:@(.+))?$/.exec(text) ?? []
  if (!type || !own || depth > 20) return null
  const owner = rest === undefined ? null : fromText(rest, depth + 1)
  if (rest === undefined) return thing(type, own)
  return owner && owned(type, own, owner)
}

/** The value of a leaf field. */
export function leafOf(
  thing: Thing,
  type: GraphQLObjectType,
  field: string,
  leaf: GraphQLLeafType,
  seed: string,
): unknown {
  if (field in thing.known) return thing.known[field]
  if (field === 'id') return encodeId(thing.__typename, thing.key)
  const place = field === 'sku' ? `${seed} ${thing.__typename}:${thing.key}` : placeOf(thing, type, seed)
  // Money is said twice, and both have to agree.
  if (field === 'amount' && 'minorUnits' in type.getFields()) {
    return (Number(leafValue(typeOf(type, 'minorUnits'), 'minorUnits', `${place}.minorUnits`)) / 100).toFixed(2)
  }
  return leafValue(leaf, field, `${place}.${field}`)
}

/**
 * What the fields of an object follow from. Whatever has a SKU says the same of it: a variant on a page, and the row of a list or the
 * message of a subscription that is about its price or stock.
 */
export function placeOf(thing: Thing, type: GraphQLObjectType, seed: string): string {
  if (!hasLeaf(type, 'sku')) return `${seed} ${thing.__typename}:${thing.key}`
  return `${seed} sku:${leafOf(thing, type, 'sku', typeOf(type, 'sku'), seed)}`
}

/** Whether a type has a field of this name that holds one value. */
export function hasLeaf(type: GraphQLObjectType, field: string): boolean {
  const found = type.getFields()[field]
  return found !== undefined && isLeafType(getNamedType(found.type))
}

function typeOf(type: GraphQLObjectType, field: string): GraphQLLeafType {
  return getNamedType(type.getFields()[field]?.type) as GraphQLLeafType
}
