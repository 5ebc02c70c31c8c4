import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { type Harness, startHarness } from '../../test/harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})

async function found(query: string, filters: object = {}): Promise<number> {
  const { data } = await harness.graphql<{ search: { totalCount: number } }>(
    'query ($query: String, $filters: SearchFilters) { search(query: $query, filters: $filters) { totalCount } }',
    { query, filters },
  )
  return data?.search.totalCount ?? -1
}

async function everything(): Promise<unknown> {
  const { database } = harness
  return [
    await database.productDocument.findMany({ orderBy: { productId: 'asc' } }),
    await database.variantPrice.findMany({ orderBy: { sku: 'asc' } }),
    await database.variantStock.findMany({ orderBy: { sku: 'asc' } }),
  ]
}

/** Which stored row the document is: another one once it has been written again. */
async function storedRow(id: string): Promise<unknown> {
  return harness.database.$queryRaw`select xmin::text, ctid::text from product_document where product_id = ${id}::uuid`
}

test('a product is found under what its newest event says, whichever arrives last', async () => {
  const id = randomUUID()
  await harness.publish([product({ id, version: 3, title: 'zircon' })])
  await harness.indexed()
  await harness.publish([product({ id, version: 2, title: 'quartz' })])
  await harness.indexed()
  expect([await found('zircon'), await found('quartz')]).toEqual([1, 0])
  await harness.publish([product({ id, version: 4, title: 'quartz' })])
  await harness.indexed()
  expect([await found('zircon'), await found('quartz')]).toEqual([0, 1])
})

test('price and stock that come before their product are waiting for it', async () => {
  await harness.publish([price('early-1', 1234), stock('early-1', 3)])
  await harness.indexed()
  await harness.publish([product({ title: 'earlybird', sku: 'early-1' })])
  await harness.indexed()
  expect(await found('earlybird', { priceMin: '12.34', priceMax: '12.34', inStock: true })).toBe(1)
})

test('old prices and stock are dropped, per SKU', async () => {
  await harness.publish([product({ title: 'latecomer', sku: 'late-1' })])
  await harness.publish([price('late-1', 500, { version: 5 }), stock('late-1', 0, 9)])
  await harness.indexed()
  await harness.publish([price('late-1', 100, { version: 4 }), stock('late-1', 50, 8)])
  await harness.indexed()
  expect(await found('latecomer', { priceMin: '5', priceMax: '5', inStock: false })).toBe(1)
})

test('a price or stock change leaves the stored document alone', async () => {
  const id = randomUUID()
  await harness.publish([product({ id, title: 'untouched', sku: 'fast-1' }), price('fast-1', 100), stock('fast-1', 1)])
  await harness.indexed()
  const before = await storedRow(id)
  await harness.publish([price('fast-1', 200, { version: 2 }), stock('fast-1', 0, 2)])
  await harness.indexed()
  expect(await found('untouched', { priceMin: '2', inStock: false })).toBe(1)
  expect(await storedRow(id)).toEqual(before)
})

test('a price that is taken away, and another currency, are no price', async () => {
  await harness.publish([product({ title: 'priceless', sku: 'gone-1' }), price('gone-1', 100)])
  await harness.indexed()
  expect(await found('priceless', { priceMax: '1' })).toBe(1)
  expect(await found('priceless', { priceMax: '1', currency: 'EUR' })).toBe(0)
  await harness.publish([price('gone-1', null, { version: 2 })])
  await harness.indexed()
  expect(await found('priceless', { priceMin: '0' })).toBe(0)
})

test('a SKU that moves to another product takes its price and stock along, whichever product is told first', async () => {
  const [from, to] = [randomUUID(), randomUUID()]
  const variant = { id: randomUUID(), sku: 'moved-1', title: '', options: [] }
  await harness.publish([
    product({ id: from, title: 'mover', variants: [variant] }),
    price('moved-1', 700),
    stock('moved-1', 1),
  ])
  await harness.indexed()
  await harness.publish([product({ id: to, title: 'taker', variants: [variant] })])
  await harness.indexed()
  await harness.publish([product({ id: from, title: 'mover', version: 2, variants: [] })])
  await harness.indexed()
  expect(await found('taker', { priceMin: '7', inStock: true })).toBe(1)
  expect([await found('mover', { priceMin: '7' }), await found('mover', { inStock: true })]).toEqual([0, 0])
})

test('hearing everything again, backwards, changes nothing', async () => {
  const events = Array.from({ length: 60 }, (_, i) => {
    const id = randomUUID()
    const sku = `replay-${i}`
    return [
      product({ id, sku, title: `replay ${i}` }),
      product({ id, sku, version: 2, title: `replay again ${i}` }),
      price(sku, i),
      price(sku, i * 2, { version: 2 }),
      stock(sku, i % 3),
      stock(sku, i % 2, 2),
    ]
  }).flat()
  await harness.publish(events)
  await harness.indexed()
  const before = await everything()
  await harness.publish([...events].reverse())
  await harness.indexed()
  expect(await everything()).toEqual(before)
  expect(await found('replay again')).toBe(60)
})

test('values that are too long for a database index do not stop it', async () => {
  await harness.publish([
    product({
      title: 'longwinded',
      brand: 'x'.repeat(9_000),
      attributes: [{ name: 'n', value: 'y'.repeat(9_000) }],
    }),
  ])
  await harness.indexed()
  expect(await found('longwinded')).toBe(1)
})

test('staff see how far the index is; others do not', async () => {
  const STATUS = '{ searchStatus { lag documents asOf } }'
  const { data } = await harness.graphql<{ searchStatus: { lag: number; documents: number; asOf: string } }>(
    STATUS,
    {},
    ['catalog:write'],
  )
  expect(data?.searchStatus).toMatchObject({ lag: 0, documents: await harness.database.productDocument.count() })
  expect(Math.abs(Date.now() - Date.parse(data?.searchStatus.asOf ?? ''))).toBeLessThan(60_000)
  expect((await harness.graphql(STATUS)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  expect((await harness.graphql(STATUS, {}, ['inventory:write'])).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})
