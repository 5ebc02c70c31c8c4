import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { openPlanning } from '@commerce/gateway/supergraph/planning.ts'
import { buildSchema, parse } from 'graphql'
import { expect, test } from 'vitest'
import type { Api } from '../api.ts'
import { explain } from './explain.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", "@listSize"])\n'
const services = {
  shelf: `type Query { products(first: Int, old: Int @deprecated(reason: "Use first.")): [Product!] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) }
    type Product @key(fields: "id") { id: ID! name: String title: String @deprecated(reason: "Use name.") }`,
  till: 'type Product @key(fields: "id") { id: ID! price: Int @cost(weight: 5) }',
}
const { supergraphSdl: supergraph = '' } = composeServices(
  Object.entries(services).map(([name, sdl]) => ({ name, url: `http://${name}`, typeDefs: parse(link + sdl) })),
)
const planning = openPlanning(supergraph)
const { apiSdl: sdl, contracts } = planning.describe()
const api: Api = { sdl, schema: buildSchema(sdl), supergraph, planning, contracts }
const settings = { listSize: 10, mutation: 10, variables: {} }

test('tells the requests and what they wait for, the cost, the owners, and what is deprecated', () => {
  const [page] = explain(api, 'query Page { products(first: 3, old: 1) { id title price } }', settings)
  expect(page).toMatchObject({
    operation: 'Page',
    type: 'query',
    cost: 3 * (1 + 5),
    steps: 2,
    owners: {
      'Query.products': ['shelf'],
      'Product.id': ['shelf', 'till'],
      'Product.title': ['shelf'],
      'Product.price': ['till'],
    },
    deprecated: { 'Product.title': 'Use name.', 'Query.products(old:)': 'Use first.' },
  })
  expect(page?.fetches.map(({ step, subgraph, path }) => [step, subgraph, path])).toEqual([
    [1, 'shelf', ''],
    [2, 'till', 'products.@'],
  ])
  expect(page?.plan).toContain('Fetch(service: "till")')
})

test('variables count for the cost, and each operation of a text is explained', () => {
  const text = 'query A($n: Int) { products(first: $n) { id } } query B { __typename }'
  const told = explain(api, text, { ...settings, variables: { n: 7 } })
  expect(told.map(({ operation, cost, fetches }) => [operation, cost, fetches.length])).toEqual([
    ['A', 7, 1],
    ['B', 0, 0],
  ])
})

test('says in one sentence, with its place, what is wrong with an operation', () => {
  expect(() => explain(api, 'query { produkts }', settings)).toThrow(
    'The operation is not valid: Cannot query field "produkts"',
  )
  expect(() => explain(api, '{ products {', settings)).toThrow(
    'The operation is not GraphQL: Syntax Error: Expected Name, found <EOF>. (line 1,',
  )
})

test.each([
  [[], 2, 'One operation is explained: a file, or its text in quotes. See --help.\n'],
  [['nowhere.graphql'], 1, 'There is no file "nowhere.graphql".\n'],
  [['{ __typename }', '--variables', '[]'], 2, '--variables takes a JSON object, not []. See --help.\n'],
])('with %j the command says so', (args, code, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([code, sentence])
})

test('the command explains an operation of this graph', () => {
  const text =
    '{ search(query: "mug", first: 3) { nodes { title variants(first: 5) { nodes { availability { status } } } } } }'
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), text], {
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(stdout).toMatch(/Variant\.availability +inventory/)
  expect(stdout).toMatch(/requests: 3 in 3 steps/)
})
