import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Offer } from '../offer/offer.ts'
import { USUAL_TERMS } from '../offer/terms.ts'
import { sumUp } from '../totals/totals.ts'
import { type Cart, EMPTY, isOpenTo, whyClosed } from './cart.ts'
import { addLines, type LinesChange, removeLines, updateLines } from './lines.ts'
import { priceCart } from './priced-cart.ts'

const offer = (sku: string, minorUnits: bigint | null, currencyCode = 'USD'): [string, Offer] => [
  sku,
  {
    sku,
    productTitle: sku,
    variantTitle: sku,
    price: minorUnits === null ? null : { minorUnits, currencyCode },
    terms: USUAL_TERMS,
    available: null,
  },
]
const offers = new Map([offer('cup', 500n), offer('pot', 2_000n), offer('old', null), offer('euro', 100n, 'EUR')])
const empty = { lines: [], currencyCode: null }
const line = (sku: string, quantity: number, acceptedMinorUnits = 500n) => ({
  id: `id of ${sku}`,
  sku,
  title: sku,
  quantity,
  acceptedMinorUnits,
})
const withCup = { lines: [line('cup', 2)], currencyCode: 'USD' }
const cart = (more: Partial<Cart> = {}): Cart => ({
  ...EMPTY,
  id: 'cart',
  viewerId: null,
  state: { is: 'open' },
  version: 3,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...withCup,
  ...more,
})
const newId = () => 'new'
const codes = (change: LinesChange) => ('faults' in change ? change.faults.map(({ code }) => code) : [])

describe('adding lines', () => {
  it('takes the price of the offer and the currency of the first line', () => {
    expect(addLines(empty, [{ sku: 'cup', quantity: 2 }], offers, newId)).toEqual({
      currencyCode: 'USD',
      lines: [{ id: 'new', sku: 'cup', title: 'cup', quantity: 2, acceptedMinorUnits: 500n }],
    })
  })

  it('puts the quantity on top of what is there, at the price of now', () => {
    const given = { lines: [line('cup', 2, 450n)], currencyCode: 'USD' }
    const change = addLines(given, [{ sku: 'cup', quantity: 3 }], offers, newId)
    expect(change).toMatchObject({ lines: [{ id: 'id of cup', quantity: 5, acceptedMinorUnits: 500n }] })
  })

  it('names everything that is wrong and adds nothing', () => {
    const wanted = [
      { sku: 'nothing', quantity: 1 },
      { sku: 'old', quantity: 1 },
      { sku: 'euro', quantity: 1 },
      { sku: 'pot', quantity: 0 },
      { sku: 'cup', quantity: 998 },
    ]
    expect(codes(addLines(withCup, wanted, offers, newId))).toEqual([
      'UNKNOWN_SKU',
      'NOT_FOR_SALE',
      'CURRENCY_MISMATCH',
      'QUANTITY_OUT_OF_RANGE',
      'QUANTITY_OUT_OF_RANGE',
    ])
  })

  it('stops at 100 lines', () => {
    const many = new Map(Array.from({ length: 101 }, (_, i) => offer(`sku ${i}`, 1n)))
    const wanted = [...many.keys()].map((sku) => ({ sku, quantity: 1 }))
    expect(codes(addLines(empty, wanted.slice(0, 100), many, newId))).toEqual([])
    expect(codes(addLines(empty, wanted, many, newId))).toEqual(['TOO_MANY_LINES'])
  })

  it('refuses a total that the API could not say exactly', () => {
    const dear = new Map([offer('moon', BigInt(Number.MAX_SAFE_INTEGER))])
    expect(codes(addLines(empty, [{ sku: 'moon', quantity: 2 }], dear, newId))).toEqual(['QUANTITY_OUT_OF_RANGE'])
  })

  it('in any number of steps comes to the same cart as at once', () => {
    const wanted = fc.array(fc.record({ sku: fc.constantFrom('cup', 'pot'), quantity: fc.integer({ min: 1, max: 9 }) }))
    fc.assert(
      fc.property(wanted, (lines) => {
        const atOnce = addLines(empty, lines, offers, newId)
        const inSteps = lines.reduce<LinesChange>(
          (change, one) => ('lines' in change ? addLines(change, [one], offers, newId) : change),
          empty,
        )
        expect(inSteps).toEqual(atOnce)
      }),
    )
  })
})

describe('changing lines', () => {
  it('sets the quantity and accepts the price of now', () => {
    const given = { lines: [line('cup', 2, 450n)], currencyCode: 'USD' }
    expect(updateLines(given, [{ id: 'id of cup', quantity: 7 }], offers)).toMatchObject({
      lines: [{ quantity: 7, acceptedMinorUnits: 500n }],
    })
  })

  it('removes a line at quantity 0, and an empty cart has no currency', () => {
    expect(updateLines(withCup, [{ id: 'id of cup', quantity: 0 }], offers)).toEqual(empty)
    expect(removeLines(withCup, ['id of cup'])).toEqual(empty)
  })

  it('refuses lines that are not there and quantities out of range', () => {
    const wanted = [
      { id: 'id of cup', quantity: 1_000 },
      { id: null, quantity: 1 },
    ]
    expect(codes(updateLines(withCup, wanted, offers))).toEqual(['QUANTITY_OUT_OF_RANGE', 'LINE_NOT_FOUND'])
    expect(codes(removeLines(withCup, ['id of cup', 'another']))).toEqual(['LINE_NOT_FOUND'])
  })
})

describe('a cart', () => {
  it('is closed once its order is placed or being placed, and to those who saw another version', () => {
    expect(whyClosed(cart(), null)).toBeNull()
    expect(whyClosed(cart(), 3)).toBeNull()
    expect(whyClosed(cart(), 2)?.code).toBe('VERSION_CONFLICT')
    expect(whyClosed(cart({ state: { is: 'placing', attemptId: 'a' } }), 3)?.code).toBe('CART_BEING_PLACED')
    expect(whyClosed(cart({ state: { is: 'completed' } }), 3)?.code).toBe('CART_COMPLETED')
  })

  it('of a viewer is open to that viewer only, one of nobody to everyone', () => {
    expect([null, 'ann', 'bob'].map((viewer) => isOpenTo({ viewerId: 'ann' }, viewer))).toEqual([false, true, false])
    expect([null, 'ann'].map((viewer) => isOpenTo({ viewerId: null }, viewer))).toEqual([true, true])
  })

  it('shows the prices of now, says which changed and leaves out what cannot be bought', () => {
    const given = cart({ lines: [line('cup', 2, 450n), line('old', 1), line('euro', 1), line('gone', 1)] })
    const { lines, billable } = priceCart(given, offers)
    expect(sumUp('USD', billable?.lines ?? []).total).toBe(1_000n)
    expect(lines.flatMap(({ problems }) => problems.map(({ is }) => is))).toEqual([
      'priceChanged',
      'notForSale',
      'notForSale',
      'notForSale',
    ])
  })
})
