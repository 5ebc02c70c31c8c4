import type { Prisma } from '@commerce/prisma/checkout'
import type { Actor, Parcel, TimelineEntry } from '../order.ts'

type Tx = Prisma.TransactionClient

/** Adds entries to the timelines of orders. */
export async function insertEntries(tx: Tx, entries: readonly (TimelineEntry & { orderId: string })[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ by, note, ...entry }) => ({ ...entry, actor: by.is, actorId: by.id, note: note || null }))
  await tx.$executeRaw`
    insert into order_timeline (order_id, version, at, kind, actor, actor_id, note)
    select "orderId", version, at, kind, actor, "actorId", note
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("orderId" uuid, version int, at timestamptz, kind text,
      actor text, "actorId" text, note text)`
}

/** The timelines of these orders, oldest first, by the order's id. */
export async function findTimelines(db: Tx, orderIds: readonly string[]): Promise<Map<string, TimelineEntry[]>> {
  const rows = await db.orderTimeline.findMany({
    where: { orderId: { in: [...orderIds] } },
    orderBy: [{ orderId: 'asc' }, { version: 'asc' }],
  })
  return byOrder(rows, ({ version, at, kind, actor, actorId, note }) => {
    const by: Actor = { is: actor as Actor['is'], id: actorId }
    return { version, at, kind: kind as TimelineEntry['kind'], by, note }
  })
}

/** Adds parcels behind those that an order has; the order must be locked. */
export async function insertParcels(tx: Tx, orderId: string, parcels: readonly Parcel[]): Promise<void> {
  const before = await tx.orderParcel.count({ where: { orderId } })
  const data = parcels.map(({ lines, ...parcel }, index) => ({
    ...parcel,
    orderId,
    position: before + index,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  }))
  await tx.orderParcel.createMany({ data })
}

/** The parcels of these orders, in the order in which they left, by the order's id. */
export async function findParcels(db: Tx, orderIds: readonly string[]): Promise<Map<string, Parcel[]>> {
  const rows = await db.orderParcel.findMany({
    where: { orderId: { in: [...orderIds] } },
    orderBy: [{ orderId: 'asc' }, { position: 'asc' }],
  })
  return byOrder(rows, ({ lines, ...parcel }) => ({ ...parcel, lines: lines as unknown as Parcel['lines'] }))
}

function byOrder<R extends { orderId: string }, T>(rows: readonly R[], to: (row: R) => T): Map<string, T[]> {
  return new Map([...Map.groupBy(rows, ({ orderId }) => orderId)].map(([orderId, own]) => [orderId, own.map(to)]))
}
