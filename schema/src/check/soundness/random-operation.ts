import {
  astFromValue,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  print,
} from 'graphql'
import { pick, type Random } from './edits.ts'

/** What a scalar is in every answer and variable. */
export const scalars: Readonly<Record<string, unknown>> = { Int: 1, Float: 1.5, String: 's', Boolean: true, ID: 'id' }

/** A random operation that is valid on the schema, with variables that fit. Every object is asked for its `__typename`. */
export function randomOperation(
  schema: GraphQLSchema,
  random: Random,
): { body: string; variables: Record<string, unknown> } {
  const variables: Record<string, unknown> = {}
  const declarations: string[] = []
  const given = (type: GraphQLInputType): string => {
    const value = inputValue(type, random)
    if (random(2) === 0) return print(astFromValue(value, type) as never)
    const name = `v${declarations.length}`
    // A client may send null in spite of the default.
    const hasDefault = !isNonNullType(type) && random(4) === 0
    declarations.push(`$${name}: ${type}${hasDefault ? ` = ${print(astFromValue(value, type) as never)}` : ''}`)
    variables[name] = hasDefault ? null : value
    return `$${name}`
  }
  let alias = 0
  const fieldOf = (field: GraphQLField<unknown, unknown>, depth: number): string => {
    const args = field.args
      .filter((one) => (isNonNullType(one.type) && one.defaultValue === undefined) || random(2) === 0)
      .map((one) => `${one.name}: ${given(one.type)}`)
    const named = getNamedType(field.type as GraphQLOutputType)
    const inner = isCompositeType(named) ? ` ${selection(named, depth - 1)}` : ''
    const [directive] = random(8) === 0 ? schema.getDirectives().filter(({ name }) => name === 'd') : []
    const written = directive ? ` @d${random(2) === 0 ? '(x: 1)' : ''}` : ''
    return `a${alias++}: ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${written}${inner}`
  }
  const selection = (type: GraphQLCompositeType, depth: number): string => {
    const parts = ['__typename']
    if (isObjectType(type) || isInterfaceType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (one) => depth > 0 || !isCompositeType(getNamedType(one.type)),
      )
      for (let count = 1 + random(3); count > 0; count--) {
        const field = pick(fields, random)
        if (field) parts.push(fieldOf(field, depth))
      }
    }
    if (!isObjectType(type) && depth > 0) {
      const member = pick(schema.getPossibleTypes(type), random)
      if (member) parts.push(`... on ${member.name} ${selection(member, depth - 1)}`)
    }
    return `{ ${parts.join(' ')} }`
  }
  const body = selection(schema.getQueryType() as GraphQLCompositeType, 4)
  const head = declarations.length > 0 ? `(${declarations.join(', ')})` : ''
  return { body: `query Random${head} ${body}`, variables }
}

function inputValue(type: GraphQLInputType, random: Random, depth = 0): unknown {
  if (isNonNullType(type)) return inputValue(type.ofType, random, depth)
  if (isListType(type)) return [inputValue(type.ofType, random, depth)]
  if (isEnumType(type)) return pick(type.getValues(), random)?.name
  if (!isInputObjectType(type)) return scalars[type.name] ?? 's'
  const fields = Object.values(type.getFields()).filter(
    (one) => (isNonNullType(one.type) && one.defaultValue === undefined) || (depth < 2 && random(2) === 0),
  )
  return Object.fromEntries(fields.map((one) => [one.name, inputValue(one.type, random, depth + 1)]))
}
