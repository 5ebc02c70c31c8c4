import { Prisma, type PrismaClient } from '@commerce/prisma/search'
import type { Hit, SearchRequest, Slice, Sort, ValueCount } from '../engine.ts'
import { textForPostgres } from '../postgres.ts'
import { parseQuery } from '../words.ts'
import { categoryCondition, filtersOf, type Resolved, textCondition } from './conditions.ts'
import { facetCounts } from './facets.ts'

const MAX_EXACT = 20

/** The reading side. */
export function createSearch(database: PrismaClient) {
  async function resolve(request: SearchRequest): Promise<Resolved> {
    const query = parseQuery(request.query)
    const { ids, slugs } = request.categories
    const [exact, categories] = await Promise.all([
      query
        ? database.$queryRaw<{ product_id: string }[]>`
            select distinct product_id from document_sku where lower(sku) = lower(${query.text}) limit ${MAX_EXACT}`
        : [],
      ids.length + slugs.length > 0
        ? database.$queryRaw<{ id: string }[]>`
            select id from category where id = any(${ids}::uuid[]) or slug = any(${slugs.map(textForPostgres)}::text[])`
        : null,
    ])
    return {
      request,
      query,
      exact: exact.map(({ product_id }) => product_id),
      categoryIds: categories?.map(({ id }) => id) ?? null,
    }
  }

  return {
    async find(request: SearchRequest, sort: Sort, slice: Slice): Promise<Hit[]> {
      const resolved = await resolve(request)
      const direction = slice.backward ? Prisma.sql`asc` : Prisma.sql`desc`
      const rows = await database.$queryRaw<{ product_id: string; key1: string; key2: string }[]>`
        select product_id, key1::text, key2::text from (
          select d.product_id, ${sortKey(sort, resolved)} as key1, d.popularity::bigint as key2
          from ${from(request.currencyCode)} where ${allConditions(resolved)}
        ) as hit
        where ${beyond(slice)}
        order by hit.key1 ${direction}, hit.key2 ${direction}, hit.product_id ${direction}
        limit ${slice.limit + 1}`
      return rows.map(({ product_id, key1, key2 }) => ({ productId: product_id, keys: [key1, key2] }))
    },

    async count(request: SearchRequest): Promise<number> {
      const resolved = await resolve(request)
      const [row] = await database.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from ${from(request.currencyCode)} where ${allConditions(resolved)}`
      return row?.count ?? 0
    },

    async facets(request: SearchRequest, priceEdges: readonly number[]): Promise<ValueCount[]> {
      const resolved = await resolve(request)
      return database.$queryRaw<ValueCount[]>(facetCounts(resolved, from(request.currencyCode), priceEdges))
    },

    async asOf(): Promise<Date | null> {
      const [row] = await database.$queryRaw<{ as_of: Date | null }[]>`select as_of from progress`
      return row?.as_of ?? null
    },

    documents: () => database.document.count(),
  }
}

function from(currencyCode: string): Prisma.Sql {
  return Prisma.sql`document d
    left join offer o on o.product_id = d.product_id and o.currency_code = ${currencyCode}
    left join availability a on a.product_id = d.product_id`
}

function allConditions({ request, query, exact, categoryIds }: Resolved): Prisma.Sql {
  const filters = filtersOf(request).map(({ condition }) => condition)
  return Prisma.join([textCondition(query, exact), categoryCondition(categoryIds), ...filters], ' and ')
}

// Keys are whole numbers, greater first, so that one form of query serves every order. Equal keys are told apart by popularity, then id.
function sortKey(sort: Sort, { query, exact }: Resolved): Prisma.Sql {
  if (sort === 'PRICE_ASC') return Prisma.sql`coalesce(-o.minor_units, -9223372036854775807)`
  if (sort === 'PRICE_DESC') return Prisma.sql`coalesce(o.minor_units, -1)`
  if (sort === 'NEWEST') return Prisma.sql`(extract(epoch from d.created_at) * 1000)::bigint`
  if (sort === 'POPULARITY' || !query) return Prisma.sql`d.popularity::bigint`
  const rank =
    query.tsquery === null
      ? Prisma.sql`0`
      : Prisma.sql`(ts_rank(d.words, ${query.tsquery}::tsquery)::numeric * 1000)::bigint`
  if (exact.length === 0) return rank
  return Prisma.sql`(case when d.product_id = any(${exact}::uuid[]) then 1000000 else 0 end + ${rank})::bigint`
}

function beyond({ position, backward }: Slice): Prisma.Sql {
  if (position === null) return Prisma.sql`true`
  const [key1, key2, id] = position
  const comparison = backward ? Prisma.sql`>` : Prisma.sql`<`
  return Prisma.sql`(hit.key1, hit.key2, hit.product_id) ${comparison} (${key1}::bigint, ${key2}::bigint, ${id}::uuid)`
}
