import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

const byId = { __resolveReference: (reference: object) => reference }
const sources: Record<string, SubgraphSource> = {
  shop: {
    typeDefs: `
      type Query { top: [Item!]! last: Item second: Item }
      type Item @key(fields: "id") { id: ID! maker: Maker twin: Item }
      type Maker @key(fields: "id") { id: ID! best: [Item!]! }
    `,
    resolvers: {
      Query: {
        top: () => ['1', '2', '1'].map((id) => ({ id })),
        last: () => ({ id: '3' }),
        second: () => ({ id: '2' }),
      },
      Item: {
        ...byId,
        maker: () => ({ id: 'm' }),
        twin: ({ id }: { id: string }) => ({ id }),
      },
      Maker: { ...byId, best: () => ['1', '1', '4'].map((id) => ({ id })) },
    },
  },
  prices: {
    typeDefs: 'type Item @key(fields: "id") { id: ID! price: Int }',
    resolvers: { Item: { ...byId, price: ({ id }: { id: string }) => Number(id) * 10 } },
  },
  stock: {
    typeDefs: `
      type Item @key(fields: "id") { id: ID! price: Int @external left: Int soon: Int! label(in: String): String worth: Int @requires(fields: "price") }
    `,
    resolvers: {
      Item: {
        ...byId,
        left: ({ id }: { id: string }) => {
          if (id === '3') throw new GraphQLError('not counted')
          return Number(id)
        },
        soon: ({ id }: { id: string }) => {
          if (id === '4') throw new GraphQLError('not known')
          return 7
        },
        label: ({ id }: { id: string }, { in: language }: { in?: string }) => `${id} ${language}`,
        worth: ({ id, price }: { id: string; price: number }) => Number(id) * price,
      },
    },
  },
}

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources)
})
afterAll(() => graph.stop())
beforeEach(() => {
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0
})

const asked = () => graph.subgraphs.stock?.requests ?? []
const representations = (index: number) =>
  Object.values(asked()[index]?.variables ?? {}).map((value) => (value as { id: string }[]).map(({ id }) => id))

test('places that need the same of one subgraph are asked for at once, each entity only once', async () => {
  const { data } = await graph.ask('{ top { left } second { twin { left } } last { left } }')
  expect(data).toEqual({
    top: [{ left: 1 }, { left: 2 }, { left: 1 }],
    second: { twin: { left: 2 } },
    last: { left: null },
  })
  expect(asked()).toHaveLength(1)
  expect(representations(0)).toEqual([['1', '2', '3']])
})

test('different selections of one subgraph share a request under aliases', async () => {
  const { data, errors } = await graph.ask('{ top { left } last { soon } }')
  expect(data).toEqual({ top: [{ left: 1 }, { left: 2 }, { left: 1 }], last: { soon: 7 } })
  expect(errors).toBeUndefined()
  expect(representations(0)).toEqual([['1', '2'], ['3']])
})

test('what nothing waits for goes with a later request', async () => {
  const { data } = await graph.ask('{ top { left worth maker { best { left } } } }')
  expect(data.top[1]).toEqual({ left: 2, worth: 40, maker: { best: [{ left: 1 }, { left: 1 }, { left: 4 }] } })
  expect(asked()).toHaveLength(1)
})

test('an error under an alias is told at every place of its object, and only there', async () => {
  const { data, errors } = await graph.ask('{ top { left maker { best { soon } } } last { left } }')
  expect(data).toEqual({ top: [1, 2, 1].map((left) => ({ left, maker: null })), last: { left: null } })
  expect(errors?.map(({ message, path }) => `${message}: ${path.join('.')}`).sort()).toEqual([
    'not counted: last.left',
    'not known: top.0.maker.best.2.soon',
    'not known: top.1.maker.best.2.soon',
    'not known: top.2.maker.best.2.soon',
  ])
})

test('a selection that is switched off, or has no objects, is left out of the request', async () => {
  const query = 'query ($on: Boolean!) { top @include(if: $on) { left } last { soon } }'
  expect((await graph.ask(query, { on: false })).data).toEqual({ last: { soon: 7 } })
  expect(asked()[0]?.query).not.toContain('left')
  expect((await graph.ask(query, { on: true })).data.top).toHaveLength(3)
  expect(asked()[1]?.query).toContain('left')
})

test('variables of every selection come along, also those that are called like ours', async () => {
  const query = `query ($representations: String, $representations_0: String) {
    top { label(in: $representations) } last { other: label(in: $representations_0) }
  }`
  const { data } = await graph.ask(query, { representations: 'de', representations_0: 'fr' })
  expect(data).toEqual({ top: ['1 de', '2 de', '1 de'].map((label) => ({ label })), last: { other: '3 fr' } })
  expect(asked()).toHaveLength(1)
})
