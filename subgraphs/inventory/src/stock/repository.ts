import { Prisma } from '@commerce/prisma/inventory'
import { isSku } from '@commerce/service/sku.ts'
import type { MovementKind } from './change.ts'
import type { StockChange } from './facts.ts'
import { Overtaken } from './overtaken.ts'
import { isName } from './refusal.ts'
import type { PolicyKind, Posting, Stock, StockLevel } from './stock.ts'

/** A connection or a transaction. */
export type Sql = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>

/** What the ledger keeps of a change besides its numbers. */
export interface Origin {
  kind: MovementKind
  reason?: string | null
  idempotencyKey?: string
  reservationId?: string
  transferId?: string
  returnId?: string
}

/** A change of counters, and why, for the ledger. */
export type Booking = Posting & { origin?: Origin }

interface Row {
  sku: string
  version: number
  changed_at: Date
  levels: StockLevel[]
  policy: PolicyKind
  backorder_limit: number
  backorder_location: string | null
  release_at: Date | null
  restock_at: Date | null
  low_stock_threshold: number | null
}

/** The stock of those SKUs that ever had any, as one consistent picture. */
export async function readStocks(sql: Sql, skus: readonly string[]): Promise<Map<string, Stock>> {
  const wanted = storable(skus)
  if (wanted.length === 0) return new Map()
  const rows = await sql.$queryRaw<Row[]>`
    select ${STOCK}, ${LEVELS} as levels
    from stock s join stock_level l on l.sku = s.sku
    where s.sku = any(${wanted}::text[])
    group by s.sku`
  return new Map(rows.map((row) => [row.sku, stockOf(row)]))
}

/** The columns of `Row` but for its levels, from the table s. */
const STOCK = Prisma.sql`s.sku, s.version, s.changed_at, s.policy, s.backorder_limit, s.backorder_location, s.release_at,
  s.restock_at, s.low_stock_threshold`

/** The levels of one SKU, from the table l. */
const LEVELS = Prisma.sql`
  jsonb_agg(jsonb_build_object(
    'location', jsonb_build_object('code', l.location), 'onHand', l.on_hand, 'reserved', l.reserved, 'safety', l.safety,
    'backorderLimit', l.backorder_limit
  ) order by l.location collate "C")`

function stockOf(row: Row): Stock {
  return {
    sku: row.sku,
    version: row.version,
    changedAt: row.changed_at.toISOString(),
    levels: row.levels,
    policy: {
      kind: row.policy,
      limit: row.backorder_limit,
      location: row.backorder_location,
      releaseAt: row.release_at?.toISOString() ?? null,
      restockAt: row.restock_at?.toISOString() ?? null,
    },
    lowStockThreshold: row.low_stock_threshold,
  }
}

/**
 * Keeps everyone else from changing the stock of these SKUs until the transaction ends; answers which of them it could lock. Everyone locks in
 * the same order, so nobody waits in a circle. Read after it, not before, and only what is locked: a SKU that never had stock cannot be (see
 * `openLevels`), and may have come into being since.
 */
export async function lockStocks(sql: Sql, skus: readonly string[]): Promise<string[]> {
  const wanted = storable(skus)
  if (wanted.length === 0) return []
  const locked = await sql.$queryRaw<{ sku: string }[]>`
    select sku from stock where sku = any(${wanted}::text[]) order by sku for update`
  return locked.map(({ sku }) => sku)
}

/**
 * Makes the counters of SKUs at locations, all 0, where there are none. Throws `Overtaken`, and so undoes the whole transaction, when one of the new SKUs
 * came into being meanwhile: it has to be locked and read first.
 */
export async function openLevels(
  sql: Sql,
  levels: readonly { sku: string; location: string; isNew: boolean }[],
): Promise<void> {
  const fresh = [...new Set(levels.flatMap(({ sku, isNew }) => (isNew ? [sku] : [])))].sort()
  if (fresh.length > 0) {
    const made = await sql.$executeRaw`
      insert into stock (sku, version) select sku, 0 from unnest(${fresh}::text[]) as sku order by sku on conflict do nothing`
    if (made < fresh.length) throw new Overtaken('A SKU that had no stock has some now.')
  }
  if (levels.length > 0) {
    await sql.$executeRaw`
      insert into stock_level (sku, location)
      select distinct sku, location from jsonb_to_recordset(${JSON.stringify(levels)}::jsonb) as level(sku text, location text)
      order by sku, location on conflict do nothing`
  }
}

