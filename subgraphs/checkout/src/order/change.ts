import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { giveBackUses } from '../discount/repository.ts'
import { insertEntries } from './history/repository.ts'
import type { Changed } from './life.ts'
import { type Actor, type Order, orderChanged } from './order.ts'
import { saveOrders } from './repository.ts'

/** A change of an order, and where its event belongs. */
export interface OwnChange {
  changed: Changed
  emit: Emit
}

/** Keeps changes of locked orders with all that belongs to them: their versions, the entries of their timelines and their events, in the caller's transaction. */
export async function keepChanges(
  tx: Prisma.TransactionClient,
  changes: readonly OwnChange[],
  by: Actor,
  at: Date,
): Promise<Order[]> {
  const saved = await saveOrders(
    tx,
    changes.map(({ changed }) => changed.order),
  )
  const kept = saved.map((order, i) => ({ ...(changes[i] as OwnChange), order }))
  for (const { order, changed } of kept) if (changed.kind === 'CANCELLED') await giveBackUses(tx, order.id)
  await insertEntries(
    tx,
    kept.map(({ order, changed: { kind, note } }) => ({
      orderId: order.id,
      version: order.version,
      at,
      kind,
      by,
      note,
    })),
  )
  for (const { order, emit } of kept) emit(event('checkout.order.changed', orderChanged(order, at)))
  return saved
}

/** `keepChanges` of one. */
export async function keepChange(
  tx: Prisma.TransactionClient,
  emit: Emit,
  changed: Changed,
  by: Actor,
  at: Date,
): Promise<Order> {
  const [order] = await keepChanges(tx, [{ changed, emit }], by, at)
  return order as Order
}
