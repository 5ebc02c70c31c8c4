// Long because everything that may happen to an order is tried.
import { describe, expect, it } from 'vitest'
import { sumUp } from '../totals/totals.ts'
import {
  beginCancel,
  beginRefund,
  type Change,
  cancelFailed,
  cancelled,
  captured,
  captureRefused,
  fulfill,
  hold,
  mayCapture,
  type Quantity,
  refunded,
  refundFailed,
  release,
  takeBack,
  voided,
} from './life.ts'
import { actorOn, fulfilmentOf, type Order } from './order.ts'

const at = new Date('2026-01-01T00:00:00Z')
const plain = {
  discounts: [],
  discountMinorUnits: 0n,
  taxMinorUnits: 0n,
  taxIncludedMinorUnits: 0n,
  fulfilled: 0,
  returned: 0,
}
const lines = [
  { sku: 'cup', title: 'Cup', quantity: 2, unitMinorUnits: 500n, ...plain },
  { sku: 'pot', title: 'Pot', quantity: 1, unitMinorUnits: 900n, ...plain },
]
const placed: Order = {
  id: 'order',
  number: 1n,
  attemptId: 'attempt',
  cartId: 'cart',
  viewerId: null,
  status: 'PLACED',
  paymentState: 'AUTHORIZED',
  hold: null,
  captured: 0n,
  refunded: 0n,
  refunding: 0n,
  round: 'round',
  reservationId: 'round',
  totals: sumUp('USD', lines),
  buyerEmail: null,
  shippingAddress: null,
  billingAddress: null,
  delivery: null,
  version: 1,
  placedAt: at,
  lines,
}
const paid = captured(placed).order
const parcel = (...lines: Quantity[]) => [{ lines }]
const all = parcel({ sku: 'cup', quantity: 2 }, { sku: 'pot', quantity: 1 })
const sent = done(fulfill(paid, all))
const usd = (minorUnits: bigint) => ({ minorUnits, currencyCode: 'USD' })

function done(change: Change): Order {
  if ('faults' in change) throw new Error(change.faults.map(({ message }) => message).join(' '))
  return change.order
}

function codes(change: Change): string[] {
  return 'faults' in change ? change.faults.map(({ code }) => code) : []
}

describe('sending an order', () => {
  it('goes parcel by parcel until all is sent, and no further', () => {
    const first = done(fulfill(paid, parcel({ sku: 'cup', quantity: 1 })))
    expect([first.status, fulfilmentOf(first.lines)]).toEqual(['CONFIRMED', 'PARTIALLY_FULFILLED'])
    const rest = [...parcel({ sku: 'cup', quantity: 1 }), ...parcel({ sku: 'pot', quantity: 1 })]
    const last = done(fulfill(first, rest))
    expect([last.status, fulfilmentOf(last.lines)]).toEqual(['FULFILLED', 'FULFILLED'])
    expect(codes(fulfill(last, rest))).toEqual(['ALREADY_SENT'])
  })

  it('never sends more than was bought, in several parcels either', () => {
    const two = [...parcel({ sku: 'cup', quantity: 2 }), ...parcel({ sku: 'cup', quantity: 1 })]
    expect(fulfill(paid, two)).toMatchObject({
      faults: [{ code: 'QUANTITY_OUT_OF_RANGE', field: ['parcels', '1', 'lines', '0', 'quantity'] }],
    })
    for (const quantity of [0, -1]) expect(codes(fulfill(paid, parcel({ sku: 'cup', quantity })))).toHaveLength(1)
    expect(codes(fulfill(paid, parcel({ sku: 'hat', quantity: 1 })))).toEqual(['UNKNOWN_SKU'])
    expect(codes(fulfill(paid, []))).toEqual(['QUANTITY_OUT_OF_RANGE'])
    expect(codes(fulfill(paid, parcel()))).toEqual(['QUANTITY_OUT_OF_RANGE'])
  })

  it('waits for the money, for its release, and is not for what is cancelled', () => {
    expect(codes(fulfill(placed, all))).toEqual(['NOT_PAID'])
    expect(codes(fulfill(done(hold(paid, 'odd', at)), all))).toEqual(['ON_HOLD'])
    expect(codes(fulfill(done(beginCancel(paid, null)), all))).toEqual(['CANCELLED'])
  })
})

describe('taking back', () => {
  it('takes what was sent, and once', () => {
    const back = done(takeBack(sent, [{ sku: 'cup', quantity: 2 }], null))
    expect(fulfilmentOf(back.lines)).toBe('PARTIALLY_RETURNED')
    expect(codes(takeBack(back, [{ sku: 'cup', quantity: 1 }], null))).toEqual(['QUANTITY_OUT_OF_RANGE'])
    expect(fulfilmentOf(done(takeBack(back, [{ sku: 'pot', quantity: 1 }], null)).lines)).toBe('RETURNED')
    expect(codes(takeBack(paid, [{ sku: 'cup', quantity: 1 }], null))).toEqual(['QUANTITY_OUT_OF_RANGE'])
  })
})

