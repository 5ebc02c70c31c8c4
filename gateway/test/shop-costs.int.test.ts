import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { buildSchema, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { gatewayDefaults } from '../src/config.ts'
import { costNames, listSizeOf } from '../src/http/cost-directives.ts'
import { startGateway } from '../src/server.ts'
import { post } from './graph.ts'

const root = new URL('../../', import.meta.url)
const supergraph = fileURLToPath(new URL('schema/supergraph.graphql', root))
const [readme] = /query ProductPage .*?\n}\n/s.exec(readFileSync(new URL('README.md', root), 'utf8')) ?? []

/** The committed supergraph behind a gateway with this limit of cost; its subgraphs are not there. */
async function startShop(cost: number): Promise<(query: string) => ReturnType<typeof post>> {
  const limits = { ...gatewayDefaults.limits, cost }
  const gateway = await startGateway({ ...gatewayDefaults, port: 0, supergraph, limits }, createLog('test', 'silent'))
  whenDone(() => gateway.stop())
  return (query) => post(gateway.url, { query })
}

const pages = (args: string, of: string) => `{ products${args} { nodes { ${of} } } }`
const variants = 'variants(first: 100) { nodes { sku price { money { amount } } availability { status } } }'
const twoLevels = pages('(first: 100)', variants)
const threeLevels = pages('(first: 100)', `category { products(first: 100) { nodes { ${variants} } } }`)

// A gateway that allows nothing tells what each costs.
const askWithNothingAllowed = await startShop(0)
const ask = await startShop(gatewayDefaults.limits.cost)

test.each([
  ['a page of 100', pages('(first: 100)', 'title'), 101],
  ['the last 30', pages('(last: 30)', 'title'), 31],
  ['a page whose size is not said', pages('', 'title'), 21],
  ['a page with its cursors', '{ products(first: 5) { edges { cursor node { title } } pageInfo { endCursor } } }', 12],
  ['pages of 100 in a page of 100', twoLevels, 40_201],
  ['pages of 100 on three levels', threeLevels, 4_020_301],
  ['a search', '{ search(query: "mug", first: 3) { nodes { title } } }', 13],
  ['the availability of SKUs, as many as may be asked for', '{ availabilities(skus: ["A"]) { sku } }', 200],
  ['the prices of SKUs', '{ prices(skus: ["A"]) { sku } }', 200],
  ['nodes by their ids', '{ nodes(ids: ["A"]) { id } }', 100],
  ['the orders of a viewer', '{ orders { nodes { number } } }', 21],
  ["the README's product page", readme as string, 124],
])('%s costs as much as it may return', async (_what, query, cost) => {
  const { errors } = await askWithNothingAllowed(query)
  expect(errors?.[0].extensions).toEqual({ code: 'OPERATION_LIMIT', limit: 'cost', actual: cost, allowed: 0 })
})

test('pages of 100 are answered on two levels and refused on three', async () => {
  expect((await ask(twoLevels)).errors?.[0].extensions.code).toBe('SUBGRAPH_UNAVAILABLE')
  expect((await ask(threeLevels)).errors?.[0].extensions).toMatchObject({ limit: 'cost', actual: 4_020_301 })
})

test('every page and every list of keys says how long it may be', () => {
  const schema = buildSchema(readFileSync(supergraph, 'utf8'), { assumeValid: true, assumeValidSDL: true })
  const sizes = new Set(['first', 'ids', 'skus'])
  const silent = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => type !== schema.getSubscriptionType())
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type}.${field.name}`, field })))
    .filter(({ field }) => field.args.some(({ name }) => sizes.has(name)))
    .filter(({ field }) => !listSizeOf(field.astNode?.directives, costNames(schema)))
  expect(silent.map(({ name }) => name)).toEqual([])
})
