import { expect, test } from 'vitest'
import { type SubgraphSource, startGraph } from './graph.ts'

async function ask(sources: Record<string, SubgraphSource>, query: string) {
  const graph = await startGraph(sources)
  try {
    return await graph.ask(query)
  } finally {
    await graph.stop()
  }
}

const reference = { __resolveReference: (ref: object) => ref }

test('a key that cannot be resolved may be listed first', async () => {
  const { data, errors } = await ask(
    {
      a: {
        typeDefs:
          'type Query { item: Item } type Item @key(fields: "sku", resolvable: false) @key(fields: "id") { id: ID! sku: String! }',
        resolvers: { Query: { item: () => ({ id: '1', sku: 's' }) }, Item: reference },
      },
      b: {
        typeDefs:
          'type Item @key(fields: "sku", resolvable: false) @key(fields: "id") { id: ID! sku: String! @shareable price: Int }',
        resolvers: { Item: { ...reference, price: () => 5, sku: () => 's' } },
      },
    },
    '{ item { price } }',
  ).catch((error: Error) => ({ data: undefined, errors: [error.message] }))
  expect({ data, errors }).toEqual({ data: { item: { price: 5 } } })
})

test('an interface may have no type that implements it', async () => {
  const { data, errors } = await ask(
    {
      a: {
        typeDefs: 'interface Ghost { id: ID! } type Query { ghost: Ghost ghosts: [Ghost!]! hello: String }',
        resolvers: {
          Query: { ghost: () => null, ghosts: () => [], hello: () => 'hi' },
          Ghost: { __resolveType: () => 'None' },
        },
      },
    },
    '{ hello ghost { id } ghosts { __typename id } }',
  )
  expect({ data, errors }).toEqual({ data: { hello: 'hi', ghost: null, ghosts: [] } })
})

test('nested and listed keys and requirements reach their subgraph', async () => {
  const { data, errors } = await ask(
    {
      a: {
        typeDefs: `
          type Query { orders: [Order!]! }
          type Order @key(fields: "shop { id } number") { shop: Shop! number: Int! lines: [Line!]! }
          type Shop @key(fields: "id") { id: ID! }
          type Line { sku: String! @shareable amount: Int! @shareable note: String @shareable }
        `,
        resolvers: {
          Query: {
            orders: () =>
              [1, 2].map((number) => ({
                shop: { id: 's' },
                number,
                lines: [
                  { sku: 'x', amount: number },
                  { sku: 'y', amount: 1, note: 'n' },
                ],
              })),
          },
          Order: { __resolveReference: () => null },
          Shop: reference,
        },
      },
      b: {
        typeDefs: `
          type Order @key(fields: "shop { id } number") { shop: Shop! number: Int! lines: [Line!]! @external total: Int! @requires(fields: "lines { amount note }") }
          type Shop @key(fields: "id") { id: ID! name: String! }
          type Line { amount: Int! @external note: String @external }
        `,
        resolvers: {
          Order: {
            ...reference,
            total: ({ lines, shop }: { shop: { id: string }; lines: { amount: number; note?: string }[] }) =>
              lines.reduce((sum, { amount, note }) => sum + amount + (note ? 100 : 0), shop.id === 's' ? 1000 : 0),
          },
          Shop: { ...reference, name: ({ id }: { id: string }) => `Shop ${id}` },
        },
      },
    },
    '{ orders { total lines { sku } shop { name } } }',
  )
  expect(errors).toBeUndefined()
  expect(data.orders.map((order: { total: number }) => order.total)).toEqual([1102, 1103])
  expect(data.orders[0]).toEqual({ total: 1102, lines: [{ sku: 'x' }, { sku: 'y' }], shop: { name: 'Shop s' } })
})

test('a hidden type does not show, and does not take other objects with it', async () => {
  const { data, errors } = await ask(
    {
      a: {
        typeDefs:
          'interface Media { id: ID! } type Book implements Media { id: ID! } type Secret implements Media @inaccessible { id: ID! } type Query { medias: [Media]! }',
        resolvers: {
          Query: {
            medias: () => [
              { id: '1', kind: 'Book' },
              { id: '2', kind: 'Secret' },
            ],
          },
          Media: { __resolveType: ({ kind }: { kind: string }) => kind },
        },
      },
    },
    '{ medias { __typename id } }',
  )
  expect(data).toEqual({ medias: [{ __typename: 'Book', id: '1' }, null] })
  expect(errors?.map(({ path }) => path)).toEqual([['medias', 1]])
  expect(JSON.stringify(errors)).not.toContain('Secret')
})

test('the same list from two subgraphs is one list', async () => {
  const lines = () => [{ id: '1' }, { id: '2' }]
  const { data, errors } = await ask(
    {
      a: {
        typeDefs:
          'type Query { box: Box } type Box @key(fields: "id") { id: ID! lines: [Line] @shareable } type Line { id: ID! @shareable a: Int }',
        resolvers: {
          Query: { box: () => ({ id: 'b', lines: lines() }) },
          Box: { ...reference, lines },
          Line: { a: () => 1 },
        },
      },
      b: {
        typeDefs:
          'type Box @key(fields: "id") { id: ID! lines: [Line] @shareable } type Line { id: ID! @shareable b: Int }',
        resolvers: { Box: { ...reference, lines }, Line: { b: () => 2 } },
      },
    },
    '{ box { lines { id a b } } }',
  )
  expect({ data, errors }).toEqual({
    data: {
      box: {
        lines: [
          { id: '1', a: 1, b: 2 },
          { id: '2', a: 1, b: 2 },
        ],
      },
    },
  })
})
