import { afterEach, expect, test } from 'vitest'
import type { SearchCluster } from '../cluster.ts'
import { changes } from '../contract.ts'
import { openCluster } from './cluster.ts'
import { type Answers, createTestServer } from './test-server.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function clusterWith(answers: Answers): Promise<SearchCluster & { asked: string[] }> {
  const server = await createTestServer(answers)
  const cluster = openCluster({ url: server.url, prefix: 'shop', shards: 2, replicas: 0 })
  ends.push(cluster.close, server.close)
  return {
    ...cluster,
    get asked() {
      return server.asked.map(({ request }) => request)
    },
  }
}

const acknowledged = () => ({ body: { acknowledged: true } })
const missing = () => ({ status: 404, body: { error: 'alias [shop-products] missing', status: 404 } })

test('generations are known by the names of their indices, whether or not they are searched', async () => {
  const cluster = await clusterWith({
    'GET /_alias/shop-products': () => ({ body: { 'shop-products-12': { aliases: { 'shop-products': {} } } } }),
    'GET /shop-products-*/_alias': () => ({
      body: {
        'shop-products-12': { aliases: { 'shop-products': {} } },
        'shop-products-13': { aliases: {} },
        'shop-products-of-somebody': { aliases: {} },
      },
    }),
  })
  expect(await cluster.searched()).toBe(12)
  expect(await cluster.generations()).toEqual([12, 13])
  const empty = await clusterWith({
    'GET /_alias/shop-products': missing,
    'GET /shop-products-*/_alias': () => ({ body: {} }),
  })
  expect([await empty.searched(), await empty.generations()]).toEqual([null, []])
})

test('a generation has its templates before its indices, and loses all of them when it is dropped', async () => {
  const kinds = ['products', 'skus', 'state']
  const cluster = await clusterWith({
    ...Object.fromEntries(kinds.map((kind) => [`POST /_index_template/shop-${kind}`, acknowledged])),
    ...Object.fromEntries(kinds.map((kind) => [`PUT /shop-${kind}-3`, acknowledged])),
    ...Object.fromEntries(kinds.map((kind) => [`DELETE /shop-${kind}-3`, acknowledged])),
  })
  await cluster.create(3)
  await cluster.drop(3)
  expect(cluster.asked).toEqual([
    ...kinds.map((kind) => `POST /_index_template/shop-${kind}`),
    ...kinds.map((kind) => `PUT /shop-${kind}-3`),
    ...kinds.map((kind) => `DELETE /shop-${kind}-3`),
  ])
})

test('what a cluster cannot do now is told from what it refuses', async () => {
  const error = (status: number, type: string) => () => ({ status, body: { error: { type, reason: type }, status } })
  const item = (status: number, type: string) => ({ update: { _id: 'x', status, error: { type, reason: type } } })
  const answers: Record<string, Answers> = {
    busy: { 'GET /_alias/shop-products': error(503, 'no_shard_available_action_exception') },
    refused: { 'GET /_alias/shop-products': error(400, 'illegal_argument_exception') },
    'no index': { 'POST /shop-products/_count': error(404, 'index_not_found_exception') },
    'bulk, in part too busy': {
      'PUT /shop-state/_bulk': () => ({
        body: {
          errors: true,
          items: [item(400, 'mapper_parsing_exception'), item(429, 'rejected_execution_exception')],
        },
      }),
    },
    'bulk, refused': {
      'PUT /shop-state/_bulk': () => ({ body: { errors: true, items: [item(400, 'mapper_parsing_exception')] } }),
    },
  }
  const told: Record<string, boolean> = {}
  for (const [name, given] of Object.entries(answers)) {
    const cluster = await clusterWith(given)
    const ask = name.startsWith('bulk')
      ? () => cluster.engine().apply(changes({}))
      : name === 'no index'
        ? () => cluster.engine().documents()
        : () => cluster.searched()
    const reason = await Promise.resolve(ask()).then(
      () => 'nothing',
      (error: unknown) => error,
    )
    expect(reason, name).toBeInstanceOf(Error)
    told[name] = cluster.isUnavailable(reason)
  }
  const nobody = openCluster({ url: 'http://127.0.0.1:1', prefix: 'shop', shards: 1, replicas: 0 })
  ends.push(nobody.close)
  const reason = await nobody.searched().catch((error: unknown) => error)
  told['nobody there'] = nobody.isUnavailable(reason)
  expect(told).toEqual({
    busy: true,
    refused: false,
    'no index': true,
    'bulk, in part too busy': true,
    'bulk, refused': false,
    'nobody there': true,
  })
})
