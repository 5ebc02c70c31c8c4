import { createCoherence } from '@commerce/cache/coherence.ts'
import { createLoader } from '@commerce/cache/loader.ts'
import { expect, it } from 'vitest'
import { stockResolvers } from './resolvers.ts'
import type { Stock } from './stock.ts'

const notSkus = ['', ' A', 'A\tB', 'nul\u0000', ...Array.from({ length: 100 }, (_, i) => '.'.repeat(4_900 - i))]

function context() {
  const stocks = createLoader<string, Stock>({
    coherence: createCoherence(),
    fetch: async (skus) => skus.map(() => null),
    subjectOf: String,
    versionOf: ({ version }) => version,
    max: 10,
  })
  return { viewer: { id: 'staff', scopes: ['inventory:read'] }, stocks }
}

it('what cannot be a SKU is answered as never stocked, without asking the loader', async () => {
  const { Query, Variant } = stockResolvers
  const { viewer, stocks } = context()
  const answers: Stock[] = await Query.availabilities(null, { skus: notSkus }, { viewer, stocks })
  expect(answers.map(({ sku, version }) => [sku, version])).toEqual(notSkus.map((sku) => [sku, 0]))
  for (const sku of notSkus) {
    expect(await Query.stock(null, { sku }, { viewer, stocks })).toBeNull()
    const variant = Variant.__resolveReference({ sku })
    expect(await Variant.availability(variant, {}, { viewer, stocks })).toMatchObject({ status: 'OUT_OF_STOCK' })
  }
  expect(stocks.stats).toEqual({ hits: 0, misses: 0, bypassed: 0, refused: 0 })
})

it('what can be a SKU is asked for', async () => {
  const { viewer, stocks } = context()
  await stockResolvers.Query.availabilities(null, { skus: ['A', 'B.*'] }, { viewer, stocks })
  expect(stocks.stats.bypassed).toBe(2)
})
