import { Prisma } from '@commerce/prisma/search'
import { ATTRIBUTE_SEPARATOR, textForPostgres } from '../postgres.ts'
import { categoryCondition, filtersOf, pairsOf, type Resolved, textCondition } from './conditions.ts'

const MAX_VALUES = 20
const MAX_ATTRIBUTES = 5
/** Beyond this many products, attributes that are not filtered by are not counted: the list is still too wide for them. */
const MAX_FOR_ATTRIBUTES = 20_000

/**
 * All facets in one statement. Filters are numbered from 1; `missed` is the number of the only filter that a document does not pass, 0 when it passes
 * all, and documents that fail two are left out. So a facet counts documents with `missed` 0 or its own filter's number, and each
 * document is looked at once.
 */
export function facetCounts(resolved: Resolved, from: Prisma.Sql, priceEdges: readonly number[]): Prisma.Sql {
  const { request, query, exact, categoryIds } = resolved
  const filters = filtersOf(request)
  const misses = filters.map(({ condition }) => Prisma.sql`(not coalesce(${condition}, false))::int`)
  const numbered = misses.map((miss, i) => Prisma.sql`${i + 1}::int * ${miss}`)
  const sum = (terms: Prisma.Sql[]): Prisma.Sql => (terms.length > 0 ? Prisma.join(terms, ' + ') : Prisma.sql`0`)
  /** Documents that count for a facet. */
  const passing = (facet: string): Prisma.Sql =>
    Prisma.sql`missed in (0, ${filters.findIndex((filter) => filter.facet === facet) + 1}::int)`

  const counts = [
    categories(categoryIds),
    Prisma.sql`select 'brand', null, brand, null, count(*), brand = any(${request.brands.map(textForPostgres)}::text[])
      from matched where brand is not null and ${passing('brand')} group by brand`,
    Prisma.sql`select 'price', null, width_bucket(minor_units, ${priceEdges.map(BigInt)}::bigint[])::text, null, count(*), false
      from matched where minor_units is not null and ${passing('price')} group by 3`,
    Prisma.sql`select 'inStock', null, in_stock::text, null, count(*), coalesce(in_stock = ${request.inStock}::boolean, false)
      from matched where ${passing('inStock')} group by in_stock`,
    attributes(resolved),
  ]
  return Prisma.sql`
    with matched as materialized (
      select * from (
        select d.brand, d.category_ids, d.attributes, o.minor_units, coalesce(a.in_stock, false) as in_stock,
          ${sum(misses)} as misses, ${sum(numbered)} as missed
        from ${from} where ${textCondition(query, exact)} and ${categoryCondition(categoryIds)}
      ) as every where misses <= 1
    ), counted (facet, name, value, label, count, selected) as (${Prisma.join(counts, ' union all ')})
    select facet, name, value, label, count::int, selected from (
      select *, row_number() over (partition by facet, name, selected order by count desc, value collate "C") as place
      from counted
    ) as ranked
    where selected or place <= ${MAX_VALUES}`
}

/** The next level down: below the chosen categories, which stay in the list, or the roots. */
function categories(chosen: readonly string[] | null): Prisma.Sql {
  const offered = chosen === null ? Prisma.sql`c.parent_id is null` : Prisma.sql`c.parent_id = any(${chosen}::uuid[])`
  const selected = Prisma.sql`c.id = any(${chosen ?? []}::uuid[])`
  return Prisma.sql`select 'category', null, c.slug, c.name, coalesce(n.count, 0), ${selected}
    from category c left join (
      select id, sum(count)::bigint as count
      from (select category_ids, count(*) as count from matched where missed = 0 group by category_ids) as path
        cross join unnest(category_ids) as id
      group by id
    ) as n on n.id = c.id
    where (${offered} and n.count > 0) or ${selected}`
}

/** The attributes filtered by, and the most frequent others. */
function attributes({ request }: Resolved): Prisma.Sql {
  const filters = filtersOf(request)
  const names = request.attributes.map(({ name }) => textForPostgres(name))
  const pairs = request.attributes.flatMap(({ name, values }) => pairsOf(name, values))
  const isFiltered = Prisma.sql`split_part(pair, ${ATTRIBUTE_SEPARATOR}, 1) = any(${names}::text[])`
  const sources = [
    Prisma.sql`select pair from matched cross join unnest(attributes) as pair
      where missed = 0 and (select count(*) from matched where missed = 0) <= ${MAX_FOR_ATTRIBUTES}
        and not ${isFiltered}`,
    ...filters.flatMap(({ facet, name }, i) =>
      facet === 'attribute'
        ? Prisma.sql`select pair from matched cross join unnest(attributes) as pair
            where missed in (0, ${i + 1}::int) and starts_with(pair, ${name + ATTRIBUTE_SEPARATOR})`
        : [],
    ),
  ]
  return Prisma.sql`
    select 'attribute', name, substr(pair, length(name) + 2), null, count, pair = any(${pairs}::text[]) from (
      select *, dense_rank() over (partition by filtered order by total desc, name collate "C") as place from (
        select *, sum(count) over (partition by name) as total from (
          select pair, split_part(pair, ${ATTRIBUTE_SEPARATOR}, 1) as name, ${isFiltered} as filtered, count(*) as count
          from (${Prisma.join(sources, ' union all ')}) as source group by pair
        ) as one
      ) as summed
    ) as placed
    where filtered or place <= ${MAX_ATTRIBUTES}`
}
