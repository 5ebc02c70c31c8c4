import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { PrismaPg } from '@prisma/adapter-pg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Changes, SearchDocument } from '../engine.ts'
import { createEngine } from '../postgres-engine.ts'

const PRODUCTS = ['a', 'b', 'c'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`)
const SKUS = ['s1', 's2', 's3', 's4']

type Price = Changes['prices'][number]
type Stock = Changes['stocks'][number]
type Change = { product: SearchDocument } | { price: Price } | { stock: Stock }

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

function changeOf({ products, prices, stocks }: History, { kind, which, version }: History['told'][number]): Change {
  const at = which * 4 + version - 1
  const sku = SKUS[which] as string
  if (kind === 'price') return { price: { sku, version, ...(prices[at] ?? { minorUnits: null, currencyCode: null }) } }
  if (kind === 'stock') return { stock: { sku, version, available: stocks[at] as number } }
  const skus = products[(which % 3) * 4 + version - 1] as string[]
  const told = '2026-01-01T00:00:00.000Z'
  const productId = PRODUCTS[which % 3] as string
  const common = { brand: null, categories: [], attributes: [], popularity: 0, text: [] }
  return { product: { ...common, productId, version, skus, createdAt: told, updatedAt: told } }
}

const newest = <T extends { version: number }>(all: readonly T[], keyOf: (one: T) => string): T[] => [
  ...all
    .toSorted((a, b) => a.version - b.version)
    .reduce((kept, one) => kept.set(keyOf(one), one), new Map<string, T>())
    .values(),
]

function changesOf(changes: readonly Change[]): Changes {
  return {
    products: newest(
      changes.flatMap((change) => ('product' in change ? change.product : [])),
      ({ productId }) => productId,
    ),
    prices: newest(
      changes.flatMap((change) => ('price' in change ? change.price : [])),
      ({ sku }) => sku,
    ),
    stocks: newest(
      changes.flatMap((change) => ('stock' in change ? change.stock : [])),
      ({ sku }) => sku,
    ),
    asOf: '2026-01-01T00:00:00.000Z',
  }
}

/** What the index must know once it has heard everything. */
function derived({ products, prices, stocks }: Changes): unknown {
  const offers = products.flatMap(({ productId, skus }) => {
    const own = prices.filter(({ sku, minorUnits }) => skus.includes(sku) && minorUnits !== null)
    return ['EUR', 'USD'].flatMap((currencyCode) => {
      const amounts = own.flatMap((one) => (one.currencyCode === currencyCode ? Number(one.minorUnits) : []))
      return amounts.length > 0 ? { productId, currencyCode, minorUnits: BigInt(Math.min(...amounts)) } : []
    })
  })
  const availability = products.map(({ productId, skus }) => ({
    productId,
    inStock: stocks.some(({ sku, available }) => skus.includes(sku) && available > 0),
  }))
  return { offers, availability: availability.toSorted((a, b) => (a.productId < b.productId ? -1 : 1)) }
}

test('batches in any order, repeated and at the same time leave what the newest versions say', {
  timeout: 60_000,
}, async () => {
  const url = await testDatabase('search')
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) })
  whenDone(() => database.$disconnect())
  const engine = createEngine(database)
  const byProduct = { productId: 'asc' } as const

  await fc.assert(
    fc.asyncProperty(history, async (random) => {
      await database.$executeRaw`truncate document, document_sku, sku_price, sku_stock, offer, availability`
      const changes = random.told.map((one) => changeOf(random, one))
      const batches = Array.from({ length: Math.ceil(changes.length / random.batch) }, (_, i) =>
        changesOf(changes.slice(i * random.batch, (i + 1) * random.batch)),
      )
      await Promise.all(batches.map((batch) => engine.apply(batch)))
      const expected = derived(changesOf(changes)) as { offers: { productId: string; currencyCode: string }[] }
      expect({
        offers: await database.offer.findMany({ orderBy: [byProduct, { currencyCode: 'asc' }] }),
        availability: await database.availability.findMany({ orderBy: byProduct }),
      }).toEqual({
        ...expected,
        offers: expected.offers.toSorted((a, b) =>
          a.productId + a.currencyCode < b.productId + b.currencyCode ? -1 : 1,
        ),
      })
    }),
    { numRuns: 60 },
  )
})