/**
 * Writes changes of counters in one statement: the levels, the versions of their stocks (each once) and the ledger. Units are only held
 * where they are available or the policy lets them be promised, and only arrive where the location is active; changes of the same counters
 * are judged together. Throws `Overtaken`, and so undoes the whole transaction, unless all of them were written. Answers the stocks after it.
 */
export async function post(sql: Sql, bookings: readonly Booking[]): Promise<StockChange[]> {
  if (bookings.length === 0) return []
  const rows = bookings.map(({ sku, location, onHand = 0, reserved = 0, safety = null, origin }) => ({
    sku,
    location,
    on_hand: onHand,
    reserved,
    safety,
    kind: origin?.kind,
    reason: origin?.reason,
    idempotency_key: origin?.idempotencyKey,
    reservation_id: origin?.reservationId,
    transfer_id: origin?.transferId,
    return_id: origin?.returnId,
  }))
  // Asked for besides: PostgreSQL knows how long an array is, but takes JSON for 100 rows, for which it would rather read whole tables.
  const skus = Prisma.sql`any(${[...new Set(bookings.map(({ sku }) => sku))]}::text[])`
  const stocks = await sql.$queryRaw<(Row & { written: number; wanted: number; available_before: number })[]>`
    with posting as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as p(sku text, location text, on_hand int,
        reserved int, safety int, kind text, reason text, idempotency_key text, reservation_id uuid, transfer_id uuid, return_id uuid)
    ), net as (
      select sku, location, sum(on_hand)::int as on_hand, sum(reserved)::int as reserved, max(safety) as safety,
        bool_or(reserved > 0) as holds, bool_or(on_hand > 0) as arrives
      from posting group by sku, location
    ), before as (
      select sku, sum(greatest(0, on_hand - reserved - safety))::int as available
      from stock_level where sku = ${skus} group by sku
    ), written as (
      update stock_level l
      set on_hand = l.on_hand + n.on_hand, reserved = l.reserved + n.reserved, safety = coalesce(n.safety, l.safety)
      from net n join stock s on s.sku = n.sku and s.sku = ${skus} join location p on p.code = n.location
      where l.sku = n.sku and l.location = n.location
        and (not n.holds or l.on_hand + n.on_hand - l.reserved - n.reserved - l.safety
          + case when s.backorder_location = l.location then s.backorder_limit else 0 end >= 0)
        and (not n.arrives or p.active)
      returning l.sku, l.location, l.on_hand, l.reserved, l.safety, l.backorder_limit
    ), s as (
      update stock set version = version + 1, changed_at = clock_timestamp()
      where sku = ${skus} and sku in (select sku from written)
      returning *
    ), booked as (
      insert into movement (sku, location, delta, kind, reason, idempotency_key, reservation_id, transfer_id, return_id)
      select sku, location, on_hand, kind, reason, idempotency_key, reservation_id, transfer_id, return_id
      from posting where on_hand <> 0
    ), l as materialized ( -- otherwise it may be read anew for each stock
      select sku, location, on_hand, reserved, safety, backorder_limit from written
      union all
      select sku, location, on_hand, reserved, safety, backorder_limit from stock_level
      where sku = ${skus} and sku in (select sku from written) and (sku, location) not in (select sku, location from written)
    )
    select ${STOCK}, before.available as available_before, ${LEVELS} as levels,
      (select count(*)::int from written) as written, (select count(*)::int from net) as wanted
    from s join l on l.sku = s.sku join before on before.sku = s.sku
    group by ${STOCK}, before.available`
  const { written = 0, wanted = bookings.length } = stocks[0] ?? {}
  if (written !== wanted) {
    throw new Overtaken(`Of ${wanted} changes of stock only ${written} could be made; none was.`)
  }
  return stocks.map((row) => {
    const stock = stockOf(row)
    return { stock, before: { available: row.available_before, lowStockThreshold: stock.lowStockThreshold } }
  })
}

/** Those of the codes that are locations, and whether they are active. */
export async function existingLocations(sql: Sql, codes: readonly string[]): Promise<Map<string, { active: boolean }>> {
  const possible = [...new Set(codes)].filter((code) => isName(code))
  if (possible.length === 0) return new Map()
  const found = await sql.$queryRaw<{ code: string; active: boolean }[]>`
    select code, active from location where code = any(${possible}::text[])`
  return new Map(found.map(({ code, active }) => [code, { active }]))
}

// What cannot be a SKU is not asked for: PostgreSQL refuses some characters instead of not finding them.
function storable(skus: readonly string[]): string[] {
  return skus.filter(isSku)
}
