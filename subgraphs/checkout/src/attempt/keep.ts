import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { cartChanged } from '../cart/cart.ts'
import { completeCart, findCart, stopPlacing } from '../cart/repository.ts'
import { takeUses } from '../discount/repository.ts'
import { keepChange } from '../order/change.ts'
import { type Changed, captured, captureRefused, givenUp, mayCapture, stockMissing, voided } from '../order/life.ts'
import { type Order, orderChanged, orderPlaced, SHOP } from '../order/order.ts'
import { insertEntry, insertOrder, lockOrder } from '../order/repository.ts'
import type { BilledLine } from '../totals/bill.ts'
import { type Attempt, type AttemptState, advance, type Fact, hasOrder, isOver, isRevocable } from './attempt.ts'
import { holdsLease, type Lease, saveState } from './repository.ts'

type Tx = Prisma.TransactionClient

/** What was kept: the fact, which may be another one than was found out, because the order may not go on, and the state after it. */
export interface Kept {
  fact: Fact
  state: AttemptState
}

/**
 * Keeps a step of an attempt: its next state and all that follows from it, in the caller's transaction. Null, and nothing is kept, when the lease
 * was lost meanwhile. An order whose promotions have no use left becomes a failure instead.
 */
export async function keep(
  tx: Tx,
  emit: Emit,
  attempt: Attempt,
  found: Fact,
  lease: Lease,
  now: Date,
): Promise<Kept | null> {
  const { state: before } = attempt
  // Orders are locked before attempts, here as everywhere.
  const order = hasOrder(before) ? await lockOrder(tx, before.orderId) : null
  // Where something is read first, nobody may go on in between.
  if ((order || found.is === 'ordered') && !(await holdsLease(tx, attempt, lease))) return null
  const fact = await asItMay(tx, before, found, order, now)
  const state = advance(before, fact)
  if (!(await saveState(tx, attempt, state, lease, { over: isOver(state) }))) return null
  if (before.at === 'authorized' && state.at === 'ordered')
    await placeOrder(tx, emit, attempt, before, state.orderId, now)
  // What remains to be undone elsewhere does not keep the shopper from going on.
  if (isRevocable(before) && fact.is === 'failed') {
    const cart = await stopPlacing(tx, attempt.cartId, attempt.id)
    if (cart) emit(cartChanged(cart))
  }
  const change = order && changeAfter(order, before, fact, now)
  if (change) await keepChange(tx, emit, change, SHOP, now)
  return { fact, state }
}

// What was found out, or what it comes to when that may not be: promotions that are used up, an order that is held.
async function asItMay(tx: Tx, before: AttemptState, found: Fact, order: Order | null, now: Date): Promise<Fact> {
  if (found.is === 'ordered') return withUses(tx, before, found, now)
  const asksToCapture = found.is === 'sold' || found.is === 'cleared'
  return asksToCapture && order && !mayCapture(order) ? { is: 'heldBack' } : found
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
function changeAfter(stored: Order, before: AttemptState, fact: Fact, now: Date): Changed | null {
  // The units it takes may be those of another reservation than the first.
  const order =
    before.at === 'sold' ? { ...stored, reservationId: before.reservationId ?? stored.reservationId } : stored
  switch (fact.is) {
    case 'stillShort':
      return stockMissing(order)
    case 'captured':
      return captured(order)
    case 'captureRefused':
      return captureRefused(order, `The payment could not be captured: ${fact.message}`, now)
    case 'goneForGood':
      return givenUp(order)
    case 'voided':
      return voided(order, fact.problem)
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
    hold: null,
    captured: 0n,
    refunded: 0n,
    refunding: 0n,
    round,
    reservationId: round,
    totals,
    version: 1,
    placedAt: now,
    buyerEmail: content.buyerEmail,
    shippingAddress: content.shippingAddress,
    billingAddress: content.billingAddress,
    delivery: details?.delivery ?? null,
    lines: lines.map(({ sku, title, quantity, unitMinorUnits }) => {
      return { ...(billed.get(sku) ?? notBilled(sku)), title, quantity, unitMinorUnits, fulfilled: 0, returned: 0 }
    }),
  })
  await insertEntry(tx, orderId, {
    version: order.version,
    at: now,
    kind: 'PLACED',
    by: { is: 'CUSTOMER', id: viewerId },
    note: null,
  })
  emit(cartChanged(cart))
  emit(event('checkout.order.placed', orderPlaced(order)))
  emit(event('checkout.order.changed', orderChanged(order, now)))
}

// Of an attempt that was quoted before there were discounts and taxes.
function notBilled(sku: string): BilledLine {
  return { sku, discounts: [], discountMinorUnits: 0n, taxMinorUnits: 0n, taxIncludedMinorUnits: 0n }
}
