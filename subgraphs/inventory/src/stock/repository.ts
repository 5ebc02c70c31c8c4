import type { Prisma } from '@commerce/prisma/inventory'
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
    select s.sku, s.version, s.changed_at,
      jsonb_agg(jsonb_build_object(
        'location', jsonb_build_object('code', p.code, 'name', p.name),
        'onHand', l.on_hand, 'reserved', l.reserved, 'safety', l.safety
      ) order by p.code) as levels
    from stock s join stock_level l on l.sku = s.sku join location p on p.code = l.location
    where s.sku = any(${storable(skus)}::text[])
    group by s.sku`
  return new Map(
    rows.map(({ sku, version, changed_at, levels }) => [
      sku,
      { sku, version, changedAt: changed_at.toISOString(), levels },
    ]),
  )
}

/**
 * Keeps everyone else from changing the stock of these SKUs until the transaction ends; answers which of them it could lock. Everyone locks in
 * the same order, so nobody waits in a circle. Read after it, not before, and only what is locked: a SKU that never had stock cannot be (see
 * `openLevel`), and may have come into being since.
 */
export async function lockStocks(sql: Sql, skus: readonly string[]): Promise<string[]> {
  const locked = await sql.$queryRaw<{ sku: string }[]>`
    select sku from stock where sku = any(${storable(skus)}::text[]) order by sku for update`
  return locked.map(({ sku }) => sku)
}

/** Makes the counters of a SKU at a location, all 0, if there are none; false when the SKU came into being meanwhile: lock it and look again. */
export async function openLevel(sql: Sql, { sku, location }: Posting, isNew: boolean): Promise<boolean> {
  if (isNew) {
    const made = await sql.$executeRaw`insert into stock (sku, version) values (${sku}, 0) on conflict do nothing`
    if (made === 0) return false
  }
  await sql.$executeRaw`insert into stock_level (sku, location) values (${sku}, ${location}) on conflict do nothing`
  return true
}

/**
 * Writes changes of counters, at most one per SKU and location, in one statement: the levels, their versions and the ledger. Units are
 * only held where they are available. Throws, and so undoes the whole transaction, unless every posting was written. Answers the stock after it.
 */
export async function post(sql: Sql, postings: readonly Posting[], origin?: Origin): Promise<Stock[]> {
  const rows = postings.map(({ sku, location, onHand = 0, reserved = 0, safety = null }) => ({
    sku,
    location,
    on_hand: onHand,
    reserved,
    safety,
  }))
  const [result] = await sql.$queryRaw<{ written: number }[]>`
    with posting as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as p(sku text, location text, on_hand int, reserved int, safety int)
    ), written as (
      update stock_level l
      set on_hand = l.on_hand + p.on_hand, reserved = l.reserved + p.reserved, safety = coalesce(p.safety, l.safety)
      from posting p
      where l.sku = p.sku and l.location = p.location
        and (p.reserved <= 0 or l.on_hand - l.reserved - l.safety >= p.reserved)
      returning l.sku, l.location, p.on_hand as delta
    ), bumped as (
      update stock set version = version + 1, changed_at = clock_timestamp() where sku in (select sku from written)
    ), booked as (
      insert into movement (sku, location, delta, kind, reason, idempotency_key, reservation_id)
      select sku, location, delta, ${origin?.kind ?? null}::text, ${origin?.reason ?? null}::text,
        ${origin?.idempotencyKey ?? null}::text, ${origin?.reservationId ?? null}::uuid
      from written where delta <> 0
    )
    select count(*)::int as written from written`
  if (result?.written !== postings.length) {
    throw new Error(`Of ${postings.length} changes of stock only ${result?.written} could be made; none was.`)
  }
  const stocks = await readStocks(sql, [...new Set(postings.map(({ sku }) => sku))])
  return [...stocks.values()]
}

export async function locationExists(sql: Sql, code: string): Promise<boolean> {
  if (!isName(code)) return false
  const found = await sql.$queryRaw<unknown[]>`select 1 from location where code = ${code}`
  return found.length > 0
}

// What cannot be a SKU is not asked for: PostgreSQL refuses some characters instead of not finding them.
function storable(skus: readonly string[]): string[] {
  return skus.filter(isSku)
}
