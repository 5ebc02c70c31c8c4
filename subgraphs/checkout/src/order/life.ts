// Above the usual length: every change that an order can go through, one rule each, which together say what can follow what.
import { type Money, toAmount } from '@commerce/service/money.ts'
import { fault, type OrderFault } from './fault.ts'
import type { Order, OrderLine, TimelineKind } from './order.ts'

/** An order after a change (its version is still the one before), and what the timeline says of it. */
export interface Changed {
  order: Order
  kind: TimelineKind
  note: string | null
}

export type Change = Changed | { faults: readonly OrderFault[] }

export interface Quantity {
  sku: string
  quantity: number
}

const MAX_LINES = 1_000

// --- what the attempt found out ---

/** Its units are missing. Null: it is known, or it is being cancelled anyway. */
export function stockMissing(order: Order): Changed | null {
  if (order.status !== 'PLACED') return null
  return changed({ ...order, status: 'AWAITING_STOCK' }, 'STOCK_MISSING')
}

/** Its units are taken and its payment is captured. */
export function captured(order: Order): Changed {
  const status = order.status === 'CANCELLING' ? order.status : 'CONFIRMED'
  return changed({ ...order, status, paymentState: 'CAPTURED', captured: order.totals.total }, 'CONFIRMED')
}

/** The provider will not capture: somebody has to look at it. */
export function captureRefused(order: Order, reason: string, at: Date): Changed {
  return changed({ ...order, paymentState: 'FAILED', hold: order.hold ?? { at, reason } }, 'CAPTURE_REFUSED', reason)
}

/** Its units are gone for good: it is given up, and its authorization is about to be let go. */
export function givenUp(order: Order): Changed {
  return changed({ ...order, status: 'CANCELLED' }, 'CANCELLED', 'Its units did not come back in time.')
}

/** Its authorization is let go. */
export function voided(order: Order, problem: string | null): Changed {
  return changed({ ...order, status: 'CANCELLED', paymentState: 'VOIDED', hold: null }, 'CANCELLED', notBack(problem))
}

// --- what people ask for ---

/** Whether its payment may be captured now. */
export function mayCapture({ hold, status }: Pick<Order, 'hold' | 'status'>): boolean {
  return hold === null && status !== 'CANCELLING'
}

/** Sends parcels: each with some of what was not sent yet. */
export function fulfill(order: Order, parcels: readonly { lines: readonly Quantity[] }[]): Change {
  if (isCancelled(order)) return { faults: [cancelledFault()] }
  if (order.hold) return { faults: [fault('ON_HOLD', null, `The order is held: ${order.hold.reason}`)] }
  if (order.status !== 'CONFIRMED') {
    const message = order.status === 'FULFILLED' ? 'All of it was sent.' : 'Its payment is not captured yet.'
    return { faults: [fault(order.status === 'FULFILLED' ? 'ALREADY_SENT' : 'NOT_PAID', null, message)] }
  }
  const empty = parcels.findIndex(({ lines }) => lines.length === 0)
  if (empty >= 0) {
    return {
      faults: [fault('QUANTITY_OUT_OF_RANGE', ['parcels', String(empty), 'lines'], 'A parcel holds something.')],
    }
  }
  const wanted = parcels.flatMap(({ lines }, parcel) =>
    lines.map((line, index) => ({ ...line, at: ['parcels', String(parcel), 'lines', String(index)] })),
  )
  const left = (line: OrderLine) => line.quantity - line.fulfilled
  const counted = count(order.lines, wanted, left, 'left to send')
  if ('faults' in counted) return counted
  const lines = order.lines.map((line) => ({ ...line, fulfilled: line.fulfilled + (counted.get(line.sku) ?? 0) }))
  const status = lines.every((line) => left(line) === 0) ? 'FULFILLED' : order.status
  return changed({ ...order, lines, status }, 'SENT', told(counted))
}

/** Takes back some of what was sent. */
export function takeBack(order: Order, wanted: readonly Quantity[], reason: string | null): Change {
  const at = wanted.map((line, index) => ({ ...line, at: ['lines', String(index)] }))
  const counted = count(order.lines, at, ({ fulfilled, returned }) => fulfilled - returned, 'sent and not yet back')
  if ('faults' in counted) return counted
  const lines = order.lines.map((line) => ({ ...line, returned: line.returned + (counted.get(line.sku) ?? 0) }))
  return changed({ ...order, lines }, 'RETURNED', [told(counted), reason].filter(Boolean).join('; '))
}

/** Begins a refund of an amount, or of all that is left: from now on nobody else can refund it. */
export function beginRefund(
  order: Order,
  asked: Money | null,
  reason: string | null,
): (Changed & { minorUnits: bigint }) | { faults: readonly OrderFault[] } {
  const left = order.captured - order.refunded - order.refunding
  const { currencyCode } = order.totals
  const minorUnits = asked?.minorUnits ?? left
  const shown = `${toAmount({ minorUnits: left, currencyCode })} ${currencyCode}`
  if (order.captured === 0n) return { faults: [fault('NOT_PAID', null, 'Nothing of its payment was taken.')] }
  if (asked && asked.currencyCode !== currencyCode) {
    const message = `The order is in ${currencyCode}, the amount in ${asked.currencyCode}.`
    return { faults: [fault('CURRENCY_MISMATCH', ['amount', 'currencyCode'], message)] }
  }
  if (minorUnits <= 0n || minorUnits > left) {
    const message = left > 0n ? `More than nothing and at most ${shown} can be refunded.` : nothingLeft(order)
    return { faults: [fault('AMOUNT_OUT_OF_RANGE', ['amount'], message)] }
  }
  const after = { ...order, refunding: order.refunding + minorUnits }
  return { ...changed(after, 'REFUND_REQUESTED', noteOf(minorUnits, order, reason)), minorUnits }
}

