import type { Emit } from '@commerce/events/outbox.ts'
import { readChains } from '../category/repository.ts'
import type { Tx } from '../database.ts'
import { isSamePrice, listedPrice, type PriceState, type PriceValue, priceChanged } from '../price/price.ts'
import { readPricesOf, savePrices } from '../price/repository.ts'
import { type ProductState, productChanged, saysTheSame } from './product.ts'
import { insertProducts, lockProducts, readProducts, saveVariants, updateListed, updateProducts } from './repository.ts'

/** A product in the hands of one transaction: as it was, and as it will be saved. */
export interface Draft {
  /** Null: it is to be created. */
  before: ProductState | null
  after: ProductState
  /** The slugs that a new product may take, the preferred one first. */
  slugs: readonly string[]
  /** The prices of its variants by SKU, as they were. */
  prices: ReadonlyMap<string, PriceState>
  /** What shall become of prices, by SKU; a SKU that is not here keeps its price. */
  wanted: Map<string, PriceValue | null>
}

/** Locks products and reads them with their prices: until the transaction ends nobody else changes them. */
export async function takeDrafts(tx: Tx, ids: readonly string[]): Promise<Map<string, Draft>> {
  if (ids.length === 0) return new Map()
  await lockProducts(tx, ids)
  const products = await readProducts(tx, ids)
  const prices = Map.groupBy(await readPricesOf(tx, ids), ({ productId }) => productId)
  return new Map(
    products
      .filter((product) => product !== null)
      .map((product) => [
        product.id,
        {
          before: product,
          after: product,
          slugs: [],
          prices: new Map(prices.get(product.id)?.map((price) => [price.sku, price])),
          wanted: new Map(),
        },
      ]),
  )
}

/** What a variant of the draft will cost. */
export function draftPrice(draft: Draft, sku: string): PriceValue | null {
  return draft.wanted.get(sku) ?? (draft.wanted.has(sku) ? null : (draft.prices.get(sku)?.value ?? null))
}

/** Whether saving the draft would change the product or a variant. */
export function isChanged({ before, after }: Draft): boolean {
  return before === null || !saysTheSame(before, after)
}

/** Whether saving the draft would change the price of this SKU. A variant that never had a price does not lose one. */
export function isPriceChanged({ prices, wanted }: Draft, sku: string): boolean {
  return wanted.has(sku) && !isSamePrice(prices.get(sku)?.value ?? null, wanted.get(sku) ?? null)
}

/**
 * Saves what changed, whatever the number of drafts in a handful of statements, and appends one event for each changed product and
 * price. `now` is to be taken after the drafts: it is when the changes had their turn.
 */
export async function saveDrafts(tx: Tx, drafts: readonly Draft[], now: Date, emit: Emit): Promise<void> {
  const listedOf = (draft: Draft) => listedPrice(draft.after.variants.map(({ sku }) => draftPrice(draft, sku)))
  const fresh = drafts.filter(({ before }) => before === null)
  const changed = drafts.filter((draft) => draft.before !== null && isChanged(draft))
  const repriced = drafts.filter((draft) => [...draft.wanted.keys()].some((sku) => isPriceChanged(draft, sku)))

  const slugs =
    fresh.length > 0
      ? await insertProducts(
          tx,
          fresh.map((draft) => ({
            product: { ...draft.after, updatedAt: now },
            slugs: draft.slugs,
            listed: listedOf(draft),
          })),
        )
      : new Map<string, string>()
  const versions =
    changed.length > 0
      ? await updateProducts(
          tx,
          changed.map(({ before, after }) => ({ ...after, updatedAt: following(before?.updatedAt, now) })),
        )
      : new Map<string, number>()

  const saved = [...fresh, ...changed].map(({ before, after }) => ({
    ...after,
    slug: slugs.get(after.id) ?? after.slug,
    version: versions.get(after.id) ?? 1,
    createdAt: before?.createdAt ?? now,
    updatedAt: following(before?.updatedAt, now),
  }))
  if (saved.length > 0) {
    await saveVariants(
      tx,
      saved.flatMap(({ id, variants }) => variants.map((variant, position) => ({ productId: id, position, variant }))),
    )
    const chains = await categoryChains(tx, saved)
    for (const product of saved) emit(productChanged(product, chains.get(product.categoryId ?? '') ?? []))
  }
  if (repriced.length > 0) {
    const old = repriced.filter(({ before }) => before !== null)
    if (old.length > 0) {
      await updateListed(
        tx,
        old.map((draft) => ({ id: draft.after.id, listed: listedOf(draft) })),
      )
    }
    await saveNewPrices(tx, repriced, now, emit)
  }
}

// The clocks of two processes differ, and time must not go back where somebody asks for what changed since.
function following(before: Date | undefined, now: Date): Date {
  return before && before >= now ? new Date(before.getTime() + 1) : now
}

async function saveNewPrices(tx: Tx, drafts: readonly Draft[], now: Date, emit: Emit): Promise<void> {
  const prices = drafts.flatMap((draft) =>
    draft.after.variants
      .filter(({ sku }) => isPriceChanged(draft, sku))
      .map(({ id: variantId, sku }) => {
        const setAt = following(draft.prices.get(sku)?.setAt, now)
        return { sku, variantId, productId: draft.after.id, value: draftPrice(draft, sku), setAt }
      }),
  )
  const versions = await savePrices(tx, prices)
  for (const price of prices) emit(priceChanged({ ...price, version: versions.get(price.variantId) as number }))
}

async function categoryChains(tx: Tx, products: readonly ProductState[]) {
  const ids = [...new Set(products.flatMap(({ categoryId }) => categoryId ?? []))]
  return ids.length > 0 ? readChains(tx, ids) : new Map<string, never[]>()
}
