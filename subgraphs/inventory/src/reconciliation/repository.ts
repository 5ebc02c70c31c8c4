import type { Prisma, PrismaClient } from '@commerce/prisma/inventory'

export type DifferenceKind = 'ON_HAND' | 'RESERVED' | 'BEYOND_LIMIT' | 'TRANSFER'

/** A counter that does not say what its rows say. */
export interface Difference {
  kind: DifferenceKind
  /** Null for a transfer over several SKUs, which cannot be. */
  sku: string | null
  location: { code: string } | null
  transferId: string | null
  /** What the counter says. */
  counted: number
  /** What the rows say that it has to be. */
  proven: number
}

export interface Reconciliation {
  checkedAt: Date
  levels: number
  movements: number
  activeHolds: number
  /** The first of them, by kind, SKU and location; `total` says how many there are. */
  differences: Difference[]
  total: number
}

/** How many differences are told one by one. */
export const MOST_DIFFERENCES = 100

interface Row {
  checked_at: Date
  levels: number
  movements: number
  active_holds: number
  total: number
  differences: (Omit<Difference, 'location'> & { location: string | null })[]
}

const LIMIT_MS = 60_000

/**
 * Proves from the rows, in one statement and so on one consistent picture, that on hand is the sum of the ledger, reserved the sum of active
 * holds, nobody holds more than there is and may be promised, and each transfer took from one location what it brought to the other. Reads everything, within a minute; the
 * transaction can write nothing.
 */
export async function reconcile(database: PrismaClient): Promise<Reconciliation> {
  const row = await database.$transaction(
    async (tx) => {
      await tx.$executeRaw`set transaction read only`
      await tx.$executeRawUnsafe(`set local statement_timeout = ${LIMIT_MS}`)
      return readAll(tx)
    },
    { timeout: LIMIT_MS + 5_000 },
  )
  const differences = row.differences.map(({ location, ...rest }) => ({
    ...rest,
    location: location === null ? null : { code: location },
  }))
  const { levels, movements, total } = row
  return { checkedAt: row.checked_at, levels, movements, activeHolds: row.active_holds, differences, total }
}

async function readAll(tx: Prisma.TransactionClient): Promise<Row> {
  const [row] = await tx.$queryRaw<Row[]>`
    with booked as (
      select sku, location, sum(delta)::int as units, count(*)::int as rows from movement group by sku, location
    ), held as (
      select l.sku, l.location, sum(l.quantity)::int as units
      from reservation_line l join reservation r on r.id = l.reservation_id
      where r.state = 'held' group by l.sku, l.location
    ), compared as (
      select l.*, coalesce(b.units, 0) as booked, coalesce(h.units, 0) as held
      from stock_level l left join booked b using (sku, location) left join held h using (sku, location)
    ), difference as (
      select 'ON_HAND' as kind, sku, location, null as transfer, on_hand as counted, booked as proven
      from compared where on_hand <> booked
      union all
      select 'RESERVED', sku, location, null, reserved, held from compared where reserved <> held
      union all
      select 'BEYOND_LIMIT', sku, location, null, reserved, on_hand + backorder_limit
      from compared where reserved > on_hand + backorder_limit
      union all
      select 'TRANSFER', min(sku), null, transfer_id::text, sum(delta)::int, 0
      from movement where transfer_id is not null group by transfer_id
      having sum(delta) <> 0 or count(*) <> 2 or count(distinct sku) <> 1
    ), told as (
      select * from difference order by kind, sku, location, transfer limit ${MOST_DIFFERENCES}
    )
    select now() as checked_at, (select count(*)::int from stock_level) as levels,
      (select coalesce(sum(rows), 0)::int from booked) as movements,
      (select count(*)::int from reservation where state = 'held') as active_holds,
      (select count(*)::int from difference) as total,
      coalesce((select jsonb_agg(jsonb_build_object('kind', kind, 'sku', sku, 'location', location, 'transferId', transfer,
        'counted', counted, 'proven', proven) order by kind, sku, location, transfer) from told), '[]') as differences`
  if (!row) throw new Error('The reconciliation has no answer.')
  return row
}
