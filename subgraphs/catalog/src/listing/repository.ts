import { Prisma } from '@commerce/prisma/catalog'
import type { Reader } from '../database.ts'

/** All that is not null has to hold. */
export interface ListFilter {
  ids: readonly string[] | null
  brand: string | null
  categoryIds: readonly string[] | null
  priceMin: bigint | null
  priceMax: bigint | null
  currencyCode: string
  hasPrice: boolean | null
  updatedSince: Date | null
}

export interface Sort {
  key: 'TITLE' | 'PRICE' | 'NEWEST' | 'POPULARITY'
  direction: 'ASC' | 'DESC'
}

/** A row of a list: the product's id, and what it is sorted by as text. */
export interface ListRow {
  id: string
  value: string
}

/** Up to `limit + 1` rows from a position on, in the direction of the page; the position is a keyset (value, id), so that pages never shift. */
export async function listProducts(
  db: Reader,
  filter: ListFilter,
  sort: Sort,
  { limit, backward, position }: { limit: number; backward: boolean; position: ListRow | null },
): Promise<ListRow[]> {
  const { expression, parameter } = sorted(sort)
  const ascending = (sort.direction === 'ASC') !== backward
  const behind = position
    ? [
        Prisma.sql`(${expression}, id) ${Prisma.raw(ascending ? '>' : '<')} (${parameter(position.value)}, ${position.id}::uuid)`,
      ]
    : []
  const conditions = [...filterConditions(filter), ...behind]
  const where = conditions.length > 0 ? Prisma.sql`where ${Prisma.join(conditions, ' and ')}` : Prisma.empty
  const order = Prisma.raw(ascending ? 'asc' : 'desc')
  const rows = await db.$queryRaw<{ id: string; value: unknown }[]>(
    Prisma.sql`select id, ${expression} as value from product ${where}
      order by ${expression} ${order}, id ${order} limit ${limit + 1}`,
  )
  return rows.map(({ id, value }) => ({ id, value: value instanceof Date ? value.toISOString() : String(value) }))
}

// Each expression has an index with the id behind it.
function sorted({ key, direction }: Sort): { expression: Prisma.Sql; parameter(value: string): Prisma.Sql } {
  switch (key) {
    case 'TITLE':
      return { expression: Prisma.sql`lower(title)`, parameter: (value) => Prisma.sql`${value}` }
    case 'NEWEST':
      return {
        expression: Prisma.sql`created_at`,
        parameter: (value) => Prisma.sql`${new Date(value)}::timestamptz`,
      }
    case 'POPULARITY':
      return { expression: Prisma.sql`popularity`, parameter: (value) => Prisma.sql`${value}::text::bigint` }
    case 'PRICE':
      return {
        // What has no price is last either way.
        expression:
          direction === 'ASC'
            ? Prisma.sql`coalesce(lowest_price, 9223372036854775807)`
            : Prisma.sql`coalesce(lowest_price, -1)`,
        parameter: (value) => Prisma.sql`${value}::text::bigint`,
      }
  }
}

function filterConditions(filter: ListFilter): Prisma.Sql[] {
  const { ids, brand, categoryIds, priceMin, priceMax, currencyCode, hasPrice, updatedSince } = filter
  const conditions: Prisma.Sql[] = []
  if (ids !== null) conditions.push(Prisma.sql`id = any(${ids}::uuid[])`)
  if (brand !== null) conditions.push(Prisma.sql`brand = ${brand}`)
  if (categoryIds !== null) conditions.push(Prisma.sql`category_id = any(${categoryIds}::uuid[])`)
  if (priceMin !== null) conditions.push(Prisma.sql`lowest_price >= ${priceMin}`)
  if (priceMax !== null) conditions.push(Prisma.sql`lowest_price <= ${priceMax}`)
  if (priceMin !== null || priceMax !== null) conditions.push(Prisma.sql`lowest_currency = ${currencyCode}`)
  if (hasPrice !== null) conditions.push(Prisma.sql`(lowest_price is not null) = ${hasPrice}`)
  if (updatedSince !== null) conditions.push(Prisma.sql`updated_at >= ${updatedSince}::timestamptz`)
  return conditions
}
