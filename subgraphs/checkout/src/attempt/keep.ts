import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { cartChanged } from '../cart/cart.ts'
import { completeCart, stopPlacing } from '../cart/repository.ts'
import { orderChanged, orderPlaced, type Standing } from '../order/order.ts'
import { insertOrder, moveOrder } from '../order/repository.ts'
import { type Attempt, type AttemptState, type Fact, hasOrder, isOver, isRevocable } from './attempt.ts'
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
  // What remains to be undone elsewhere does not keep the shopper from going on.
  if (isRevocable(before) && fact.is === 'failed') {
    const cart = await stopPlacing(tx, attempt.cartId, attempt.id)
    if (cart) emit(cartChanged(cart))
  }
  const standing = standingAfter(fact)
  if (standing && hasOrder(before)) {
    const order = await moveOrder(tx, before.orderId, standing)
    if (order) emit(event('checkout.order.changed', orderChanged(order, now)))
  }
  return true
}

// Null: the order stands as before.
function standingAfter(fact: Fact): Standing | null {
  switch (fact.is) {
    case 'stillShort':
      return { status: 'AWAITING_STOCK', paymentState: 'AUTHORIZED' }
    case 'captured':
      return { status: 'CONFIRMED', paymentState: 'CAPTURED' }
    case 'goneForGood':
      return { status: 'CANCELLED', paymentState: 'AUTHORIZED' }
    case 'voided':
      return { status: 'CANCELLED', paymentState: 'VOIDED' }
    default:
      return null
  }
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
  const cart = await completeCart(tx, cartId, id)
  if (!cart) throw new Error(`Cart ${cartId} is not held by attempt ${id}.`)
  emit(cartChanged(cart))
  emit(event('checkout.order.placed', orderPlaced(order, round)))
  emit(event('checkout.order.changed', orderChanged(order, now)))
}
