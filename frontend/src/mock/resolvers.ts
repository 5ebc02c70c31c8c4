// Above the usual length because what a field holds is one decision: known, a name, a page, its owner, or another object.
import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNullableType,
  isObjectType,
} from 'graphql'
import { fromId, hasLeaf, leafOf, named, names, owned, placeOf, type Thing, thing } from './things.ts'
import { leafValue, numberOf } from './values.ts'

type Arguments = Readonly<Record<string, unknown>>

const pool = 60
const longest = 50
const largestPage = 100

/** Resolves every field of an API schema to data that depend on nothing but the seed, the object and the arguments. */
export function mockResolvers(schema: GraphQLSchema, seed: string) {
  const hasId = (type: unknown): boolean => isObjectType(type) && hasLeaf(type, 'id')
  const isPage = (type: unknown): type is GraphQLObjectType =>
    isObjectType(type) && ['edges', 'pageInfo'].every((field) => field in type.getFields())
  const isFault = (name: string, type: unknown) =>
    /(Error|Warning|Problem)$/.test(name) ||
    (isObjectType(type) && type.getInterfaces().some((one) => one.name === 'UserError'))

  /** Whether an object says to which one of `owner` it belongs. */
  const belongs = (type: GraphQLObjectType, owner: Thing): boolean =>
    hasId(type) &&
    hasId(schema.getType(owner.__typename)) &&
    Object.values(type.getFields()).some((field) => {
      const single = getNullableType(field.type)
      return isObjectType(single) && single.name === owner.__typename
    })

  function concrete(type: unknown, n: number): GraphQLObjectType {
    if (!isAbstractType(type)) return type as GraphQLObjectType
    const possible = schema.getPossibleTypes(type)
    return possible[n % possible.length] as GraphQLObjectType
  }

  /** The object that arguments name; undefined when they name none. */
  function byArguments(type: unknown, given: Arguments): Thing | null | undefined {
    if (given.id != null) return ofType(fromId(given.id), type)
    const name = names.find((one) => given[one] != null && isObjectType(type) && hasLeaf(type, one))
    return name === undefined ? undefined : named((type as GraphQLObjectType).name, name, given[name])
  }

  /** The objects that a list of ids or names means; undefined when there is no such argument. */
  function byLists(type: unknown, given: Arguments): (Thing | null)[] | undefined {
    if (Array.isArray(given.ids)) return given.ids.map((id) => ofType(fromId(id), type))
    const name = names.find((one) => Array.isArray(given[`${one}s`]) && isObjectType(type) && hasLeaf(type, one))
    const values = name === undefined ? undefined : (given[`${name}s`] as unknown[])
    return values?.map((value) => named((type as GraphQLObjectType).name, name as string, value))
  }

  function ofType(found: Thing | null, type: unknown): Thing | null {
    const own = found && schema.getType(found.__typename)
    if (!found || !isObjectType(own) || !hasId(own)) return null
    return own === type || (isAbstractType(type) && schema.isSubType(type, own)) ? found : null
  }

  function rows(type: unknown, count: number, parent: Thing, place: string): Thing[] {
    const start = numberOf(place)
    return Array.from({ length: count }, (_, i) => {
      const own = concrete(type, start + i)
      if (!hasId(own)) return { ...thing(own.name, `${numberOf(`${place} ${i}`)}`), owner: parent }
      if (belongs(own, parent)) return owned(own.name, String(i + 1), parent)
      return thing(own.name, String(1 + ((start + i) % pool)))
    })
  }

  function page(type: GraphQLObjectType, given: Arguments, parent: Thing, place: string): Thing {
    const edge = getNamedType(type.getFields().edges?.type) as GraphQLObjectType
    const node = getNamedType(edge.getFields().node?.type)
    const isOwned = isObjectType(node) && belongs(node, parent)
    const total = isOwned ? 2 + (numberOf(place) % 5) : 8 + (numberOf(place) % (longest - 8))
    const all = byLists(node, given)?.filter((one) => one !== null) ?? rows(node, total, parent, place)
    const { from, to } = cut(all.length, given)
    const cursor = (i: number) => Buffer.from(String(i)).toString('base64url')
    const nodes = all.slice(from, to)
    const edges = nodes.map((one, i) => ({
      ...thing(edge.name, `${place} ${from + i}`),
      known: { node: one, cursor: cursor(from + i) },
    }))
    const info = {
      hasNextPage: to < all.length,
      hasPreviousPage: from > 0,
      startCursor: nodes.length > 0 ? cursor(from) : null,
      endCursor: nodes.length > 0 ? cursor(to - 1) : null,
    }
    const pageInfo = { ...thing('PageInfo', place), known: info }
    return { ...thing(type.name, place), known: { nodes, edges, pageInfo, totalCount: all.length }, owner: parent }
  }

  function single(parent: Thing, field: string, type: GraphQLOutputType, given: Arguments, place: string): unknown {
    const target = getNamedType(type)
    if (isPage(target)) return page(target, given, parent, place)
    const byName = byArguments(target, given)
    if (byName !== undefined) return byName
    // What an input names comes back in the answer.
    const input = { ...(parent.known.input as Arguments | undefined), ...(given.input as Arguments | undefined) }
    if (isObjectType(target) && hasId(target)) {
      const asked = input[`${field}Id`] ?? input.id
      const found = asked == null ? undefined : (ofType(fromId(asked), target) ?? undefined)
      const other = found ?? byArguments(target, { ...input, id: null })
      if (other) return other
      for (let owner = parent.owner; owner; owner = owner.owner) if (owner.__typename === target.name) return owner
      if (target.name === parent.__typename && isNullableType(type)) return null
      const own = schema.getType(parent.__typename) as GraphQLObjectType
      if (hasLeaf(own, 'sku') && hasLeaf(target, 'sku')) {
        return named(
          target.name,
          'sku',
          leafOf(parent, own, 'sku', getNamedType(own.getFields().sku?.type) as never, seed),
        )
      }
      return belongs(target, parent)
        ? owned(target.name, '1', parent)
        : thing(target.name, String(1 + (numberOf(place) % pool)))
    }
    // The first of a union is the one where all went well.
    const own = concrete(target, isInterfaceType(target) ? numberOf(place) : 0)
    if (hasId(own)) return thing(own.name, String(1 + (numberOf(place) % pool)))
    const inherited = Object.fromEntries(
      names.flatMap((name) => (name in parent.known ? [[name, parent.known[name]]] : [])),
    )
    return {
      ...thing(own.name, String(numberOf(place))),
      known: { ...inherited, ...(given.input ? { input } : {}) },
      owner: parent,
    }
  }

  function list(parent: Thing, field: string, type: GraphQLOutputType, given: Arguments, place: string): unknown[] {
    const target = getNamedType(type)
    if (isLeafType(target)) {
      return [0, 1].slice(0, 1 + (numberOf(place) % 2)).map((i) => leafValue(target, field, `${place} ${i}`))
    }
    if (isFault(target.name, target)) return []
    const nullable =
      isListType(getNullableType(type)) &&
      isNullableType((getNullableType(type) as { ofType: GraphQLOutputType }).ofType)
    const asked = byLists(target, given) ?? (given.id == null ? undefined : [byArguments(target, given) ?? null])
    if (asked)
      return nullable
        ? asked
        : asked.map((one) => one ?? thing(concrete(target, 0).name, place)).slice(0, largestPage * 2)
    return rows(target, 1 + (numberOf(place) % 3), parent, place)
  }

  /** The value of a field of an object; roots are objects too. */
  return function resolve(parent: Thing, type: GraphQLObjectType, field: string, given: Arguments): unknown {
    const { type: output } = type.getFields()[field] as { type: GraphQLOutputType }
    if (field in parent.known) return parent.known[field]
    const target = getNamedType(output)
    const isList = isListType(getNullableType(output))
    if (isLeafType(target) && !isList) return leafOf(parent, type, field, target, seed)
    const { first: _f, after: _a, last: _l, before: _b, ...others } = given
    const place = `${placeOf(parent, type, seed)}.${field} ${JSON.stringify(others)}`
    return isList ? list(parent, field, output, given, place) : single(parent, field, output, given, place)
  }
}

/** Which rows of a list Relay's arguments ask for. */
function cut(total: number, { first, after, last, before }: Arguments): { from: number; to: number } {
  for (const [name, value] of Object.entries({ first, last })) {
    if (value == null || (Number(value) >= 1 && Number(value) <= largestPage)) continue
    const message = `\`${name}\`: expected 1 to ${largestPage}, got ${value}.`
    throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
  }
  const at = (cursor: unknown) => Number(Buffer.from(String(cursor), 'base64url').toString())
  const start = after == null ? 0 : Math.min(at(after) + 1 || 0, total)
  const end = before == null ? total : Math.max(start, Math.min(at(before) || 0, total))
  if (last != null) return { from: Math.max(start, end - Number(last)), to: end }
  return { from: start, to: Math.min(end, start + Number(first ?? 20)) }
}
