import { isDeepStrictEqual } from 'node:util'
import {
  BOUNDS,
  type FacetKey,
  type FacetRequest,
  noFilters,
  type Rules,
  type SearchRequest,
  type Slice,
  type Sort,
} from '../engine/port.ts'
import { priceEdges } from './facets.ts'
import { bounded, type FiltersArgument, filtersFrom, InputError } from './filters.ts'

/** The arguments of `search` as GraphQL hands them over, without those of the page. */
export interface SearchArguments {
  query?: string | null
  filters?: FiltersArgument | null
  sort: Sort
  soldOut: SearchRequest['soldOut']
}

/** The arguments of `SearchResult.facets`. */
export interface FacetArguments {
  keys?: string[] | null
  values: number
  match?: { facet: string; prefix: string } | null
}

/** Checks the arguments of a search; no facets are asked for yet. Throws `InputError`. */
export function requestFrom(
  { query, filters, sort, soldOut }: SearchArguments,
  page: Slice,
  { shopCurrency, rules, explain, now }: { shopCurrency: string; rules: Rules; explain: boolean; now: number },
): SearchRequest {
  const checked = filtersFrom(filters, shopCurrency)
  return {
    // Whatever is longer is not read, so that nobody pays for it.
    query: (query ?? '').slice(0, BOUNDS.queryCharacters),
    filters: checked,
    sort,
    slice: sliceOf(sort, page),
    currencyCode: checked.price.currencyCode,
    soldOut,
    rules,
    facets: null,
    explain,
    now,
  }
}

/** A page whose cursor was made for this order; its position is the engine's. Throws `InputError`. */
export function sliceOf(sort: Sort, { limit, backward, position }: Slice): Slice {
  if (position === null) return { limit, backward, position }
  const [madeFor, ...rest] = position
  if (madeFor !== sort || rest.length === 0) throw new InputError(foreignCursor(sort))
  return { limit, backward, position: rest }
}

/** Whether a search is counted as a wish: a first page without filters, so that turning pages, narrowing and sorting do not count again. */
export function isCounted({ slice, filters, sort }: SearchRequest): boolean {
  return (
    slice.position === null &&
    !slice.backward &&
    sort === 'RELEVANCE' &&
    isDeepStrictEqual(filters, noFilters(filters.price.currencyCode))
  )
}

/** What to say about a cursor of another list. */
export function foreignCursor(sort: Sort): string {
  return `The cursor belongs to another list: use one of a page with the same query, filters and soldOut, sorted by ${sort}.`
}

const MAX_PREFIX = 100

/** Checks which facets are wanted. Throws `InputError`. */
export function facetRequestFrom({ keys, values, match }: FacetArguments, currencyCode: string): FacetRequest {
  if (values < 1 || values > BOUNDS.valuesPerFacet) {
    throw new InputError(`A facet has 1 to ${BOUNDS.valuesPerFacet} values, ${values} were asked for.`)
  }
  const wanted = bounded('facets.keys', keys).map((key) => facetKey('keys', key))
  if (match && !(match.facet === 'category' || match.facet === 'brand' || match.facet.startsWith('attribute:'))) {
    throw new InputError(
      `facets.match: values can be searched in "category", "brand" and "attribute:<name>", not in "${match.facet.slice(0, 100)}".`,
    )
  }
  if (match && match.prefix.length > MAX_PREFIX) {
    throw new InputError(
      `facets.match.prefix has ${match.prefix.length} characters, at most ${MAX_PREFIX} are allowed.`,
    )
  }
  const named = match ? [match.facet] : wanted
  const names = named.flatMap((key) => (key.startsWith('attribute:') ? key.slice('attribute:'.length) : []))
  return {
    priceEdges: priceEdges(currencyCode),
    names: keys || match ? names : null,
    valuesPerFacet: values,
    match: match ? { facet: match.facet as FacetKey, prefix: match.prefix } : null,
  }
}

const KEYS = ['category', 'brand', 'price', 'inStock', 'onSale', 'rating']

function facetKey(field: string, key: string): FacetKey {
  if (KEYS.includes(key) || (key.startsWith('attribute:') && key.length > 'attribute:'.length)) return key as FacetKey
  const known = KEYS.map((one) => `"${one}"`).join(', ')
  throw new InputError(
    `facets.${field}: "${key.slice(0, 100)}" is no facet: there are ${known} and "attribute:<name>".`,
  )
}
