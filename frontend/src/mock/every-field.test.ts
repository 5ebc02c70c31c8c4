import { encodeId } from '@commerce/service/ids.ts'
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  graphql,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { expect, test } from 'vitest'
import { readApi, supergraphFile } from '../api.ts'
import { mockSchema } from './schema.ts'

const schema = mockSchema(buildSchema(readApi(supergraphFile).sdl), 'shop')
const depth = 4

/** A value that an argument takes, as GraphQL. */
function literalOf(type: GraphQLInputType, typeAsked: string): string {
  if (isNonNullType(type)) return literalOf(type.ofType, typeAsked)
  if (isListType(type)) return `[${literalOf(type.ofType, typeAsked)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name ?? 'null'
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type))
    return `{ ${fields.map(({ name, type: of }) => `${name}: ${literalOf(of, typeAsked)}`).join(', ')} }`
  }
  if (type.name === 'ID') return JSON.stringify(encodeId(typeAsked, '7'))
  if (type.name === 'Boolean') return 'true'
  return ['Int', 'Int64', 'Float'].includes(type.name) ? '3' : '"1.00"'
}

function selectionsOf(type: GraphQLNamedType, levels: number): string {
  if (isAbstractType(type)) {
    // Fields of one name may have several types in one selection.
    const parts = schema.getPossibleTypes(type).map((one) => `... on ${one.name} { __typename }`)
    return `{ __typename ${parts.join(' ')} }`
  }
  if (!isObjectType(type)) return ''
  const fields = Object.values(type.getFields()).filter((field) => levels > 1 || isLeafType(getNamedType(field.type)))
  return `{ __typename ${fields.map((field) => fieldOf(field, levels)).join(' ')} }`
}

function fieldOf(field: GraphQLField<unknown, unknown>, levels: number): string {
  const target = getNamedType(field.type)
  const given = field.args
    .filter(({ type }) => isNonNullType(type))
    .map(({ name, type }) => `${name}: ${literalOf(type, isAbstractType(target) ? 'Product' : target.name)}`)
  return `${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${selectionsOf(target, levels - 1)}`
}

const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
  Object.values(root?.getFields() ?? {}).map((field): [string, string, GraphQLField<unknown, unknown>] => [
    root === schema.getQueryType() ? 'query' : 'mutation',
    field.name,
    field,
  ]),
)

test.each(roots)('%s %s answers with all its fields, and no error', async (kind, _name, field) => {
  const result = await graphql({ schema, source: `${kind} { ${fieldOf(field, depth)} }` })
  expect(result.errors).toBeUndefined()
})
