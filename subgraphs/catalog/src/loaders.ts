import { createBatch } from '@commerce/cache/batch.ts'
import type { Coherence } from '@commerce/cache/coherence.ts'
import { dependOn } from '@commerce/cache/dependencies.ts'
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
  children: BatchLoader<CategoryState[]>
  /** The UUIDs of a category and of all below it. */
  below: BatchLoader<string[]>
}

/** Reads each time, together with what is asked for in the same moment. */
export interface BatchLoader<V> {
  load(key: string): Promise<V | null>
}

/** Reads what never changes once it is there: slugs, the places of variants, categories with those above them. */
export type LastingLoader<V> = BatchLoader<V>

/** The tag of whatever products make: slugs, the places of variants, the category tree, lists. */
export const PRODUCTS = 'catalog.product.changed'
/** The tag of whatever any price can change. */
export const PRICES = 'catalog.price.changed'

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
      subjectOf: (id) => subjectOf(PRODUCTS, id),
      versionOf: ({ version }) => version,
      max: CACHED_PRODUCTS,
    }),
    price: createLoader({
      coherence,
      fetch: (skus) => readPrices(database, skus),
      subjectOf: (sku) => subjectOf(PRICES, sku),
      versionOf: ({ version }) => version,
      max: CACHED_PRICES,
    }),
    slug: lasting((slugs) => findSlugs(database, slugs), CACHED_PLACES),
    sku: lasting((skus) => findSkus(database, skus), CACHED_PLACES),
    variant: lasting((ids) => findVariants(database, ids), CACHED_PLACES),
    category: { load: async (id) => (await chain.load(id))?.at(-1) ?? null },
    categorySlug: lasting((slugs) => readCategorySlugs(database, slugs), CACHED_CATEGORIES),
    chain,
    children: tree((ids) => readChildren(database, ids)),
    below: tree((ids) => readDescendantIds(database, ids)),
  }
}

// A category appears with the product that needs it, and its event says nothing of the tree: what is below a category is not cached.
function tree<V>(fetch: (keys: readonly string[]) => Promise<readonly V[]>): BatchLoader<V> {
  const read = createBatch(async (keys) => {
    const values = await fetch(keys)
    return new Map(keys.map((key, i) => [key, values[i] as V]))
  })
  return {
    load(key) {
      dependOn(PRODUCTS)
      return read(key)
    },
  }
}

// What was found once is true for ever and depends on nothing; what was not found may come with any product.
function lasting<V>(
  fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  max: number,
): LastingLoader<V> {
  const found = new Map<string, V>()
  const read = createBatch(fetch)
  return {
    async load(key) {
      const known = found.get(key)
      if (known !== undefined) return known
      const value = await read(key)
      if (value === null) {
        dependOn(PRODUCTS)
        return null
      }
      const oldest = found.size >= max ? found.keys().next().value : undefined
      if (oldest !== undefined) found.delete(oldest)
      found.set(key, value)
      return value
    },
  }
}
