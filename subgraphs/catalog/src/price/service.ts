import { isSku } from '@commerce/service/sku.ts'
import type { Catalog } from '../catalog.ts'
import { untilNotOvertaken } from '../database.ts'
import { type Draft, saveDrafts, takeDrafts } from '../product/drafts.ts'
import { fullTitle } from '../product/product.ts'
import { findSkus, readProducts } from '../product/repository.ts'
import type { Problem } from '../product/text.ts'
import { type PriceWish, readPrice } from './price.ts'
import { readPrices } from './repository.ts'

/** How setting a price ends. */
export type PriceOutcome =
  | { outcome: 'saved'; productId: string }
  | { outcome: 'unknownSku' }
  | { outcome: 'invalid'; problem: Problem }
  | { outcome: 'conflict'; version: number }

/** Sets what a variant costs, or with null takes its price away; the same price again changes nothing. */
export async function setPrice(
  catalog: Catalog,
  { sku, price, expectedVersion }: { sku: string; price: PriceWish | null; expectedVersion: number | null },
): Promise<PriceOutcome> {
  const value = price && readPrice(['price'], price)
  if (value && 'path' in value) return { outcome: 'invalid', problem: value }
  if (!isSku(sku)) return { outcome: 'unknownSku' }
  const place = (await findSkus(catalog.database, [sku])).get(sku)
  if (!place) return { outcome: 'unknownSku' }
  return untilNotOvertaken(() =>
    catalog.transact(async (tx, emit) => {
      const draft = (await takeDrafts(tx, [place.productId])).get(place.productId) as Draft
      const version = draft.prices.get(sku)?.version ?? 0
      if (expectedVersion !== null && expectedVersion !== version) return { outcome: 'conflict', version }
      draft.wanted.set(sku, value)
      await saveDrafts(tx, [draft], catalog.now(), emit)
      return { outcome: 'saved', productId: place.productId }
    }),
  )
}

/** What these SKUs are called and cost right now, read from the database; a SKU that does not exist is left out. */
export async function quote(
  { database }: Pick<Catalog, 'database'>,
  skus: readonly string[],
): Promise<
  { sku: string; title: string; price: { minorUnits: number; currencyCode: string } | null; version: number }[]
> {
  const places = await findSkus(database, skus)
  const [products, prices] = await Promise.all([
    readProducts(database, [...new Set([...places.values()].map(({ productId }) => productId))]),
    readPrices(database, skus),
  ])
  const byId = new Map(products.map((product) => [product?.id, product]))
  const bySku = new Map(prices.map((price) => [price?.sku, price]))
  return [...places].flatMap(([sku, { productId, variantId }]) => {
    const product = byId.get(productId)
    const variant = product?.variants.find(({ id }) => id === variantId)
    if (!product || !variant) return []
    const state = bySku.get(sku)
    return [
      {
        sku,
        title: fullTitle(product, variant),
        price: state?.value
          ? { minorUnits: Number(state.value.minorUnits), currencyCode: state.value.currencyCode }
          : null,
        version: state?.version ?? 0,
      },
    ]
  })
}
