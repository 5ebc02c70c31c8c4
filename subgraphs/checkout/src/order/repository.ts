import type { Prisma } from '@commerce/prisma/checkout'
import type { Discount } from '../discount/apply.ts'
import { jsonOf } from '../json.ts'
import type { Delivery } from '../totals/bill.ts'
import type { Order, OrderStatus } from './order.ts'

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
  return (await findOrdersById(db, [id])).get(id) ?? null
}

/** These orders with their lines, by id. */
export async function findOrdersById(db: Tx, ids: readonly string[]): Promise<Map<string, Order>> {
  const rows = await db.order.findMany({ where: { id: { in: [...ids] } }, include: WITH_LINES })
  return new Map(rows.map((row) => [row.id, toOrder(row)]))
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
  return (await lockOrders(tx, [id])).get(id) ?? null
}

/** These orders with their lines, by id, nobody else changing them until the transaction ends. */
export async function lockOrders(tx: Tx, ids: readonly string[]): Promise<Map<string, Order>> {
  if (ids.length === 0) return new Map()
  await tx.$queryRaw`select 1 from placed_order where id = any(${[...ids]}::uuid[]) order by id for update`
  return findOrdersById(tx, ids)
}

/** Stores new orders and gives them their numbers; fails when the attempt or the cart of one has one already. */
export async function insertOrders(tx: Tx, orders: readonly Omit<Order, 'number'>[]): Promise<Order[]> {
  if (orders.length === 0) return []
  const rows = orders.map((order) => ({ ...order, ...order.totals, lines: undefined, totals: undefined }))
  const numbered = await tx.$queryRaw<{ id: string; number: bigint }[]>`
    insert into placed_order (id, attempt_id, cart_id, viewer_id, status, payment_state, currency_code, subtotal_minor_units,
      discount_minor_units, shipping_minor_units, tax_minor_units, tax_included_minor_units, total_minor_units, buyer_email,
      shipping_address, billing_address, delivery, round, reservation_id, version, placed_at)
    select id, "attemptId", "cartId", "viewerId", status, "paymentState", "currencyCode", subtotal, discount, shipping, tax,
      coalesce("taxIncluded", 0), total, "buyerEmail", "shippingAddress", "billingAddress", delivery, round, "reservationId",
      version, "placedAt"
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as row(id uuid, "attemptId" uuid, "cartId" uuid, "viewerId" text, status text,
      "paymentState" text, "currencyCode" text, subtotal bigint, discount bigint, shipping bigint, tax bigint,
      "taxIncluded" bigint, total bigint, "buyerEmail" text, "shippingAddress" jsonb, "billingAddress" jsonb, delivery jsonb,
      round uuid, "reservationId" uuid, version int, "placedAt" timestamptz)
    returning id::text, number`
  await insertLines(tx, orders)
  const numbers = new Map(numbered.map(({ id, number }) => [id, number]))
  return orders.map((order) => ({ ...order, number: numbers.get(order.id) as bigint }))
}

async function insertLines(tx: Tx, orders: readonly Pick<Order, 'id' | 'lines'>[]): Promise<void> {
  const rows = orders.flatMap(({ id, lines }) => lines.map((line, position) => ({ ...line, order_id: id, position })))
  await tx.$executeRaw`
    insert into placed_order_line (order_id, position, sku, title, quantity, unit_minor_units, fulfilled, returned, discounts,
      discount_minor_units, tax_minor_units, tax_included_minor_units)
    select order_id, position, sku, title, quantity, "unitMinorUnits", fulfilled, returned, discounts,
      "discountMinorUnits", "taxMinorUnits", "taxIncludedMinorUnits"
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as row(order_id uuid, position int, sku text, title text, quantity int,
      "unitMinorUnits" bigint, fulfilled int, returned int, discounts jsonb, "discountMinorUnits" bigint, "taxMinorUnits" bigint,
      "taxIncludedMinorUnits" bigint)`
}

/** Stores what can change of orders, which must be locked, and counts their versions; answers the orders with them. */
export async function saveOrders(tx: Tx, orders: readonly Order[]): Promise<Order[]> {
  if (orders.length === 0) return []
  const rows = orders.map(({ id, status, paymentState, captured, refunded, refunding, reservationId, hold }) => ({
    ...{ id, status, paymentState, captured, refunded, refunding, reservationId },
    held_at: hold?.at,
    held_for: hold?.reason,
  }))
  await tx.$executeRaw`
    update placed_order set status = row.status, payment_state = row."paymentState", captured_minor_units = row.captured,
      refunded_minor_units = row.refunded, refunding_minor_units = row.refunding, reservation_id = row."reservationId",
      held_at = row.held_at, held_for = row.held_for, version = version + 1
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as row(id uuid, status text, "paymentState" text, captured bigint,
      refunded bigint, refunding bigint, "reservationId" uuid, held_at timestamptz, held_for text)
    where placed_order.id = row.id and placed_order.id = any(${orders.map(({ id }) => id)}::uuid[])`
  await saveLines(tx, orders)
  return orders.map((order) => ({ ...order, version: order.version + 1 }))
}

// What was sent and came back only grows: of which nothing was sent, nothing changed.
async function saveLines(tx: Tx, orders: readonly Order[]): Promise<void> {
  const rows = orders.flatMap(({ id, lines }) =>
    lines.flatMap(({ sku, fulfilled, returned }) =>
      fulfilled > 0 ? [{ order_id: id, sku, fulfilled, returned }] : [],
    ),
  )
  if (rows.length === 0) return
  await tx.$executeRaw`
    update placed_order_line as line set fulfilled = now.fulfilled, returned = now.returned
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as now(order_id uuid, sku text, fulfilled int, returned int)
    where line.order_id = now.order_id and line.sku = now.sku
      and line.order_id = any(${rows.map(({ order_id }) => order_id)}::uuid[])
      and (line.fulfilled, line.returned) <> (now.fulfilled, now.returned)`
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

function toDiscount(stored: Stored<Discount>): Discount {
  return { ...stored, minorUnits: BigInt(stored.minorUnits) }
}

function toDelivery({ minorUnits, discount, ...rest }: Stored<Delivery>): Delivery {
  const stored = discount as unknown as Stored<Discount> | null
  return { ...rest, minorUnits: BigInt(minorUnits), discount: stored && toDiscount(stored) }
}
