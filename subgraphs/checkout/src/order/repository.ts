import { Prisma } from '@commerce/prisma/checkout'
import type { Discount } from '../discount/apply.ts'
import type { Delivery } from '../totals/bill.ts'
import type { Order, OrderLine, Standing } from './order.ts'

type Tx = Prisma.TransactionClient

/** Where an order stands in the list of its viewer. */
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

/** One page of a viewer's orders. */
export async function findOrdersOfViewer(
  db: Tx,
  viewerId: string,
  { limit, backward, position }: OrderPage,
): Promise<Order[]> {
  const [beyond, direction] = backward ? (['gt', 'asc'] as const) : (['lt', 'desc'] as const)
  const rows = await db.order.findMany({
    where: {
      viewerId,
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

/** Stores a new order and gives it its number; fails when the attempt or the cart has one already. */
export async function insertOrder(tx: Tx, order: Omit<Order, 'number'>): Promise<Order> {
  const { totals, lines, shippingAddress, billingAddress, delivery, ...rest } = order
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

/** Moves an order on; its version grows by one. Null, and nothing grows, when it stands there already. */
export async function moveOrder(tx: Tx, id: string, { status, paymentState }: Standing): Promise<Order | null> {
  const moved = await tx.$executeRaw`
    update placed_order set status = ${status}, payment_state = ${paymentState}, version = version + 1
    where id = ${id}::uuid and (status, payment_state) <> (${status}, ${paymentState})`
  return moved === 1 ? findOrder(tx, id) : null
}

type Row = Prisma.OrderGetPayload<{ include: typeof WITH_LINES }>

function toOrder(row: Row): Order {
  return {
    ...row,
    status: row.status as Order['status'],
    paymentState: row.paymentState as Order['paymentState'],
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
