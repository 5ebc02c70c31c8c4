// Above the usual length: an order's row has two tables of its history beside it, which are read and written with it.
import { Prisma } from '@commerce/prisma/checkout'
import type { Discount } from '../discount/apply.ts'
import type { Delivery } from '../totals/bill.ts'
import type { Actor, Order, OrderLine, OrderStatus, Parcel, TimelineEntry } from './order.ts'

type Tx = Prisma.TransactionClient

/** Where an order stands in a list. */
export type OrderPosition = Pick<Order, 'placedAt' | 'number'>

/** Up to `limit + 1` orders from a position on, newest first; backward those before it, the nearest first. */
export interface OrderPage {
  limit: number
  backward: boolean
  position: OrderPosition | null
}

const WITH_LINES = { lines: { orderBy: { position: 'asc' } } } satisfies Prisma.OrderInclude

/** The order with its lines, or null. */
export async function findOrder(db: Tx, id: string): Promise<Order | null> {
  const row = await db.order.findUnique({ where: { id }, include: WITH_LINES })
  return row && toOrder(row)
}

/** The orders of these carts, by the cart's id. */
export async function findOrdersOfCarts(db: Tx, cartIds: readonly string[]): Promise<Map<string, Order>> {
  const rows = await db.order.findMany({ where: { cartId: { in: [...cartIds] } }, include: WITH_LINES })
  return new Map(rows.map((row) => [row.cartId, toOrder(row)]))
}

/** Which orders a list has. */
export interface OrderFilter {
  viewerId?: string
  /** Any of these; absent: all. */
  statuses?: readonly OrderStatus[]
}

/** One page of orders. */
export async function findOrders(
  db: Tx,
  { viewerId, statuses }: OrderFilter,
  { limit, backward, position }: OrderPage,
): Promise<Order[]> {
  const [beyond, direction] = backward ? (['gt', 'asc'] as const) : (['lt', 'desc'] as const)
  const rows = await db.order.findMany({
    where: {
      ...(viewerId !== undefined && { viewerId }),
      ...(statuses && { status: { in: [...statuses] } }),
      ...(position && {
        placedAt: { [`${beyond}e`]: position.placedAt }, // implied by what follows, but this the index understands
        OR: [
          { placedAt: { [beyond]: position.placedAt } },
          { placedAt: position.placedAt, number: { [beyond]: position.number } },
        ],
      }),
    },
    orderBy: [{ placedAt: direction }, { number: direction }],
    take: limit + 1,
    include: WITH_LINES,
  })
  return rows.map(toOrder)
}

/** The order with its lines, nobody else changing it until the transaction ends; or null. */
export async function lockOrder(tx: Tx, id: string): Promise<Order | null> {
  await tx.$queryRaw`select 1 from placed_order where id = ${id}::uuid for update`
  return findOrder(tx, id)
}

/** Stores a new order and gives it its number; fails when the attempt or the cart has one already. */
export async function insertOrder(tx: Tx, order: Omit<Order, 'number'>): Promise<Order> {
  const { totals, lines, shippingAddress, billingAddress, delivery, ...more } = order
  const { hold: _, captured: __, refunded: ___, refunding: ____, ...rest } = more
  const { number } = await tx.order.create({
    data: {
      ...rest,
      currencyCode: totals.currencyCode,
      subtotalMinorUnits: totals.subtotal,
      discountMinorUnits: totals.discount,
      shippingMinorUnits: totals.shipping,
      taxMinorUnits: totals.tax,
      taxIncludedMinorUnits: totals.taxIncluded ?? 0n, // of an attempt that was quoted before there was any
      shippingAddress: json(shippingAddress),
      billingAddress: json(billingAddress),
      delivery: json(delivery),
      totalMinorUnits: totals.total,
      lines: { createMany: { data: lines.map((line, position) => toLineRow(line, position)) } },
    },
    select: { number: true },
  })
  return { ...order, number }
}

