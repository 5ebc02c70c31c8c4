import type { WeightedText } from './words.ts'

/** A product as it is searched. */
export interface SearchDocument {
  productId: string
  version: number
  brand: string | null
  /** From the root down. */
  categories: readonly { id: string; slug: string; name: string }[]
  attributes: readonly { name: string; value: string }[]
  popularity: number
  createdAt: string
  updatedAt: string
  skus: readonly string[]
  text: WeightedText
}

/** The newest known state of each entity that changed, each with its version. */
export interface Changes {
  products: readonly SearchDocument[]
  prices: readonly { sku: string; version: number; minorUnits: number | null; currencyCode: string | null }[]
  stocks: readonly { sku: string; version: number; available: number }[]
  /** When the newest of these changes happened; RFC 3339. */
  asOf: string
}

export type Sort = 'RELEVANCE' | 'PRICE_ASC' | 'PRICE_DESC' | 'NEWEST' | 'POPULARITY'

/** What is searched for, checked and bounded. Empty lists and nulls filter nothing. */
export interface SearchRequest {
  /** As typed; blank finds everything. */
  query: string
  brands: readonly string[]
  categories: { ids: readonly string[]; slugs: readonly string[] }
  /** Minor units of the cheapest variant, both ends included. */
  priceMin: bigint | null
  priceMax: bigint | null
  currencyCode: string
  inStock: boolean | null
  attributes: readonly { name: string; values: readonly string[] }[]
}

/** Which hits to read: up to `limit` and one more, in the order or against it, beyond a position (the keys and id of a hit). */
export interface Slice {
  limit: number
  backward: boolean
  position: readonly [key1: string, key2: string, productId: string] | null
}

/** A found product; `keys` are its sort keys, for cursors. */
export interface Hit {
  productId: string
  keys: readonly [string, string]
}

/** How many products have a value; facets as in schema.graphql. A price's value is the number of its range. */
export interface ValueCount {
  facet: 'category' | 'brand' | 'price' | 'inStock' | 'attribute'
  /** Of an attribute: its name. */
  name: string | null
  value: string
  /** Of a category: its name. */
  label: string | null
  count: number
  selected: boolean
}

/** Everything that knows how searching is done; another engine takes over by offering the same. */
export interface SearchEngine {
  /** Takes changes in, in one step. What is older than what the index holds is dropped: any order, any number of times. */
  apply(changes: Changes): Promise<void>
  find(request: SearchRequest, sort: Sort, slice: Slice): Promise<Hit[]>
  count(request: SearchRequest): Promise<number>
  /** `priceEdges`: where price ranges begin, in minor units, ascending; range 0 lies below the first. */
  facets(request: SearchRequest, priceEdges: readonly number[]): Promise<ValueCount[]>
  asOf(): Promise<Date | null>
  documents(): Promise<number>
}
