import type { Filters, SearchRequest } from '../engine/port.ts'
import { NO_RULES, noFilters } from '../engine/port.ts'
import type { KnownProduct } from '../search/repository.ts'

/** Two SKUs of one order. */
export interface Pair {
  sku: string
  other: string
}

/** What is counted of an order: larger ones are not what one shopper puts together. */
export const MAX_PAIRED_SKUS = 20

/** Which SKUs were bought together, both ways. */
export function pairsOf(lines: readonly { sku: string }[]): Pair[] {
  const skus = [...new Set(lines.map(({ sku }) => sku))].slice(0, MAX_PAIRED_SKUS)
  return skus.flatMap((sku) => skus.flatMap((other) => (other === sku ? [] : [{ sku, other }])))
}

const SAME_BRAND = 2
const SAME_ATTRIBUTE = 1.5
const MAX_ATTRIBUTES = 8
const MAX_VALUE = 200

/**
 * The search for products like this one: those of its own category (of its brand, when it has no category), those of its brand and with its
 * attributes first. Null when nothing is known to go by.
 */
export function likeness(
  product: KnownProduct,
  first: number,
  currencyCode: string,
  now: number,
): SearchRequest | null {
  const slug = product.categories.at(-1)?.slug
  const { brand } = product
  if (slug === undefined && brand === null) return null
  const attributes = product.attributes
    .filter(({ name, value }) => name.length <= MAX_VALUE && value.length <= MAX_VALUE)
    .slice(0, MAX_ATTRIBUTES)
  const boost = (filters: Partial<Filters>, factor: number) => ({ filters, factor })
  return {
    query: '',
    filters: {
      ...noFilters(currencyCode),
      categories: { ids: [], slugs: slug === undefined ? [] : [slug] },
      brands: slug === undefined && brand !== null ? [brand] : [],
    },
    sort: 'RELEVANCE',
    slice: { limit: first, backward: false, position: null },
    currencyCode,
    soldOut: 'LAST',
    rules: {
      ...NO_RULES,
      boosts: [
        ...(brand === null ? [] : [boost({ brands: [brand] }, SAME_BRAND)]),
        ...attributes.map(({ name, value }) =>
          boost({ attributes: [{ name, values: [value], min: null, max: null }] }, SAME_ATTRIBUTE),
        ),
      ],
    },
    facets: null,
    explain: false,
    now,
  }
}
