import { Prisma } from '@commerce/prisma/inventory'
import { isSku } from '@commerce/service/sku.ts'
import { isName, type MovementKind } from './change.ts'
import type { Posting, Stock, StockLevel } from './stock.ts'

/** A connection or a transaction. */
export type Sql = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>

/** What the ledger keeps of a change besides its numbers. */
export interface Origin {
  kind: MovementKind
  reason?: string
  idempotencyKey?: string
  reservationId?: string
}

interface Row {
  sku: string
  version: number
  changed_at: Date
  levels: StockLevel[]
}

/** The stock of those SKUs that ever had any, as one consistent picture. */
export async function readStocks(sql: Sql, skus: readonly string[]): Promise<Map<string, Stock>> {
  const rows = await sql.$queryRaw<Row[]>`
    select s.sku, s.version, s.changed_at, ${LEVELS} as levels
    from stock s join stock_level l on l.sku = s.sku join location p on p.code = l.location
    where s.sku = any(${storable(skus)}::text[])
    group by s.sku`
  return new Map(rows.map((row) => [row.sku, stockOf(row)]))
}

/** The levels of one SKU, from the tables l and p. */
const LEVELS = Prisma.sql`
  jsonb_agg(jsonb_build_object(
    'location', jsonb_build_object('code', p.code, 'name', p.name),
    'onHand', l.on_hand, 'reserved', l.reserved, 'safety', l.safety
  ) order by p.code)`

function stockOf({ sku, version, changed_at, levels }: Row): Stock {
  return { sku, version, changedAt: changed_at.toISOString(), levels }
}

/**
 * Keeps everyone else from changing the stock of these SKUs until the transaction ends; answers which of them it could lock. Everyone locks in
 * the same order, so nobody waits in a circle. Read after it, not before, and only what is locked: a SKU that never had stock cannot be (see
 * `openLevels`), and may have come into being since.
 */
export async function lockStocks(sql: Sql, skus: readonly string[]): Promise<string[]> {
  const locked = await sql.$queryRaw<{ sku: string }[]>`
    select sku from stock where sku = any(${storable(skus)}::text[]) order by sku for update`
  return locked.map(({ sku }) => sku)
}

/**
 * Makes the counters of SKUs at locations, all 0, where there are none. Throws, and so undoes the whole transaction, when one of the new SKUs
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
    if (made < fresh.length) throw new CameIntoBeing()
  }
  if (levels.length > 0) {
    await sql.$executeRaw`
      insert into stock_level (sku, location)
      select sku, location from jsonb_to_recordset(${JSON.stringify(levels)}::jsonb) as level(sku text, location text)
      order by sku, location on conflict do nothing`
  }
}

/** A SKU that was not known is known now: what was decided about it is void. */
export class CameIntoBeing extends Error {
  override name = 'CameIntoBeing'
}

/**
 * Writes changes of counters, at most one per SKU and location, in one statement: the levels, their versions and the ledger. Units are
 * only held where they are available. Throws, and so undoes the whole transaction, unless every posting was written. Answers the stocks after it.
 */
export async function post(sql: Sql, postings: readonly (Posting & { origin?: Origin })[]): Promise<Stock[]> {
  if (postings.length === 0) return []
  const rows = postings.map(({ sku, location, onHand = 0, reserved = 0, safety = null, origin }) => ({
    sku,
    location,
    on_hand: onHand,
    reserved,
    safety,
    kind: origin?.kind,
    reason: origin?.reason,
    idempotency_key: origin?.idempotencyKey,
    reservation_id: origin?.reservationId,
  }))
  const stocks = await sql.$queryRaw<(Row & { written: number })[]>`
    with posting as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as p(sku text, location text, on_hand int,
        reserved int, safety int, kind text, reason text, idempotency_key text, reservation_id uuid)
    ), written as (
      update stock_level l
      set on_hand = l.on_hand + p.on_hand, reserved = l.reserved + p.reserved, safety = coalesce(p.safety, l.safety)
      from posting p
      where l.sku = p.sku and l.location = p.location
        and (p.reserved <= 0 or l.on_hand - l.reserved - l.safety >= p.reserved)
      returning l.sku, l.location, l.on_hand, l.reserved, l.safety, p.on_hand as delta, p.kind, p.reason, p.idempotency_key, p.reservation_id
    ), bumped as (
      update stock set version = version + 1, changed_at = clock_timestamp() where sku in (select sku from written)
      returning sku, version, changed_at
    ), booked as (
      insert into movement (sku, location, delta, kind, reason, idempotency_key, reservation_id)
      select sku, location, delta, kind, reason, idempotency_key, reservation_id from written where delta <> 0
    ), level as (
      select sku, location, on_hand, reserved, safety from written
      union all
      select sku, location, on_hand, reserved, safety from stock_level
      where sku in (select sku from written) and (sku, location) not in (select sku, location from written)
    )
    select s.sku, s.version, s.changed_at, ${LEVELS} as levels, (select count(*)::int from written) as written
    from bumped s join level l on l.sku = s.sku join location p on p.code = l.location
    group by s.sku, s.version, s.changed_at`
  const written = stocks[0]?.written ?? 0
  if (written !== postings.length) {
    throw new Error(`Of ${postings.length} changes of stock only ${written} could be made; none was.`)
  }
  return stocks.map(stockOf)
}

/** Those of the codes that are locations. */
export async function existingLocations(sql: Sql, codes: readonly string[]): Promise<Set<string>> {
  const possible = [...new Set(codes)].filter((code) => isName(code))
  if (possible.length === 0) return new Set()
  const found = await sql.$queryRaw<{ code: string }[]>`
    select code from location where code = any(${possible}::text[])`
  return new Set(found.map(({ code }) => code))
}

// What cannot be a SKU is not asked for: PostgreSQL refuses some characters instead of not finding them.
function storable(skus: readonly string[]): string[] {
  return skus.filter(isSku)
}
