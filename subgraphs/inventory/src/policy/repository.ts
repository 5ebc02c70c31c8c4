import type { Sql } from '../stock/repository.ts'
import type { StockPolicy } from '../stock/stock.ts'

/**
 * Writes the policy of a SKU that is locked, with its next version. What is promised already stays promised, at its location: how far reserved
 * may be above on hand is never made less than it is.
 */
export async function writePolicy(
  sql: Sql,
  { sku, policy, lowStockThreshold }: { sku: string; policy: StockPolicy; lowStockThreshold: number | null },
): Promise<void> {
  const { kind, limit, location, releaseAt, restockAt } = policy
  await sql.$executeRaw`
    with level as (
      update stock_level
      set backorder_limit = greatest(0, reserved - on_hand, case when location = ${location} then ${limit}::int else 0 end)
      where sku = ${sku}
    )
    update stock set version = version + 1, changed_at = clock_timestamp(), policy = ${kind}, backorder_limit = ${limit},
      backorder_location = ${location}, release_at = ${releaseAt}::timestamptz, restock_at = ${restockAt}::timestamptz,
      low_stock_threshold = ${lowStockThreshold}
    where sku = ${sku}`
}

/** Takes up to `limit` SKUs whose pre-order is over, leaving those that somebody else is working on. */
export async function lockReleased(sql: Sql, limit: number): Promise<string[]> {
  const rows = await sql.$queryRaw<{ sku: string }[]>`
    select sku from stock where policy = 'PREORDER' and release_at <= now()
    order by release_at limit ${limit} for update skip locked`
  return rows.map(({ sku }) => sku)
}

/** Milliseconds until the next pre-order is over, by the clock of the database; negative when overdue, null when there is none. */
export async function untilNextRelease(sql: Sql): Promise<number | null> {
  const [next] = await sql.$queryRaw<{ ms: number | null }[]>`
    select (extract(epoch from min(release_at) - clock_timestamp()) * 1000)::float8 as ms
    from stock where policy = 'PREORDER'`
  return next?.ms ?? null
}
