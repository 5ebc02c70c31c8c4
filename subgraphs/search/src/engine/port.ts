/*
 * What searching is, whoever does it. Long because it is the contract of two engines and four callers, and says each bound.
 * A caller bounds what shoppers send (see `BOUNDS`); an engine treats whatever arrives within the types without failing.
 */

/** How much of everything there may be; callers refuse what is above, engines read no further. */
export const BOUNDS = {
  queryCharacters: 200,
  queryWords: 16,
  /** Values of one filter list, attribute filters, facet names, boosts. */
  listValues: 50,
  pageHits: 100,
  valuesPerFacet: 100,
  suggestions: 20,
  pins: 50,
  synonyms: 10_000,
} as const

/** A product as it is searched. */
export interface SearchDocument {
  productId: string
  version: number
  title: string
  description: string | null
  brand: string | null
  /** From the root down. */
  categories: readonly { id: string; slug: string; name: string }[]
  /** Attributes and variant options. A value that begins with a number ("32 GB") can also be filtered by range. */
  attributes: readonly { name: string; value: string }[]
  variants: readonly { sku: string; title: string }[]
  /** Any number; what is not finite counts as 0. */
  popularity: number
  /** RFC 3339. */
  createdAt: string
  updatedAt: string
}

/** What a SKU costs: `null` money means that it has no price any more. */
export interface PriceChange {
  sku: string
  version: number
  money: { minorUnits: number; compareAtMinorUnits: number | null; currencyCode: string } | null
}

/** Units of a SKU that can be sold. `sellable`: some are available, or a policy (backorder, pre-order) still promises them. */
export interface StockChange {
  sku: string
  version: number
  available: number
  sellable: boolean
}

/** The newest known state of each entity that changed, each with its version. */
export interface Changes {
  products: readonly SearchDocument[]
  prices: readonly PriceChange[]
  stocks: readonly StockChange[]
  /** Units sold lately, a product: the whole number, not what was added to it. Part of popularity. */
  sales?: readonly { productId: string; units: number }[]
  /** When the newest of these changes happened; RFC 3339. */
  asOf: string
}

export type Sort = 'RELEVANCE' | 'PRICE_ASC' | 'PRICE_DESC' | 'NEWEST' | 'POPULARITY'

/** What products must fulfil: all of it, within one list any value. Empty lists and nulls filter nothing. */
export interface Filters {
  /** In one of these categories or below; both lists are one. */
  categories: { ids: readonly string[]; slugs: readonly string[] }
  brands: readonly string[]
  /** Of the cheapest variant, minor units, both ends included. */
  price: { min: bigint | null; max: bigint | null; currencyCode: string }
  /** Whether some variant is sellable. */
  inStock: boolean | null
  /** Whether some variant's price in the price filter's currency lies below its compare-at price. */
  onSale: boolean | null
  /** At least this in the attribute "rating". */
  ratingMin: number | null
  /** One of `values` (as the attribute is spelled) or, when min or max is given, a number between them, both included. */
  attributes: readonly { name: string; values: readonly string[]; min: number | null; max: number | null }[]
}

/** Filters that let everything pass. */
export function noFilters(currencyCode: string): Filters {
  return {
    categories: { ids: [], slugs: [] },
    brands: [],
    price: { min: null, max: null, currencyCode },
    inStock: null,
    onSale: null,
    ratingMin: null,
    attributes: [],
  }
}

/**
 * Where a hit stands in its list, for cursors: a few short strings (at most 8, at most 200 characters together with the id) that mean
 * something only to the engine that made them. Callers keep them as they are; a list of another sort or engine answers `PositionError`.
 */
export type Position = readonly string[]

/** The position belongs to no list of this engine and sort. */
export class PositionError extends Error {
  override name = 'PositionError'
}

/** Which hits to read: up to `limit` and one more (so that the caller knows whether there are more), in the order or against it, beyond a position. */
export interface Slice {
  limit: number
  /** Against the order: the hits before `position` (or the last ones), nearest first. */
  backward: boolean
  position: Position | null
}

/** Merchandising for this query, chosen by the caller. Pins and buried apply to the sort RELEVANCE only. */
export interface Rules {
  /** Product ids for the first places, in order; shown when they pass the filters, whether the words match or not. */
  pins: readonly string[]
  /** Product ids that follow behind everything else. */
  buried: readonly string[]
  /** The score of products that pass `filters` is multiplied by `factor`, 0.1 to 10. */
  boosts: readonly { filters: Partial<Filters>; factor: number }[]
}

export const NO_RULES: Rules = { pins: [], buried: [], boosts: [] }

