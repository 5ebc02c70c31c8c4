import { Prisma } from '@commerce/prisma/search'
import type { SearchRequest } from '../engine.ts'
import { ATTRIBUTE_SEPARATOR, textForPostgres } from '../postgres.ts'
import type { TextQuery } from '../words.ts'

/** A request with what had to be looked up for it. */
export interface Resolved {
  request: SearchRequest
  query: TextQuery | null
  /** Products whose SKU is the query. */
  exact: readonly string[]
  /** Categories to filter by; null when not filtered by category, empty when none of the given ones exists. */
  categoryIds: readonly string[] | null
}

/** A filter as SQL over `d` (document), `o` (its offer in the currency) and `a` (its availability). */
export interface Filter {
  facet: 'brand' | 'price' | 'inStock' | 'attribute'
  /** Of an attribute: its name. */
  name: string | null
  condition: Prisma.Sql
}

/** The filters of a request, but for words and categories. */
export function filtersOf(request: SearchRequest): Filter[] {
  const { brands, priceMin, priceMax, inStock, attributes } = request
  const filters: Filter[] = []
  const add = (facet: Filter['facet'], condition: Prisma.Sql, name: string | null = null): void => {
    filters.push({ facet, name, condition })
  }
  if (brands.length > 0) add('brand', Prisma.sql`d.brand = any(${brands.map(textForPostgres)}::text[])`)
  if (priceMin !== null || priceMax !== null) {
    const bounds = [
      ...(priceMin === null ? [] : [Prisma.sql`o.minor_units >= ${priceMin}::bigint`]),
      ...(priceMax === null ? [] : [Prisma.sql`o.minor_units <= ${priceMax}::bigint`]),
    ]
    add('price', Prisma.join(bounds, ' and '))
  }
  if (inStock !== null) add('inStock', Prisma.sql`coalesce(a.in_stock, false) = ${inStock}`)
  for (const { name, values } of attributes) {
    add('attribute', Prisma.sql`d.attributes && ${pairsOf(name, values)}::text[]`, textForPostgres(name))
  }
  return filters
}

/** An attribute's values as the documents hold them. */
export function pairsOf(name: string, values: readonly string[]): string[] {
  return values.map((value) => textForPostgres(name + ATTRIBUTE_SEPARATOR + value))
}

/** Documents that have the words, or the SKU that the query is: `exact` are the products with that SKU. */
export function textCondition(query: TextQuery | null, exact: readonly string[]): Prisma.Sql {
  if (!query) return Prisma.sql`true`
  const words = query.tsquery === null ? Prisma.sql`false` : Prisma.sql`d.words @@ ${query.tsquery}::tsquery`
  return exact.length === 0 ? words : Prisma.sql`(${words} or d.product_id = any(${exact}::uuid[]))`
}

/** Documents in one of these categories or below; null: all. */
export function categoryCondition(ids: readonly string[] | null): Prisma.Sql {
  return ids === null ? Prisma.sql`true` : Prisma.sql`d.category_ids && ${ids}::uuid[]`
}
