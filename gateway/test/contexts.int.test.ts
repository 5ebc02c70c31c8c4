import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startGraph, type TestGraph } from './graph.ts'

const users = [
  { id: '1', currency: { code: 'EUR' }, bossId: '2' },
  { id: '2', currency: { code: 'USD' }, bossId: null },
  { id: '3', currency: { code: 'EUR' }, bossId: '2' },
  { id: '4', currency: null, bossId: null },
]
const userOf = ({ id }: { id: string }) => users.find((user) => user.id === id)
const orders = [{ id: 'a' }, { id: 'b' }]

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph({
    shop: {
      typeDefs: `
        type Query { users: [User!]! company: Company owners: [Owner!]! }
        union Owner = User | Company
        type User @key(fields: "id") @context(name: "money") {
          id: ID! currency: Currency boss: User orders: [Order!]! pages: [[Order!]!]!
        }
        type Company @key(fields: "id") @context(name: "money") { id: ID! currency: Currency settings: Settings orders: [Order!]! }
        type Settings { code: String }
        type Currency { code: String }
        type Order @key(fields: "id") {
          id: ID!
          twin: Order
          total(
            currency: String @fromContext(field: "$money ... on User { currency { code } } ... on Company { settings { code } }")
            digits: Int
          ): String
        }
      `,
      resolvers: {
        Query: { users: () => users, company: () => ({ id: 'c' }), owners: () => [users[0], { id: 'c' }] },
        Owner: { __resolveType: ({ id }: { id: string }) => (id === 'c' ? 'Company' : 'User') },
        User: {
          __resolveReference: userOf,
          boss: ({ bossId }: { bossId: string | null }) => bossId && userOf({ id: bossId }),
          orders: () => orders,
          pages: () => [orders, [orders[0]]],
        },
        Company: { currency: () => ({ code: 'GBP' }), settings: () => ({ code: 'CHF' }), orders: () => orders },
        Order: {
          __resolveReference: (ref: object) => ref,
          twin: ({ id }: { id: string }) => ({ id: `${id}'` }),
          total: ({ id }: { id: string }, { currency, digits }: { currency?: string | null; digits?: number }) =>
            `${id} in ${currency}${digits ? ` with ${digits}` : ''}`,
        },
      },
    },
    history: {
      typeDefs:
        'type User @key(fields: "id") { id: ID! past: [Order!]! } type Order @key(fields: "id") { id: ID! note: String }',
      resolvers: {
        User: { __resolveReference: (ref: object) => ref, past: () => orders },
        Order: { __resolveReference: (ref: object) => ref, note: ({ id }: { id: string }) => `note ${id}` },
      },
    },
  })
})
afterAll(() => graph.stop())
beforeEach(() => {
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0
})

async function ask(query: string, variables?: Record<string, unknown>) {
  const { data, errors } = await graph.ask(query, variables)
  expect(errors).toBeUndefined()
  return data
}

const inCurrency = (code: string | null) => orders.map(({ id }) => ({ total: `${id} in ${code}` }))

test('an argument takes its value from where its object stands, also for equal objects', async () => {
  const data = await ask('{ users { orders { total } } }')
  expect(data.users.map((user: { orders: object[] }) => user.orders)).toEqual(
    ['EUR', 'USD', 'EUR', null].map(inCurrency),
  )
})

test('objects in equal contexts are asked for together', async () => {
  await ask('{ users { orders { total } } }')
  const told = graph.subgraphs.shop?.requests.slice(1).map(({ variables }) => Object.values(variables))
  const representations = orders.map(({ id }) => ({ __typename: 'Order', id }))
  expect(told?.map((values) => new Set(values))).toEqual(
    ['EUR', 'USD', null].map((code) => new Set([code, representations])),
  )
})

test('the type of the object above decides where the value is', async () => {
  expect(await ask('{ company { orders { total(digits: 2) } } }')).toEqual({
    company: { orders: orders.map(({ id }) => ({ total: `${id} in CHF with 2` })) },
  })
})

test('objects of several types have each their own context', async () => {
  const query = '{ owners { ... on User { orders { total } } ... on Company { currency { code } orders { total } } } }'
  expect((await ask(query)).owners).toEqual([
    { orders: inCurrency('EUR') },
    { currency: { code: 'GBP' }, orders: inCurrency('CHF') },
  ])
})

test('equal objects keep their contexts when another subgraph is asked for them too', async () => {
  const data = await ask('{ users { orders { note total } } }')
  expect(data.users.map((user: { orders: object[] }) => user.orders[0])).toEqual(
    ['EUR', 'USD', 'EUR', null].map((code) => ({ note: 'note a', total: `a in ${code}` })),
  )
})

test('the nearest context counts', async () => {
  const data = await ask('{ users { boss { orders { total } } orders { total } } }')
  expect(data.users[0]).toEqual({ boss: { orders: inCurrency('USD') }, orders: inCurrency('EUR') })
})

test('objects that another subgraph found, or that are further below, know their context', async () => {
  const data = await ask('{ users { past { total note twin { total } } pages { total } } }')
  expect(data.users[1].past[0]).toEqual({ total: 'a in USD', note: 'note a', twin: { total: "a' in USD" } })
  expect(data.users[2].past[1]).toEqual({ total: 'b in EUR', note: 'note b', twin: { total: "b' in EUR" } })
  expect(data.users[0].pages).toEqual([inCurrency('EUR'), [{ total: 'a in EUR' }]])
})

test('aliases, conditions and a variable of the same name change nothing', async () => {
  const query =
    'query ($contextualArgument_2_0: Int, $yes: Boolean!) { users { currency: id id: currency { n: code } orders { a: total b: total(digits: $contextualArgument_2_0) c: total @include(if: $yes) } } }'
  const data = await ask(query, { contextualArgument_2_0: 3, yes: false })
  expect(data.users[1]).toEqual({
    currency: '2',
    id: { n: 'USD' },
    orders: orders.map(({ id }) => ({ a: `${id} in USD`, b: `${id} in USD with 3` })),
  })
})

test('clients neither see nor set a contextual argument', async () => {
  const { errors } = await graph.ask('{ users { orders { total(currency: "GBP") } } }')
  expect(errors?.[0].message).toContain('Unknown argument "currency"')
})
