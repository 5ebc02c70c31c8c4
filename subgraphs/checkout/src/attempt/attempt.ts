// Longer than most: the states of placing an order and every step between them, which are one concept and read as a whole.
import { createHash } from 'node:crypto'
import type { Money } from '@commerce/service/money.ts'
import type { ShopperAction } from '../payment/payment.ts'
import type { Destination } from '../shipping/shipping.ts'
import type { BilledLine, Delivery } from '../totals/bill.ts'
import type { Totals } from '../totals/totals.ts'

/** A line of the cart at the price the catalog asked when the attempt was quoted. */
export interface AttemptLine {
  lineId: string
  sku: string
  title: string
  quantity: number
  unitMinorUnits: bigint
}

/** How the totals of a quote come about: what the order keeps of it, and the promotions whose use it takes. */
export interface QuoteDetails {
  lines: readonly BilledLine[]
  delivery: Delivery | null
  used: readonly string[]
  /** Where the units go; null: nobody has said. */
  destination: Destination | null
  /** Who counts the uses that are limited for each customer; null: nobody is known. */
  customer: string | null
}

/** What the shopper wants; `expectedTotal` null: the prices accepted in the cart. */
export interface PlaceRequest {
  paymentToken: string
  expectedTotal: Money | null
}

export type RefusalCode =
  | 'CART_NOT_FOUND'
  | 'CART_EMPTY'
  | 'CART_COMPLETED'
  | 'CART_BEING_PLACED'
  | 'CART_INCOMPLETE'
  | 'NOT_FOR_SALE'
  | 'TOTAL_TOO_LARGE'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'INVALID_PAYMENT_TOKEN'
  | 'IDEMPOTENCY_KEY_REUSED'

export interface PriceChange {
  lineId: string
  sku: string
  before: bigint
  now: bigint
}

/** How an attempt ends without an order. */
export type Failure =
  | { is: 'refused'; code: RefusalCode; message: string }
  | { is: 'pricesChanged'; currencyCode: string; changes: readonly PriceChange[] }
  | { is: 'outOfStock'; shortages: readonly { sku: string; requested: number; available: number }[] }
  | { is: 'declined'; message: string }
  | { is: 'unavailable'; message: string }

interface Quoted {
  request: PlaceRequest
  /** Names what is done elsewhere for this round: the reservation, and with `:authorize` etc. behind it the payment calls. */
  round: string
  lines: readonly AttemptLine[]
  totals: Totals
  /** When the held units go back by themselves; ISO. */
  holdUntil: string
  /** Absent in attempts that were quoted before there were any. */
  details?: QuoteDetails
}

/** What the shopper has to do before the payment is authorized, and until when the attempt waits for it; ISO. */
interface Awaited {
  action: ShopperAction
  actionUntil: string
}

interface Ordered {
  orderId: string
  round: string
  /** Nothing is to be paid, so nothing is asked of the payment provider. */
  free: boolean
  lines: readonly AttemptLine[]
  /** The reservation whose units the order takes; another one than the round's when that was lost. */
  reservationId: string
  /** The units have to be found again, because the hold of the round was lost. */
  regain: boolean
}

/** The units are taken out of the stock. */
interface Sold {
  orderId: string
  round: string
  free: boolean
  lines: readonly AttemptLine[]
  reservationId: string
}

/** What becomes of the units of an order that is cancelled: there are none, they are held, or they are taken and come back. */
export type Units =
  | { are: 'gone' }
  | { are: 'held' | 'sold'; reservationId: string; lines: readonly { sku: string; quantity: number }[] }

/**
 * How far an attempt has come: what is certain to be done. Up to `authorized` it can be undone; from `ordered` on there is an order and it only goes
 * forward: to its capture, which waits while the order is held (`reviewing`), or, when its units are gone for good or it is called off, to its
 * cancellation. What is stored of it is its recovery point; `held` and `authorized` are passed through without being stored.
 */