/** A facet's key: `category`, `brand`, `price`, `inStock`, `onSale`, `rating` or `attribute:<name>`. */
export type FacetKey = 'category' | 'brand' | 'price' | 'inStock' | 'onSale' | 'rating' | `attribute:${string}`

export interface FacetRequest {
  /** Where price ranges begin, in minor units of `currencyCode`, ascending; range 0 lies below the first. */
  priceEdges: readonly number[]
  /** Attributes to count, besides those filtered by; null: the five that most hits have. */
  names: readonly string[] | null
  /** At most so many values of each facet besides the selected ones, the most frequent first. */
  valuesPerFacet: number
  /** Value search inside one facet: only its values with a word that begins so are returned, of that facet only. */
  match: { facet: FacetKey; prefix: string } | null
}

/** What is searched for, checked and bounded by the caller. */
export interface SearchRequest {
  /** As typed. The first 200 characters and 16 words are read; blank finds everything. */
  query: string
  filters: Filters
  sort: Sort
  slice: Slice
  /** Of price sorts and the price facet. */
  currencyCode: string
  /** Products without a sellable variant: behind all that match as well, left out, or among the others. Applies to every sort. */
  soldOut: 'LAST' | 'HIDDEN' | 'MIXED'
  rules: Rules
  /** Null: not asked for. */
  facets: FacetRequest | null
  explain: boolean
  /** Milliseconds since 1970, for freshness. */
  now: number
}

/** Why a hit is where it is: the parts say what was added (`kind` "sum") or multiplied ("factor"). */
export interface Explanation {
  /** Hits with a higher one come first, whatever their score: 3 pinned or SKU, 2 all words, 1 some words, 0 buried. */
  group: number
  available: boolean
  score: number
  parts: readonly { kind: 'sum' | 'factor'; name: string; value: number; detail: string | null }[]
}

export interface Hit {
  productId: string
  position: Position
  /** The words of this product that the query matched, folded (see analysis/): what `highlight` marks in its texts. */
  matched: readonly string[]
  pinned: boolean
  explanation: Explanation | null
}

/** How many products have a value. A price's value is the number of its range; a rating's is 1 to 4 ("this or more"). */
export interface ValueCount {
  facet: 'category' | 'brand' | 'price' | 'inStock' | 'onSale' | 'rating' | 'attribute'
  /** Of an attribute: its name. */
  name: string | null
  /** Of a category: its slug. */
  value: string
  /** Of a category: its name. */
  label: string | null
  count: number
  selected: boolean
}

export interface SearchAnswer {
  hits: readonly Hit[]
  /** How many products match, over all pages: those with all words, and when these are few those with most of them. */
  totalCount: number
  /** Disjunctive: other filters apply to a facet's counts, its own does not. Categories: the next level below the chosen ones. */
  facets: readonly ValueCount[]
  /** The query that was meant, when a word is not in the index and a near one was searched instead; null otherwise. */
  didYouMean: string | null
  /** Words, as typed, that had to be given up to find anything. */
  relaxed: readonly string[]
  /** When the newest change in the index happened; null while it is empty. */
  asOf: string | null
}

/** One way to complete a prefix; `parts` together are `text`, what was typed not highlighted, what completes it highlighted. */
export interface Completion {
  text: string
  /** Of a product: its id; of a category: its slug; null otherwise. */
  id: string | null
  parts: readonly { text: string; highlighted: boolean }[]
}

/** The best completions of each kind, best first. */
export interface Completions {
  queries: readonly Completion[]
  categories: readonly Completion[]
  brands: readonly Completion[]
  products: readonly Completion[]
}

/**
 * Words (one or several in a row) that mean the same. Two-way: searching any of `terms` finds the others. One-way (`replacements` given):
 * searching one of `terms` also finds `replacements`, not the other way.
 */
export interface Synonym {
  terms: readonly string[]
  replacements: readonly string[] | null
}

/** Everything that knows how searching is done; another engine takes over by offering the same. */
export interface SearchEngine {
  /**
   * Takes changes in. What is older than what the index holds is dropped: any order, any number of times, a price or stock before
   * its product too. A search that begins after it is done sees all of it.
   */
  apply(changes: Changes): Promise<void> | void
  /** Throws `PositionError` for a position of another list. */
  search(request: SearchRequest): Promise<SearchAnswer>
  suggest(prefix: string, limit: number): Promise<Completions>
  /** Replaces all synonyms; those that hold no word are ignored. */
  setSynonyms(synonyms: readonly Synonym[]): Promise<void> | void
  /** How many products the index holds. */
  documents(): Promise<number>
  /** When the newest change in the index happened; null while it is empty. */
  asOf(): Promise<string | null>
  close?(): Promise<void>
}
