import { type GraphQLSchema, isAbstractType, isObjectType } from 'graphql'
import { mockResolvers } from './resolvers.ts'
import { type Thing, thing } from './things.ts'

/** Makes an API schema answer by itself, with data that are the same for the same seed. */
export function mockSchema(schema: GraphQLSchema, seed: string): GraphQLSchema {
  const resolve = mockResolvers(schema, seed)
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = ({ __typename }: Thing) => __typename
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    const root = roots.has(type) ? thing(type.name, 'root') : null
    const isFollowed = type === schema.getSubscriptionType()
    for (const field of Object.values(type.getFields())) {
      if (isFollowed) {
        field.subscribe = (_root, given) =>
          states(valuesOf(given).map((one) => resolve(thing(type.name, 'root'), type, field.name, one)))
        field.resolve = (state) => state
      } else field.resolve = (parent: Thing, given) => resolve(root ?? parent, type, field.name, given)
    }
  }
  return schema
}

/** The arguments of a subscription, once for each of the values that it follows. */
function valuesOf(given: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const [name, values] = Object.entries(given).find(([, value]) => Array.isArray(value)) ?? []
  if (name === undefined) return [given]
  return (values as unknown[]).map((value) => ({ ...given, [name.replace(/s$/, '')]: value }))
}

/** The states that a subscription starts with; it then stays open, as nothing changes, until its client leaves. */
function states(values: unknown[]): AsyncIterableIterator<unknown> {
  let leave = (_end: IteratorResult<unknown>) => {}
  const left = new Promise<IteratorResult<unknown>>((resolve) => {
    leave = resolve
  })
  let next = 0
  const end = { value: undefined, done: true } as const
  return {
    next: async () => (next < values.length ? { value: values[next++], done: false } : left),
    async return() {
      next = values.length
      leave(end)
      return end
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
