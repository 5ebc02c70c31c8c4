import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { giveBackUses } from '../discount/repository.ts'
import type { Changed } from './life.ts'
import { type Actor, type Order, orderChanged } from './order.ts'
import { insertEntry, saveOrder } from './repository.ts'

/** Keeps a change of a locked order with all that belongs to it: its version, the entry of its timeline and its event, in the caller's transaction. */
export async function keepChange(
  tx: Prisma.TransactionClient,
  emit: Emit,
  { order, kind, note }: Changed,
  by: Actor,
  at: Date,
): Promise<Order> {
  const saved = await saveOrder(tx, order)
  if (kind === 'CANCELLED') await giveBackUses(tx, order.id)
  await insertEntry(tx, saved.id, { version: saved.version, at, kind, by, note })
  emit(event('checkout.order.changed', orderChanged(saved, at)))
  return saved
}
