import type { Prisma } from '@commerce/prisma/checkout'
import type { Order } from './order.ts'

type Tx = Prisma.TransactionClient

/** The order with its lines, or null. */
export async function findOrder(db: Tx, id: string): Promise<Order | null> {
  const row = await db.order.findUnique({ where: { id }, include: { lines: { orderBy: { position: 'asc' } } } })
  if (!row) return null
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
      total: row.totalMinorUnits,
    },
  }
}

/** Stores a new order and gives it its number; fails when the attempt or the cart has one already. */
export async function insertOrder(tx: Tx, order: Omit<Order, 'number'>): Promise<Order> {
  const { totals, lines, ...rest } = order
  const { number } = await tx.order.create({
    data: {
      ...rest,
      currencyCode: totals.currencyCode,
      subtotalMinorUnits: totals.subtotal,
      discountMinorUnits: totals.discount,
      shippingMinorUnits: totals.shipping,
      taxMinorUnits: totals.tax,
      totalMinorUnits: totals.total,
      lines: { createMany: { data: lines.map((line, position) => ({ ...line, position })) } },
    },
    select: { number: true },
  })
  return { ...order, number }
}

/** Moves an order on; its version grows by one when that changes anything. */
export async function moveOrder(
  tx: Tx,
  id: string,
  { status, paymentState }: Pick<Order, 'status' | 'paymentState'>,
): Promise<void> {
  await tx.$executeRaw`
    update placed_order set status = ${status}, payment_state = ${paymentState}, version = version + 1
    where id = ${id}::uuid and (status, payment_state) <> (${status}, ${paymentState})`
}
