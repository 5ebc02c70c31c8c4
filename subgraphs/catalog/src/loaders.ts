import { type Coherence, createCoherence } from '@commerce/cache/coherence.ts'
import { createLoader, type Loader } from '@commerce/cache/loader.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import type { CategoryState } from './category/category.ts'
import { readCategorySlugs, readChains, readChildren, readDescendantIds } from './category/repository.ts'
import type { Reader } from './database.ts'
import type { PriceState } from './price/price.ts'
import { readPrices } from './price/repository.ts'
import type { ProductState } from './product/product.ts'
import { findSkus, findSlugs, findVariants, readProducts, type VariantPlace } from './product/repository.ts'

/** How the catalog is read: batched over all requests of the process; products and prices through caches that events keep exact. */
export interface Loaders {
  /** A product with its variants, by its UUID. */
  product: Loader<string, ProductState>
  /** The price of a SKU; null when it never had one. */
  price: Loader<string, PriceState>
  /** The UUID of the product with a slug. */
  slug: LastingLoader<string>
  /** Where a SKU is. */
  sku: LastingLoader<VariantPlace>
  /** Where a variant is, by its UUID. */
  variant: LastingLoader<VariantPlace>
  /** A category, by its UUID. */
  category: LastingLoader<CategoryState>
  /** The category with a slug. */
  categorySlug: LastingLoader<CategoryState>
  /** The way down to a category, itself included. */
  chain: LastingLoader<readonly CategoryState[]>
  /** The children of a category by name; of the tree for `''`. */
  children: Loader<string, CategoryState[]>
  /** The UUIDs of a category and of all below it. */
  below: Loader<string, string[]>
}

/** Reads what never changes once it is there: slugs, the places of variants, categories with those above them. */
export interface LastingLoader<V> {
  load(key: string): Promise<V | null>
}

const CACHED_PRODUCTS = 20_000
const CACHED_PRICES = 100_000
const CACHED_PLACES = 100_000
const CACHED_CATEGORIES = 20_000

/** Makes the loaders of the process. */
export function createLoaders(database: Reader, coherence: Coherence): Loaders {
  const chain = lasting((ids) => readChains(database, ids), CACHED_CATEGORIES)
  return {
    product: createLoader({
      coherence,
      fetch: (ids) => readProducts(database, ids),
      subjectOf: (id) => subjectOf('catalog.product.changed', id),
      versionOf: ({ version }) => version,
      max: CACHED_PRODUCTS,
    }),
    price: createLoader({
      coherence,
      fetch: (skus) => readPrices(database, skus),
      subjectOf: (sku) => subjectOf('catalog.price.changed', sku),
      versionOf: ({ version }) => version,
      max: CACHED_PRICES,
    }),
    slug: lasting((slugs) => findSlugs(database, slugs), CACHED_PLACES),
    sku: lasting((skus) => findSkus(database, skus), CACHED_PLACES),
    variant: lasting((ids) => findVariants(database, ids), CACHED_PLACES),
    category: { load: async (id) => (await chain.load(id))?.at(-1) ?? null },
    categorySlug: lasting((slugs) => readCategorySlugs(database, slugs), CACHED_CATEGORIES),
    chain,
    children: batched((ids) => readChildren(database, ids)),
    below: batched((ids) => readDescendantIds(database, ids)),
  }
}

// No event says that a category appeared, so what is below one is not cached: a loader that never serves from its cache only batches.
function batched<V>(fetch: (keys: readonly string[]) => Promise<readonly (V | null)[]>): Loader<string, V> {
  return createLoader({ coherence: createCoherence(), fetch, subjectOf: (key) => key, versionOf: () => 0, max: 1 })
}

// What was found once is true for ever; what was not found may come.
function lasting<V>(
  fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  max: number,
): LastingLoader<V> {
  const found = new Map<string, V>()
  const reader = batched(async (keys: readonly string[]) => {
    const values = await fetch(keys)
    return keys.map((key) => values.get(key) ?? null)
  })
  return {
    async load(key) {
      const known = found.get(key)
      if (known !== undefined) return known
      const value = await reader.load(key)
      if (value === null) return null
      const oldest = found.size >= max ? found.keys().next().value : undefined
      if (oldest !== undefined) found.delete(oldest)
      found.set(key, value)
      return value
    },
  }
}