export type AttemptState =
  | { at: 'started'; request: PlaceRequest; round: string }
  | ({ at: 'quoted' } & Quoted)
  | ({ at: 'held' } & Quoted)
  | ({ at: 'awaitingAction' } & Quoted & Awaited)
  | ({ at: 'authorized' } & Quoted)
  | ({ at: 'ordered' } & Ordered)
  | ({ at: 'reviewing' } & Sold)
  | ({ at: 'sold' } & Sold)
  | { at: 'cancelling'; orderId: string; round: string; free: boolean; units: Units }
  | { at: 'done'; orderId: string }
  | { at: 'undoing'; failure: Failure; round: string; payment: boolean }
  | { at: 'failed'; failure: Failure }

/** What a step found out or did. */
export type Fact =
  | { is: 'quoted'; lines: readonly AttemptLine[]; totals: Totals; holdUntil: string; details?: QuoteDetails }
  | { is: 'held' }
  | { is: 'actionRequired'; action: ShopperAction; actionUntil: string }
  | { is: 'stillAwaited' }
  | { is: 'authorized' }
  | { is: 'ordered'; orderId: string }
  | { is: 'holdLost'; reservationId: string }
  | { is: 'stillShort'; reservationId: string }
  | { is: 'goneForGood' }
  | { is: 'sold' }
  /** The units are taken, but the order is held, or being cancelled: it may not be captured. */
  | { is: 'heldBack' }
  /** Nothing keeps it from its capture any more. */
  | { is: 'cleared' }
  | { is: 'calledOff' }
  | { is: 'captured' }
  | { is: 'captureRefused'; message: string }
  /** `problem`: why its units did not go back, if they did not. */
  | { is: 'voided'; problem: string | null }
  | { is: 'undone' }
  /** `resumed`: by a worker that took the attempt up and does not know how far the one before came. */
  | { is: 'failed'; failure: Failure; resumed?: boolean }

/** One try at placing an order, by one key. */
export interface Attempt {
  id: string
  fingerprint: string
  cartId: string
  viewerId: string | null
  openedAt: Date
  state: AttemptState
}

/** Units are held this long. */
export const HOLD_MS = 15 * 60_000
/** An order is committed only while its units are held for at least this long: time to settle, and for clocks that differ. */
const HOLD_MARGIN_MS = 5 * 60_000
/** An order that lost its units waits this long for others, then it is cancelled. */
export const STOCK_PATIENCE_MS = 24 * 3_600_000

/** The state after a fact. Throws when the fact cannot happen there. */
export function advance(state: AttemptState, fact: Fact): AttemptState {
  if (fact.is === 'failed') return failed(state, fact)
  switch (state.at) {
    case 'started':
      if (fact.is === 'quoted') {
        const { is: _, ...quote } = fact
        return { at: 'quoted', request: state.request, round: state.round, ...quote }
      }
      break
    case 'quoted':
      if (fact.is === 'held') return { ...state, at: 'held' }
      break
    case 'held':
      if (fact.is === 'authorized') return { ...state, at: 'authorized' }
      if (fact.is === 'actionRequired') {
        const { action, actionUntil } = fact
        return { ...state, at: 'awaitingAction', action, actionUntil }
      }
      break
    case 'awaitingAction':
      if (fact.is === 'stillAwaited') return state
      if (fact.is === 'authorized') {
        const { action: _, actionUntil: __, ...quoted } = state
        return { ...quoted, at: 'authorized' }
      }
      break
    case 'authorized':
      if (fact.is === 'ordered') {
        const { round, lines, totals } = state
        const free = totals.total === 0n
        return { at: 'ordered', orderId: fact.orderId, round, free, lines, reservationId: round, regain: false }
      }
      break
    case 'ordered':
      if (fact.is === 'sold') return { at: 'sold', ...soldOf(state) }
      if (fact.is === 'heldBack') return { at: 'reviewing', ...soldOf(state) }
      if (fact.is === 'calledOff') return cancelling(state, { are: 'held', ...unitsOf(state) })
      if (fact.is === 'holdLost' || fact.is === 'stillShort') {
        return { ...state, reservationId: fact.reservationId, regain: true }
      }
      if (fact.is === 'goneForGood') return cancelling(state, { are: 'gone' })
      break
    case 'reviewing':
      if (fact.is === 'heldBack') return state
      if (fact.is === 'cleared') return { at: 'sold', ...soldOf(state) }
      if (fact.is === 'calledOff') return cancelling(state, { are: 'sold', ...unitsOf(state) })
      break
    case 'sold':
      if (fact.is === 'captured' || fact.is === 'captureRefused') return { at: 'done', orderId: state.orderId }
      break
    case 'cancelling':
      if (fact.is === 'voided') return { at: 'done', orderId: state.orderId }
      break
    case 'undoing':
      if (fact.is === 'undone') return { at: 'failed', failure: state.failure }
      break
  }
  throw new Error(`"${fact.is}" cannot happen to an attempt that is "${state.at}".`)
}