function nothingLeft({ refunding }: Order): string {
  return refunding > 0n
    ? 'All of what was taken was given back, or is on its way.'
    : 'All of what was taken was given back: nothing is left to refund.'
}

/** A refund has gone. */
export function refunded(order: Order, minorUnits: bigint): Changed {
  const after = { ...order, refunding: order.refunding - minorUnits, refunded: order.refunded + minorUnits }
  const paymentState = after.refunded === order.captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
  return changed({ ...after, paymentState }, 'REFUNDED', noteOf(minorUnits, order, null))
}

/** The provider refused a refund: the amount may be asked for again. */
export function refundFailed(order: Order, minorUnits: bigint, why: string): Changed {
  const after = { ...order, refunding: order.refunding - minorUnits }
  return changed(after, 'REFUND_FAILED', noteOf(minorUnits, order, why))
}

/** Begins to cancel an order of which nothing was sent. */
export function beginCancel(order: Order, reason: string | null): Change {
  if (isCancelled(order)) return { faults: [cancelledFault()] }
  if (order.lines.some(({ fulfilled }) => fulfilled > 0)) {
    return { faults: [fault('ALREADY_SENT', null, 'Some of it was sent: it can be returned, but not cancelled.')] }
  }
  return changed({ ...order, status: 'CANCELLING' }, 'CANCEL_REQUESTED', reason)
}

/** The money is back (or was never taken): the order is cancelled. */
export function cancelled(order: Order, problem: string | null): Changed {
  const paymentState = order.paymentState === 'FAILED' ? 'VOIDED' : order.paymentState
  return changed({ ...order, status: 'CANCELLED', paymentState, hold: null }, 'CANCELLED', notBack(problem))
}

/** The money could not be given back: the order stands, and somebody has to look at it. */
export function cancelFailed(order: Order, minorUnits: bigint, reason: string, at: Date): Changed {
  const after = { ...order, refunding: order.refunding - minorUnits, status: 'CONFIRMED' as const }
  return changed({ ...after, hold: { at, reason } }, 'CANCEL_FAILED', reason)
}

/** Holds an order for review: it is neither captured nor sent until it is released. */
export function hold(order: Order, reason: string, at: Date): Change {
  if (isCancelled(order)) return { faults: [cancelledFault()] }
  if (order.hold) return { faults: [fault('ON_HOLD', null, `It is held already: ${order.hold.reason}`)] }
  return changed({ ...order, hold: { at, reason } }, 'HELD', reason)
}

/** Lets a held order go on. */
export function release(order: Order): Change {
  if (!order.hold) return { faults: [fault('NOT_ON_HOLD', null, 'It is not held.')] }
  return changed({ ...order, hold: null }, 'RELEASED')
}

/** What came back is in the stock again, or why it is not. Null: nothing to say. */
export function restocked(order: Order, problem: string | null): Changed | null {
  return problem === null ? null : changed(order, 'RESTOCK_REFUSED', notBack(problem))
}

function notBack(problem: string | null): string | null {
  return problem && `The units did not go back into the stock: ${problem}`
}

function changed(order: Order, kind: TimelineKind, note: string | null = null): Changed {
  return { order, kind, note }
}

function isCancelled({ status }: Order): boolean {
  return status === 'CANCELLING' || status === 'CANCELLED'
}

function cancelledFault(): OrderFault {
  return fault('CANCELLED', null, 'The order is cancelled, or about to be.')
}

// How many of each SKU, together no more than there are.
function count(
  lines: readonly OrderLine[],
  wanted: readonly (Quantity & { at: readonly string[] })[],
  left: (line: OrderLine) => number,
  what: string,
): Map<string, number> | { faults: readonly OrderFault[] } {
  const counted = new Map<string, number>()
  const faults: OrderFault[] = []
  if (wanted.length > MAX_LINES) {
    const message = `At most ${MAX_LINES} lines are taken at once; these are ${wanted.length}.`
    return { faults: [fault('QUANTITY_OUT_OF_RANGE', null, message)] }
  }
  for (const { sku, quantity, at } of wanted) {
    const line = lines.find((line) => line.sku === sku)
    const total = (counted.get(sku) ?? 0) + quantity
    counted.set(sku, total)
    if (!line)
      faults.push(fault('UNKNOWN_SKU', [...at, 'sku'], `The order has no SKU ${JSON.stringify(sku.slice(0, 100))}.`))
    else if (quantity < 1 || total > left(line)) {
      const message = `Of ${line.title} there are ${left(line)} ${what}; these would be ${quantity < 1 ? quantity : total}.`
      faults.push(fault('QUANTITY_OUT_OF_RANGE', [...at, 'quantity'], message))
    }
  }
  if (wanted.length === 0) faults.push(fault('QUANTITY_OUT_OF_RANGE', null, 'At least one line is needed.'))
  return faults.length > 0 ? { faults } : counted
}

function told(counted: ReadonlyMap<string, number>): string {
  return [...counted].map(([sku, quantity]) => `${quantity} × ${sku}`).join(', ')
}

function noteOf(minorUnits: bigint, { totals: { currencyCode } }: Order, more: string | null): string {
  return [`${toAmount({ minorUnits, currencyCode })} ${currencyCode}`, more].filter(Boolean).join('; ')
}
