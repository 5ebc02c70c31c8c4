import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { cartChanged } from '../cart/cart.ts'
import { completeCart, findCart, stopPlacing } from '../cart/repository.ts'
import { giveBackUses, takeUses } from '../discount/repository.ts'
import { orderChanged, orderPlaced, type Standing } from '../order/order.ts'
import { insertOrder, moveOrder } from '../order/repository.ts'
import type { BilledLine } from '../totals/bill.ts'
import { type Attempt, type AttemptState, advance, type Fact, hasOrder, isOver, isRevocable } from './attempt.ts'
import { holdsLease, type Lease, saveState } from './repository.ts'

type Tx = Prisma.TransactionClient

/**
 * Keeps a step of an attempt: its next state, which is answered, and all that follows from it, in the caller's transaction. Null, and nothing is kept,
 * when the lease was lost meanwhile. An order whose promotions have no use left becomes a failure instead.
 */
export async function keep(
  tx: Tx,
  emit: Emit,
  attempt: Attempt,
  found: Fact,
  lease: Lease,
  now: Date,
): Promise<AttemptState | null> {
  const { state: before } = attempt
  if (!(await holdsLease(tx, attempt, lease))) return null
  const fact = found.is === 'ordered' ? await withUses(tx, before, found, now) : found
  const next = advance(before, fact)
  await saveState(tx, attempt, next, lease, { over: isOver(next) })
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
    if (order?.status === 'CANCELLED') await giveBackUses(tx, order.id)
    if (order) emit(event('checkout.order.changed', orderChanged(order, now)))
  }
  return next
}

// The shopper agreed to a total with the discount: without it there is another one to agree to.
async function withUses(tx: Tx, before: AttemptState, ordered: Fact & { is: 'ordered' }, now: Date): Promise<Fact> {
  if (before.at !== 'authorized' || !before.details) return ordered
  const { used, customer } = before.details
  if (await takeUses(tx, ordered.orderId, customer, used, now)) return ordered
  const { currencyCode } = before.totals
  return { is: 'failed', failure: { is: 'pricesChanged', currencyCode, changes: [] } }
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
  { lines, totals, round, details }: AttemptState & { at: 'authorized' },
  orderId: string,
  now: Date,
): Promise<void> {
  const cart = await completeCart(tx, cartId, id)
  const content = await findCart(tx, cartId)
  if (!cart || !content) throw new Error(`Cart ${cartId} is not held by attempt ${id}.`)
  const billed = new Map(details?.lines.map((line) => [line.sku, line]))
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
    buyerEmail: content.buyerEmail,
    shippingAddress: content.shippingAddress,
    billingAddress: content.billingAddress,
    delivery: details?.delivery ?? null,
    lines: lines.map(({ sku, title, quantity, unitMinorUnits }) => {
      return { ...(billed.get(sku) ?? notBilled(sku)), title, quantity, unitMinorUnits }
    }),
  })
  emit(cartChanged(cart))
  emit(event('checkout.order.placed', orderPlaced(order, round)))
  emit(event('checkout.order.changed', orderChanged(order, now)))
}

// Of an attempt that was quoted before there were discounts and taxes.
function notBilled(sku: string): BilledLine {
  return { sku, discounts: [], discountMinorUnits: 0n, taxMinorUnits: 0n, taxIncludedMinorUnits: 0n }
}
