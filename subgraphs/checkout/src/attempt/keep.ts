// Above the usual length: what follows from each step of an attempt is one story, told for all attempts of a transaction at once.
import { event } from '@commerce/events/contracts.ts'
import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { type Cart, cartChanged } from '../cart/cart.ts'
import { completeCarts, lockCarts, stopPlacing } from '../cart/repository.ts'
import { lockPromotions, takeUses } from '../discount/repository.ts'
import { keepChanges } from '../order/change.ts'
import { insertEntries } from '../order/history/repository.ts'
import { type Changed, captured, captureRefused, givenUp, mayCapture, stockMissing, voided } from '../order/life.ts'
import { type Order, orderChanged, orderPlaced, SHOP } from '../order/order.ts'
import { insertOrders, lockOrders } from '../order/repository.ts'
import type { BilledLine } from '../totals/bill.ts'
import { type Attempt, type AttemptState, advance, type Fact, hasOrder, isRevocable } from './attempt.ts'
import { type Lease, type Leased, lockLeased, saveStates } from './repository.ts'

type Tx = Prisma.TransactionClient

/** A step of an attempt that is to be kept. */
export interface Step {
  /** As far as it has come, which may be further than what is stored of it. */
  attempt: Attempt
  /** The phase that is stored. */
  stored: AttemptState['at']
  lease: Lease
  /** What the step found out. */
  found: Fact
  emit: Emit
}

/** What was kept: the fact, which may be another one than was found out, because the order may not go on, and the state after it. */
export interface Kept {
  fact: Fact
  state: AttemptState
}

interface Going extends Step, Kept {
  order: Order | null
}

/**
 * Keeps steps of attempts: their next states and all that follows from them, in the caller's transaction; a handful of statements, however many they
 * are. Null, and nothing is kept, where the lease was lost meanwhile. An order whose promotions have no use left becomes a failure instead.
 */
export async function keepAll(tx: Tx, steps: readonly Step[], now: Date): Promise<(Kept | null)[]> {
  // Orders are locked before carts, and carts before attempts, here as everywhere.
  const orders = await lockOrders(
    tx,
    steps.flatMap(({ attempt: { state } }) => (hasOrder(state) ? [state.orderId] : [])),
  )
  const orderOf = ({ attempt: { state } }: Step) => (hasOrder(state) ? (orders.get(state.orderId) ?? null) : null)
  const carts = await lockCarts(
    tx,
    steps.filter(endsPlacing).map(({ attempt }) => attempt.cartId),
  )
  // Where something is read first, nobody may go on in between.
  const reads = (step: Step) => orderOf(step) !== null || step.found.is === 'ordered'
  const mine = await lockLeased(tx, steps.filter(reads).map(leasedOf))
  const going: Going[] = []
  const able = steps.filter((step) => !reads(step) || mine.has(step.attempt.id))
  await lockPromotions(tx, able.flatMap(promotionsOf))
  for (const step of able) {
    const order = orderOf(step)
    const fact = await asItMay(tx, step, order, now)
    going.push({ ...step, order, fact, state: advance(step.attempt.state, fact) })
  }
  const saved = await saveStates(
    tx,
    going.map((step) => ({ ...leasedOf(step), next: step.state })),
  )
  const kept = going.filter(({ attempt }) => saved.has(attempt.id))
  await placeOrders(tx, kept, carts, now)
  await letCartsGo(tx, kept)
  const changes = kept.flatMap(({ attempt, order, fact, emit }) => {
    const changed = order && changeAfter(order, attempt.state, fact, now)
    return changed ? [{ changed, emit }] : []
  })
  await keepChanges(tx, changes, SHOP, now)
  const byId = new Map(kept.map(({ attempt, fact, state }) => [attempt.id, { fact, state }]))
  return steps.map(({ attempt }) => byId.get(attempt.id) ?? null)
}

/** Whether its cart is let go, or its order placed, with this step. */
function endsPlacing({ attempt, found }: Step): boolean {
  return found.is === 'ordered' || (found.is === 'failed' && isRevocable(attempt.state))
}

function leasedOf({ attempt, stored, lease }: Step): Leased {
  return { id: attempt.id, phase: stored, lease }
}

// What was found out, or what it comes to when that may not be: promotions that are used up, an order that is held.
async function asItMay(tx: Tx, { attempt, found }: Step, order: Order | null, now: Date): Promise<Fact> {
  if (found.is === 'ordered') return withUses(tx, attempt.state, found, now)
  const asksToCapture = found.is === 'sold' || found.is === 'cleared'
  return asksToCapture && order && !mayCapture(order) ? { is: 'heldBack' } : found
}

function promotionsOf({ attempt: { state }, found }: Step): readonly string[] {
  return found.is === 'ordered' && state.at === 'authorized' ? (state.details?.used ?? []) : []
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

// What remains to be undone elsewhere does not keep the shopper from going on.
async function letCartsGo(tx: Tx, kept: readonly Going[]): Promise<void> {
  const failed = kept.filter(({ attempt, fact }) => isRevocable(attempt.state) && fact.is === 'failed')
  const placings = failed.map(({ attempt }) => ({ cartId: attempt.cartId, attemptId: attempt.id }))
  const open = await stopPlacing(tx, placings)
  for (const { attempt, emit } of failed) {
    const cart = open.get(attempt.cartId)
    if (cart) emit(cartChanged(cart))
  }
}

async function placeOrders(tx: Tx, kept: readonly Going[], carts: ReadonlyMap<string, Cart>, now: Date): Promise<void> {
  const placed = kept.flatMap(({ attempt, state, emit }) => {
    const { state: before } = attempt
    return before.at === 'authorized' && state.at === 'ordered'
      ? [{ attempt, before, orderId: state.orderId, emit }]
      : []
  })
  if (placed.length === 0) return
  const placings = placed.map(({ attempt }) => ({ cartId: attempt.cartId, attemptId: attempt.id }))
  const completed = await completeCarts(tx, placings)
  const orders = await insertOrders(
    tx,
    placed.map(({ attempt: { id, cartId, viewerId }, before: { lines, totals, round, details }, orderId }) => {
      const content = carts.get(cartId)
      if (!content || !completed.has(cartId)) throw new Error(`Cart ${cartId} is not held by attempt ${id}.`)
      const billed = new Map(details?.lines.map((line) => [line.sku, line]))
      return {
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
      }
    }),
  )
  await insertEntries(
    tx,
    orders.map(({ id: orderId, viewerId, version }) => {
      return { orderId, version, at: now, kind: 'PLACED', by: { is: 'CUSTOMER', id: viewerId }, note: null }
    }),
  )
  for (const [i, { attempt, emit }] of placed.entries()) {
    const [cart, order] = [completed.get(attempt.cartId), orders[i]]
    if (!cart || !order) continue
    emit(cartChanged(cart))
    emit(event('checkout.order.placed', orderPlaced(order)))
    emit(event('checkout.order.changed', orderChanged(order, now)))
  }
}

// Of an attempt that was quoted before there were discounts and taxes.
function notBilled(sku: string): BilledLine {
  return { sku, discounts: [], discountMinorUnits: 0n, taxMinorUnits: 0n, taxIncludedMinorUnits: 0n }
}
