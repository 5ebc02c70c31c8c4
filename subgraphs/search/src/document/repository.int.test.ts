import { randomUUID } from 'node:crypto'
import type { CommerceEvent, NewEvent } from '@commerce/events/contracts.ts'
import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { createLog } from '@commerce/service/log.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import fc from 'fast-check'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { order, price, product, stock } from '../../test/events.ts'
import { createResidentEngine } from '../engine/resident/engine.ts'
import { loadGeneration } from '../projection/load.ts'
import { createProjectionRepository } from '../projection/repository.ts'
import { searching } from '../projection/verify.ts'
import { changesFrom, factsFrom } from './document.ts'
import { createStore, type DocumentStore } from './repository.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let database: PrismaClient
let store: DocumentStore
let generations: ReturnType<typeof createProjectionRepository>

beforeAll(async () => {
  const url = await testDatabase('search')
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 6 }) })
  whenDone(() => database.$disconnect())
  store = createStore(database)
  generations = createProjectionRepository(database)
})

beforeEach(async () => {
  await database.$executeRaw`truncate generation, product_document, variant_price, variant_stock, counted_order, variant_sales`
  await generations.ensureLive(async () => {})
})

const liveId = async (): Promise<number> => (await generations.live())?.id as number
const facts = (events: readonly NewEvent[]) =>
  factsFrom(events.map((one) => ({ ...one, time: '2026-01-01T00:00:00.000Z' }) as unknown as CommerceEvent))
const take = (events: readonly NewEvent[], now = Date.now()) => store.apply(facts(events), 1, now)

const IDS = ['a', 'b', 'c'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`)
const SKUS = ['s1', 's2', 's3', 's4']
const version = fc.integer({ min: 1, max: 4 })
/** One history: an entity says the same thing about a version however often it is told. */
const history = fc.record({
  products: fc.array(fc.subarray(SKUS), { minLength: 12, maxLength: 12 }),
  prices: fc.array(fc.option(fc.record({ minorUnits: fc.nat(9), currencyCode: fc.constantFrom('USD', 'EUR') })), {
    minLength: 16,
    maxLength: 16,
  }),
  stocks: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 16, maxLength: 16 }),
  told: fc.array(fc.record({ kind: fc.constantFrom('product', 'price', 'stock'), which: fc.nat(3), version }), {
    minLength: 1,
    maxLength: 60,
  }),
  batch: fc.integer({ min: 1, max: 15 }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

function eventOf({ products, prices, stocks }: History, { kind, which, version }: History['told'][number]): NewEvent {
  const at = which * 4 + version - 1
  const sku = SKUS[which] as string
  if (kind === 'price') {
    const { minorUnits = null, currencyCode = 'USD' } = prices[at] ?? {}
    return price(sku, minorUnits, { version, currencyCode })
  }
  if (kind === 'stock') return stock(sku, stocks[at] as number, version)
  const own = products[(which % 3) * 4 + version - 1] as string[]
  const variants = own.map((one) => ({ id: IDS[0] as string, sku: one, title: one, options: [] }))
  return product({ id: IDS[which % 3] as string, version, title: `thing ${version}`, variants })
}

test('batches in any order, repeated and at the same time leave what the newest versions say', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (random) => {
      await database.$executeRaw`truncate product_document, variant_price, variant_stock`
      const events = random.told.map((one) => eventOf(random, one))
      const batches = Array.from({ length: Math.ceil(events.length / random.batch) }, (_, i) =>
        events.slice(i * random.batch, (i + 1) * random.batch),
      )
      await Promise.all(batches.map((batch) => take(batch)))

      const expected = changesFrom(facts(events))
      const live = await liveId()
      const bySku = (a: { sku: string }, b: { sku: string }) => (a.sku < b.sku ? -1 : 1)
      expect((await store.prices(live, null, 10)).rows).toEqual(expected.prices.toSorted(bySku))
      expect((await store.stocks(live, null, 10)).rows).toEqual(expected.stocks.toSorted(bySku))
      const products = (await store.documents(live, null, 10)).rows
      expect(products).toEqual(expected.products.toSorted((a, b) => (a.productId < b.productId ? -1 : 1)))
    }),
    { numRuns: 60 },
  )
})

test('what is loaded from the store, page by page, is what was taken in', { timeout: 60_000 }, async () => {
  const events = Array.from({ length: 45 }, (_, i) => [
    product({ sku: `load ${i}`, title: `thing ${i % 7}` }),
    price(`load ${i}`, i * 10),
    stock(`load ${i}`, i % 3),
  ]).flat()
  await take(events)
  const [direct, loaded] = [createResidentEngine(), createResidentEngine()]
  await direct.apply(changesFrom(facts(events)))
  const log = createLog('search', 'silent')
  const asOf = '2026-01-01T00:00:00.000Z'
  const rows = await loadGeneration(store, await liveId(), loaded, { asOf, now: Date.now(), page: 10, log })
  expect(rows).toBe(45 * 3)
  for (const query of ['', 'thing 3', 'load 14']) {
    const price_ = { min: 100n, max: null, currencyCode: 'USD' }
    const request = { ...searching(query), sort: 'PRICE_ASC' as const }
    for (const one of [request, { ...request, filters: { ...request.filters, price: price_, inStock: true } }]) {
      const [a, b] = [await direct.search(one), await loaded.search(one)]
      expect(b.hits.map(({ productId }) => productId)).toEqual(a.hits.map(({ productId }) => productId))
      expect([b.totalCount, b.asOf]).toEqual([a.totalCount, a.asOf])
      expect(a.totalCount).toBeGreaterThan(0)
    }
  }
})

test('an order counts once, by product, for as long as it is recent', async () => {
  const now = Date.parse('2026-06-30T12:00:00.000Z')
  const id = randomUUID()
  const ordered = (daysAgo: number, quantity: number) =>
    order(Array(quantity).fill('sold-1'), new Date(now - daysAgo * DAY_MS).toISOString())
  const first = ordered(1, 3)
  await take([product({ id, sku: 'sold-1' }), first, ordered(2, 4), ordered(40, 50)], now)
  await take([first], now)
  const live = await liveId()
  expect(await store.sales(live, 0, now)).toEqual([{ productId: id, units: 7 }])
  expect(await store.sales(live, now + 1, now)).toEqual([])
  expect(await store.sales(live, 0, now + 35 * DAY_MS)).toEqual([{ productId: id, units: 0 }])
  await store.sweep(now + 200 * DAY_MS)
  expect(await database.countedOrder.count()).toBe(0)
})

test('text that a database cannot hold is kept without what is wrong with it', async () => {
  await take([product({ id: IDS[0] as string, title: 'nul \0 half \ud800 whole 😀', sku: 'odd' })])
  const { rows } = await store.documents(await liveId(), null, 1)
  expect(rows[0]?.title).toBe('nul  half  whole 😀')
})