describe('refunding', () => {
  const begun = (order: Order, minorUnits: bigint | null) =>
    beginRefund(order, minorUnits === null ? null : usd(minorUnits), null)

  it('gives back parts, and never more than was taken, what is on its way included', () => {
    const first = done(begun(paid, 1_000n))
    expect(codes(begun(first, 901n))).toEqual(['AMOUNT_OUT_OF_RANGE'])
    const rest = begun(first, null)
    expect(rest).toMatchObject({ minorUnits: 900n, order: { refunding: 1_900n } })
    expect(begun(done(rest), null)).toMatchObject({
      faults: [{ code: 'AMOUNT_OUT_OF_RANGE', message: 'All of what was taken was given back, or is on its way.' }],
    })
    const half = refunded(done(rest), 1_000n).order
    expect(half).toMatchObject({ paymentState: 'PARTIALLY_REFUNDED', refunded: 1_000n, refunding: 900n })
    const all = refunded(half, 900n).order
    expect(all).toMatchObject({ paymentState: 'REFUNDED', refunding: 0n })
    for (const amount of [null, 1n]) {
      expect(begun(all, amount)).toMatchObject({
        faults: [{ message: 'All of what was taken was given back: nothing is left to refund.' }],
      })
    }
  })

  it('that the provider refuses leaves the amount to be asked for again', () => {
    const failed = refundFailed(done(begun(paid, 1_900n)), 1_900n, 'No.').order
    expect(failed).toMatchObject({ refunding: 0n, refunded: 0n, paymentState: 'CAPTURED' })
    expect(codes(begun(failed, 1_900n))).toEqual([])
  })

  it('is of something that was taken, in its currency', () => {
    expect(codes(begun(placed, 1n))).toEqual(['NOT_PAID'])
    for (const amount of [0n, -1n]) expect(codes(begun(paid, amount))).toEqual(['AMOUNT_OUT_OF_RANGE'])
    expect(codes(beginRefund(paid, { minorUnits: 1n, currencyCode: 'EUR' }, null))).toEqual(['CURRENCY_MISMATCH'])
  })
})

describe('cancelling', () => {
  it('is for what was not sent, and once', () => {
    const begun = done(beginCancel(paid, 'changed my mind'))
    expect(begun.status).toBe('CANCELLING')
    expect(codes(beginCancel(begun, null))).toEqual(['CANCELLED'])
    expect(codes(beginCancel(sent, null))).toEqual(['ALREADY_SENT'])
    expect(cancelled(begun, null).order.status).toBe('CANCELLED')
  })

  it('keeps an order from its capture; one that was captured all the same stays on its way', () => {
    const begun = done(beginCancel(placed, null))
    expect(mayCapture(begun)).toBe(false)
    expect(captured(begun).order).toMatchObject({ status: 'CANCELLING', paymentState: 'CAPTURED' })
  })

  it('that cannot give the money back leaves the order to staff', () => {
    const begun = beginRefund(done(beginCancel(paid, null)), null, null)
    const failed = cancelFailed(done(begun), 1_900n, 'refused', at).order
    expect(failed).toMatchObject({ status: 'CONFIRMED', hold: { reason: 'refused' }, refunding: 0n })
  })

  it('lets the hold go with the order', () => {
    const held = done(beginCancel(done(hold(placed, 'odd', at)), null))
    expect(voided(held, null).order).toMatchObject({ status: 'CANCELLED', paymentState: 'VOIDED', hold: null })
  })
})

describe('a hold', () => {
  it('keeps an order from its capture until it is released', () => {
    const held = done(hold(placed, 'odd', at))
    expect(mayCapture(held)).toBe(false)
    expect(codes(hold(held, 'again', at))).toEqual(['ON_HOLD'])
    expect(mayCapture(done(release(held)))).toBe(true)
    expect(codes(release(placed))).toEqual(['NOT_ON_HOLD'])
  })

  it('is put on an order whose capture was refused', () => {
    expect(captureRefused(placed, 'run out', at).order).toMatchObject({
      paymentState: 'FAILED',
      hold: { reason: 'run out' },
    })
  })
})

describe('who may change an order', () => {
  it('is staff with the scope, and whoever bought', () => {
    const anns = { viewerId: 'ann' }
    const staff = { id: 'sam', scopes: ['checkout:write'] }
    expect(actorOn(anns, staff)).toEqual({ is: 'STAFF', id: 'sam' })
    expect(actorOn(anns, { id: 'ann', scopes: [] })).toEqual({ is: 'CUSTOMER', id: 'ann' })
    expect(actorOn(anns, { id: 'bob', scopes: ['checkout:read'] })).toBeNull()
    expect(actorOn(anns, null)).toBeNull()
    expect(actorOn({ viewerId: null }, null)).toEqual({ is: 'CUSTOMER', id: null })
  })
})
