import type { Types } from '@opensearch-project/opensearch'
import type { Filters, ValueCount } from '../port.ts'

export type Query = Types.Common_QueryDsl.QueryContainer

/** One filter, with the facet that it belongs to. */
export interface FilterClause {
  facet: ValueCount['facet']
  /** Of an attribute. */
  name: string | null
  query: Query
}

/** The filters as clauses; what filters nothing is none. */
export function clausesOf(filters: Partial<Filters>): FilterClause[] {
  const { categories, brands, price, inStock, onSale, ratingMin, attributes } = filters
  const clauses: FilterClause[] = []
  const add = (facet: FilterClause['facet'], query: Query, name: string | null = null) =>
    void clauses.push({ facet, name, query })
  if (categories && categories.ids.length + categories.slugs.length > 0) {
    add(
      'category',
      anyOf([{ terms: { categoryIds: [...categories.ids] } }, { terms: { categorySlugs: [...categories.slugs] } }]),
    )
  }
  if (brands && brands.length > 0) add('brand', { terms: { brand: [...brands] } })
  if (price && (price.min !== null || price.max !== null)) {
    add(
      'price',
      offered(price.currencyCode, { range: { 'prices.amount': rangeOf(numberOf(price.min), numberOf(price.max)) } }),
    )
  }
  if (inStock != null) add('inStock', { term: { inStock: { value: inStock ? 1 : 0 } } })
  if (onSale != null) {
    const sale = offered(price?.currencyCode ?? '', { term: { 'prices.onSale': { value: 1 } } })
    add('onSale', onSale ? sale : { bool: { must_not: [sale] } })
  }
  if (ratingMin != null) add('rating', { range: { rating: { gte: ratingMin } } })
  for (const { name, values, min, max } of attributes ?? []) {
    if (values.length === 0 && min === null && max === null) continue
    const wanted: Query[] = values.length > 0 ? [{ terms: { 'attributes.value': [...values] } }] : []
    if (min !== null || max !== null) wanted.push({ range: { 'attributes.number': rangeOf(min, max) } })
    const own: Query = { term: { 'attributes.name': { value: name } } }
    add('attribute', { nested: { path: 'attributes', query: { bool: { filter: [own, anyOf(wanted)] } } } }, name)
  }
  return clauses
}

/** Products with a price in a currency for which something holds. */
export function offered(currencyCode: string, query: Query): Query {
  const currency: Query = { term: { 'prices.currency': { value: currencyCode } } }
  return { nested: { path: 'prices', query: { bool: { filter: [currency, query] } } } }
}

export function anyOf(queries: Query[]): Query {
  return { bool: { should: queries, minimum_should_match: 1 } }
}

function numberOf(value: bigint | null): number | null {
  return value === null ? null : Number(value)
}

function rangeOf(min: number | null, max: number | null): { gte?: number; lte?: number } {
  return { ...(min === null ? {} : { gte: min }), ...(max === null ? {} : { lte: max }) }
}
