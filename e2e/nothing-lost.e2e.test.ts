import { eventually, restartNats, testNats } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { ask, processOf, type Shop, staffToken, startShop, subscribe } from './shop.ts'

const ADJUST =
  'mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { stock { version } userErrors { message } } }'

async function adjust(shop: Shop, sku: string, delta: number): Promise<number> {
  const input = { sku, delta, reason: 'counted', idempotencyKey: crypto.randomUUID() }
  const { data, errors } = await ask(shop, ADJUST, { input }, staffToken(shop))
  expect(errors).toBeUndefined()
  expect(data.stockAdjust.userErrors).toEqual([])
  return data.stockAdjust.stock.version
}

test('a change committed while NATS is dead, by a process killed right after, reaches clients and search', async () => {
  const nats = await testNats()
  const shop = await startShop(undefined, { NATS_URL: nats.url })
  const { data } = await ask(shop, '{ products(first: 1) { nodes { id title variants(first: 1) { nodes { sku } } } } }')
  const [product] = data.products.nodes
  const { sku } = product.variants.nodes[0]
  const { payloads } = subscribe(
    shop,
    'subscription($skus: [String!]!) { availabilityChanged(skus: $skus) { version availability { status } } }',
    { skus: [sku] },
  )
  const seen = (): number => payloads.at(-1)?.data?.availabilityChanged.version ?? -1
  await adjust(shop, sku, 50)
  const before = await adjust(shop, sku, 1)
  await eventually('the client is up to date', () => seen() === before)

  await nats.kill()
  const version = await adjust(shop, sku, 7)
  process.kill(processOf(shop, 'subgraphs/inventory'), 'SIGKILL')

  await restartNats(nats)
  await eventually('the client has the change', () => seen() === version, 60_000)
  expect(payloads.map(({ data }) => data.availabilityChanged.version)).toEqual(
    payloads.map(({ data }) => data.availabilityChanged.version).toSorted((a, b) => a - b),
  )
  await eventually(
    'search has the change',
    async () => {
      const query = 'query($words: String!) { search(query: $words, filters: { inStock: true }) { nodes { id } } }'
      const { data } = await ask(shop, query, { words: product.title })
      return data?.search?.nodes.some(({ id }: { id: string }) => id === product.id)
    },
    60_000,
  )
  await shop.end('SIGINT')
}, 180_000)
