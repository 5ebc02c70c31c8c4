import type { PrismaClient } from '@commerce/prisma/search'
import type { Demand } from './demand.ts'

/** Adds to what a day has. */
export async function addDemand(database: PrismaClient, day: Date, counted: readonly Demand[]): Promise<void> {
  if (counted.length === 0) return
  // In one order, so that two replicas do not wait for each other.
  const rows = [...counted].sort((a, b) => (a.query < b.query ? -1 : 1))
  await database.$executeRaw`
    insert into search_demand as known (day, query, searches, without_results)
    select ${day}::date, * from unnest(${rows.map(({ query }) => query)}::text[],
      ${rows.map(({ searches }) => searches)}::int[], ${rows.map(({ withoutResults }) => withoutResults)}::int[])
    on conflict (day, query) do update set searches = known.searches + excluded.searches,
      without_results = known.without_results + excluded.without_results`
}

export interface DemandPage {
  from: Date
  until: Date
  withoutResults: boolean
  limit: number
  backward: boolean
  /** The count that the list is ordered by, and the query. */
  position: readonly [count: number, query: string] | null
}

/** Up to `limit + 1` queries of some days, the most frequent first. */
export async function listDemand(database: PrismaClient, page: DemandPage): Promise<Demand[]> {
  const [count, query] = page.position ?? [null, null]
  const { from, until, withoutResults, backward } = page
  const rows = await database.$queryRaw<Demand[]>`
    with counted as (
      select query collate "C" as query, sum(searches)::int as searches, sum(without_results)::int as "withoutResults",
        sum(case when ${withoutResults} then without_results else searches end)::int as rank
      from search_demand where day between ${from}::date and ${until}::date group by query
    )
    select query, searches, "withoutResults" from counted
    where rank > 0 and (${count}::int is null
      or (not ${backward} and (rank < ${count} or rank = ${count} and query > ${query}::text collate "C"))
      or (${backward} and (rank > ${count} or rank = ${count} and query < ${query}::text collate "C")))
    order by case when ${backward} then rank else -rank end,
      case when ${backward} then null else query end, case when ${backward} then query end desc
    limit ${page.limit + 1}`
  return rows
}

/** What was searched for and found most often since a day. */
export async function popularQueries(
  database: PrismaClient,
  since: Date,
  least: number,
  limit: number,
): Promise<Demand[]> {
  return database.$queryRaw<Demand[]>`
    select query, sum(searches)::int as searches, sum(without_results)::int as "withoutResults"
    from search_demand where day >= ${since}::date group by query
    having sum(searches) - sum(without_results) >= ${least}
    order by sum(searches) - sum(without_results) desc, query limit ${limit}`
}

/** Forgets days before one, and of the days before `whole` all but the most frequent queries. */
export async function sweepDemand(
  database: PrismaClient,
  { before, whole, keep }: { before: Date; whole: Date; keep: number },
): Promise<void> {
  await database.$executeRaw`delete from search_demand where day < ${before}::date`
  await database.$executeRaw`
    delete from search_demand where (day, query) in (
      select day, query from (
        select day, query, row_number() over (partition by day order by searches desc, query) as place
        from search_demand where day < ${whole}::date
      ) as ranked where place > ${keep})`
}
