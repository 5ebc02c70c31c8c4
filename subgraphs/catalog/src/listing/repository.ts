import { Prisma } from '@commerce/prisma/catalog'
import type { Reader } from '../database.ts'

/** All that is not null has to hold. */
export interface ListFilter {
  ids: readonly string[] | null
  brand: string | null
  categoryIds: readonly string[] | null
  /** In minor units of `currencyCode`, as is `priceMax`. */
  priceMin: bigint | null
  priceMax: bigint | null
  currencyCode: string | null
  hasPrice: boolean | null
  updatedSince: Date | null
}

export interface Sort {
  key: 'TITLE' | 'PRICE' | 'NEWEST' | 'POPULARITY'
  direction: 'ASC' | 'DESC'
}

/** A row of a list: the product's id, and what it is sorted by, as texts. */
export interface ListRow {
  id: string
  values: readonly string[]
}

/** Up to `limit + 1` rows from a position on, in the direction of the page; the position is a keyset (values, id), so that pages never shift. */
export async function listProducts(
  db: Reader,
  filter: ListFilter,
  sort: Sort,
  { limit, backward, position }: { limit: number; backward: boolean; position: ListRow | null },
): Promise<ListRow[]> {
  const keys = sortKeys(sort)
  const ascending = (sort.direction === 'ASC') !== backward
  const conditions = [...filterConditions(filter), ...sameCurrency(filter, sort)]
  if (position) {
    const columns = Prisma.join([...keys.map(({ expression }) => expression), ID])
    const values = keys.map(({ parameter }, i) => parameter(position.values[i] ?? ''))
    const behind = Prisma.raw(ascending ? '>' : '<')
    conditions.push(Prisma.sql`(${columns}) ${behind} (${Prisma.join([...values, Prisma.sql`${position.id}::uuid`])})`)
  }
  const where = conditions.length > 0 ? Prisma.sql`where ${Prisma.join(conditions, ' and ')}` : Prisma.empty
  const direction = Prisma.raw(ascending ? 'asc' : 'desc')
  const order = [...keys.map(({ expression }) => expression), ID].map((by) => Prisma.sql`${by} ${direction}`)
  const values = keys.map(({ expression }, i) => Prisma.sql`${expression} as ${Prisma.raw(`value${i}`)}`)
  const rows = await db.$queryRaw<({ id: string } & Record<string, unknown>)[]>(
    Prisma.sql`select id, ${Prisma.join(values)} from product ${where} order by ${Prisma.join(order)} limit ${limit + 1}`,
  )
  return rows.map((row) => ({ id: row.id, values: keys.map((_, i) => asText(row[`value${i}`])) }))
}

const ID = Prisma.sql`id`

function asText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

/** A column or expression that a list is sorted by, and how its value comes back from a cursor. */
interface SortKey {
  expression: Prisma.Sql
  parameter(value: string): Prisma.Sql
}

// Each list of expressions has an index with the id behind it.
function sortKeys({ key, direction }: Sort): SortKey[] {
  const text = (value: string) => Prisma.sql`${value}`
  const number = (value: string) => Prisma.sql`${value}::text::bigint`
  switch (key) {
    case 'TITLE':
      return [{ expression: Prisma.sql`lower(title)`, parameter: text }]
    case 'NEWEST':
      return [{ expression: Prisma.sql`created_at`, parameter: (value) => Prisma.sql`${new Date(value)}::timestamptz` }]
    case 'POPULARITY':
      return [{ expression: Prisma.sql`popularity`, parameter: number }]
    case 'PRICE':
      // Amounts of two currencies do not compare, so each currency is for itself; what has no price is last either way.
      return direction === 'ASC'
        ? [
            { expression: Prisma.sql`coalesce(lowest_currency, 'ZZZZ')`, parameter: text },
            { expression: Prisma.sql`coalesce(lowest_price, 9223372036854775807)`, parameter: number },
          ]
        : [
            { expression: Prisma.sql`coalesce(lowest_currency, '')`, parameter: text },
            { expression: Prisma.sql`coalesce(lowest_price, -1)`, parameter: number },
          ]
  }
}

// Says in the words of the index by price what the filter says already, so that the index starts with it.
function sameCurrency({ currencyCode }: ListFilter, sort: Sort): Prisma.Sql[] {
  const [currency] = sort.key === 'PRICE' && currencyCode !== null ? sortKeys(sort) : []
  return currency ? [Prisma.sql`${currency.expression} = ${currencyCode}`] : []
}

function filterConditions(filter: ListFilter): Prisma.Sql[] {
  const { ids, brand, categoryIds, priceMin, priceMax, currencyCode, hasPrice, updatedSince } = filter
  const conditions: Prisma.Sql[] = []
  if (ids !== null) conditions.push(Prisma.sql`id = any(${ids}::uuid[])`)
  if (brand !== null) conditions.push(Prisma.sql`brand = ${brand}`)
  if (categoryIds !== null) conditions.push(Prisma.sql`category_id = any(${categoryIds}::uuid[])`)
  if (priceMin !== null) conditions.push(Prisma.sql`lowest_price >= ${priceMin}`)
  if (priceMax !== null) conditions.push(Prisma.sql`lowest_price <= ${priceMax}`)
  if (currencyCode !== null) conditions.push(Prisma.sql`lowest_currency = ${currencyCode}`)
  if (hasPrice !== null) conditions.push(Prisma.sql`(lowest_price is not null) = ${hasPrice}`)
  if (updatedSince !== null) conditions.push(Prisma.sql`updated_at >= ${updatedSince}::timestamptz`)
  return conditions
}
