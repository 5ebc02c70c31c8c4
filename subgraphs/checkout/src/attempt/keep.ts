import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { acceptPrices, completeCart, stopPlacing } from '../cart/repository.ts'
import { orderPlaced } from '../order/order.ts'
import { insertOrder, moveOrder } from '../order/repository.ts'
import { type Attempt, type AttemptState, type Fact, type Failure, isOver, isRevocable } from './attempt.ts'
import { type Lease, saveState } from './repository.ts'

type Tx = Prisma.TransactionClient

/**
 * Keeps a step of an attempt: its next state and all that follows from it, in the caller's transaction. False, and nothing is kept, when the lease
 * was lost meanwhile.
 */
export async function keep(
  tx: Tx,
  emit: Emit,
  attempt: Attempt,
  fact: Fact,
  next: AttemptState,
  lease: Lease,
  now: Date,
): Promise<boolean> {
  const { state: before } = attempt
  if (!(await saveState(tx, attempt, next, lease, { over: isOver(next) }))) return false
  if (before.at === 'authorized' && next.at === 'ordered')
    await placeOrder(tx, emit, attempt, before, next.orderId, now)
  if (isRevocable(before) && (next.at === 'undoing' || next.at === 'failed')) await openCart(tx, attempt, next.failure)
  if (fact.is === 'stillShort' && before.at === 'ordered') {
    await moveOrder(tx, before.orderId, { status: 'AWAITING_STOCK', paymentState: 'AUTHORIZED' })
  }
  if (next.at === 'done') await moveOrder(tx, next.orderId, { status: 'CONFIRMED', paymentState: 'CAPTURED' })
  return true
}

async function placeOrder(
  tx: Tx,
  emit: Emit,
  { id, cartId, viewerId }: Attempt,
  { lines, totals, round }: AttemptState & { at: 'authorized' },
  orderId: string,
  now: Date,
): Promise<void> {
  const order = await insertOrder(tx, {
    id: orderId,
    attemptId: id,
    cartId,
    viewerId,
    status: 'PLACED',
    paymentState: 'AUTHORIZED',
    totals,
    version: 1,
    placedAt: now,
    lines: lines.map(({ sku, title, quantity, unitMinorUnits }) => ({ sku, title, quantity, unitMinorUnits })),
  })
  if (!(await completeCart(tx, cartId, id))) throw new Error(`Cart ${cartId} is not held by attempt ${id}.`)
  emit(event('checkout.order.placed', orderPlaced(order, round)))
}

// What remains to be undone elsewhere does not keep the shopper from going on.
async function openCart(tx: Tx, { id, cartId }: Attempt, failure: Failure): Promise<void> {
  if (failure.is === 'pricesChanged' && failure.changes.length > 0) await acceptPrices(tx, cartId, failure.changes)
  await stopPlacing(tx, cartId, id)
}