function soldOf({ orderId, round, free, lines, reservationId }: Sold): Sold {
  return { orderId, round, free, lines, reservationId }
}

function unitsOf({ reservationId, lines }: Sold) {
  return { reservationId, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) }
}

function cancelling({ orderId, round, free }: Ordered | Sold, units: Units): AttemptState {
  return { at: 'cancelling', orderId, round, free, units }
}

// What may have been done elsewhere is undone, whether or not it was known to succeed.
function failed(state: AttemptState, { failure, resumed = false }: Fact & { is: 'failed' }): AttemptState {
  switch (state.at) {
    case 'started':
      return { at: 'failed', failure }
    case 'quoted':
      // Whoever had it before may have asked for its payment without storing anything more.
      return { at: 'undoing', failure, round: state.round, payment: resumed }
    case 'held':
    case 'awaitingAction':
    case 'authorized':
      return { at: 'undoing', failure, round: state.round, payment: true }
    default:
      throw new Error(`An attempt that is "${state.at}" cannot fail.`)
  }
}

/** Whether nothing is left to do. */
export function isOver(state: AttemptState): state is AttemptState & { at: 'done' | 'failed' } {
  return state.at === 'done' || state.at === 'failed'
}

/** Whether the attempt can still be undone. */
export function isRevocable({ at }: AttemptState): boolean {
  return at === 'started' || at === 'quoted' || at === 'held' || at === 'awaitingAction' || at === 'authorized'
}

/** Whether nothing has to be stored of a fact: what led to it can be done again, and then changes nothing. */
export function isRepeatable({ is }: Fact): boolean {
  return is === 'held' || is === 'authorized'
}

/** Whether nothing more can be done now after this fact: what is missing comes from others, in its time. */
export function mustRest({ is }: Fact): boolean {
  return is === 'stillShort' || is === 'actionRequired' || is === 'stillAwaited' || is === 'heldBack'
}

/** Whether there is an order: whatever remains to be settled, the shopper has the answer. */
export function hasOrder(state: AttemptState): state is AttemptState & { orderId: string } {
  return 'orderId' in state
}

/** Whether the units are held for long enough to commit the order. */
export function holdIsSafe({ holdUntil }: { holdUntil: string }, now: Date): boolean {
  return Date.parse(holdUntil) - now.getTime() >= HOLD_MARGIN_MS
}

/** Until when a shopper may confirm the payment: for `patienceMs`, and not longer than leaves time to commit the order while its units are held. */
export function actionDeadline({ holdUntil }: { holdUntil: string }, patienceMs: number, now: Date): string {
  const last = Date.parse(holdUntil) - HOLD_MARGIN_MS
  return new Date(Math.min(now.getTime() + patienceMs, last)).toISOString()
}

/** How long to wait before the next try: 1 s, doubled each time, at most a minute. */
export function restMs(tries: number): number {
  return Math.min(1_000 * 2 ** Math.min(tries, 6), 60_000)
}

/** The same for the same input: how a key that is used with another input is noticed. Does not give the payment token away. */
export function fingerprintOf(cartId: string, { paymentToken, expectedTotal }: PlaceRequest): string {
  const parts = [cartId, paymentToken, expectedTotal && [String(expectedTotal.minorUnits), expectedTotal.currencyCode]]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