/** Stores what can change of an order, which must be locked, and counts its version; answers the order with it. */
export async function saveOrder(tx: Tx, order: Order): Promise<Order> {
  const { hold } = order
  await tx.$executeRaw`
    update placed_order set status = ${order.status}, payment_state = ${order.paymentState},
      captured_minor_units = ${order.captured}, refunded_minor_units = ${order.refunded},
      refunding_minor_units = ${order.refunding}, reservation_id = ${order.reservationId}::uuid,
      held_at = ${hold?.at ?? null}, held_for = ${hold?.reason ?? null}, version = version + 1
    where id = ${order.id}::uuid`
  await tx.$executeRaw`
    update placed_order_line as line set fulfilled = now.fulfilled, returned = now.returned
    from jsonb_to_recordset(${JSON.stringify(order.lines.map(({ sku, fulfilled, returned }) => ({ sku, fulfilled, returned })))}::jsonb)
      as now(sku text, fulfilled int, returned int)
    where line.order_id = ${order.id}::uuid and line.sku = now.sku
      and (line.fulfilled, line.returned) <> (now.fulfilled, now.returned)`
  return { ...order, version: order.version + 1 }
}

/** Adds an entry to an order's timeline. */
export async function insertEntry(
  tx: Tx,
  orderId: string,
  { version, at, kind, by, note }: TimelineEntry,
): Promise<void> {
  const data = { orderId, version, at, kind, actor: by.is, actorId: by.id, note: note || null }
  await tx.orderTimeline.create({ data })
}

/** The timelines of these orders, oldest first, by the order's id. */
export async function findTimelines(db: Tx, orderIds: readonly string[]): Promise<Map<string, TimelineEntry[]>> {
  const rows = await db.orderTimeline.findMany({
    where: { orderId: { in: [...orderIds] } },
    orderBy: [{ orderId: 'asc' }, { version: 'asc' }],
  })
  return grouped(rows, ({ version, at, kind, actor, actorId, note }) => {
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
  return grouped(rows, ({ lines, ...parcel }) => ({ ...parcel, lines: lines as unknown as Parcel['lines'] }))
}

function grouped<R extends { orderId: string }, T>(rows: readonly R[], to: (row: R) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(row.orderId)
    if (group) group.push(to(row))
    else groups.set(row.orderId, [to(row)])
  }
  return groups
}

type Row = Prisma.OrderGetPayload<{ include: typeof WITH_LINES }>

function toOrder(row: Row): Order {
  return {
    ...row,
    status: row.status as Order['status'],
    paymentState: row.paymentState as Order['paymentState'],
    hold: row.heldAt && row.heldFor !== null ? { at: row.heldAt, reason: row.heldFor } : null,
    captured: row.capturedMinorUnits,
    refunded: row.refundedMinorUnits,
    refunding: row.refundingMinorUnits,
    totals: {
      currencyCode: row.currencyCode,
      subtotal: row.subtotalMinorUnits,
      discount: row.discountMinorUnits,
      shipping: row.shippingMinorUnits,
      tax: row.taxMinorUnits,
      taxIncluded: row.taxIncludedMinorUnits,
      total: row.totalMinorUnits,
    },
    shippingAddress: row.shippingAddress as Order['shippingAddress'],
    billingAddress: row.billingAddress as Order['billingAddress'],
    delivery: row.delivery === null ? null : toDelivery(row.delivery as unknown as Stored<Delivery>),
    lines: row.lines.map((line) => ({
      ...line,
      discounts: (line.discounts as unknown as Stored<Discount>[]).map(toDiscount),
    })),
  }
}

// JSON has no bigint: amounts are stored as strings.
type Stored<T> = Omit<T, 'minorUnits'> & { minorUnits: string }

function json(value: object | null) {
  return value === null
    ? Prisma.DbNull
    : JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)))
}

function toLineRow({ discounts, ...line }: OrderLine, position: number) {
  return { ...line, position, discounts: discounts.map((each) => ({ ...each, minorUnits: String(each.minorUnits) })) }
}

function toDiscount(stored: Stored<Discount>): Discount {
  return { ...stored, minorUnits: BigInt(stored.minorUnits) }
}

function toDelivery({ minorUnits, discount, ...rest }: Stored<Delivery>): Delivery {
  const stored = discount as unknown as Stored<Discount> | null
  return { ...rest, minorUnits: BigInt(minorUnits), discount: stored && toDiscount(stored) }
}
