import { describe, expect, it } from 'vitest'
import {
  adjust,
  type Count,
  count,
  refuseAdjustment,
  refuseCount,
  refuseTransfer,
  type Transfer,
  transfer,
} from './change.ts'
import { stockChanged } from './facts.ts'
import { isName } from './refusal.ts'
import { availabilityOf, availableOf, DENY, neverStocked, type Stock } from './stock.ts'

function stock(levels: [code: string, onHand: number, reserved: number, safety: number][], version = 7): Stock {
  return {
    sku: 'mug.blue',
    version,
    changedAt: '2026-01-31T09:30:00.000Z',
    levels: levels.map(([code, onHand, reserved, safety]) => ({
      location: { code },
      onHand,
      reserved,
      safety,
      backorderLimit: 0,
    })),
    policy: DENY,
    lowStockThreshold: null,
  }
}

describe('availability', () => {
  it('adds up what can be bought at each location, and a cushion at one takes nothing from another', () => {
    expect(
      availableOf(
        stock([
          ['A', 10, 3, 2],
          ['B', 1, 0, 5],
        ]),
      ),
    ).toBe(5)
  })

  it.each([
    [0, 'OUT_OF_STOCK', 0],
    [1, 'LOW_STOCK', 1],
    [5, 'LOW_STOCK', 5],
    [6, 'IN_STOCK', null],
  ])('tells shoppers of %i units: %s, %s', (onHand, status, available) => {
    expect(availabilityOf(stock([['A', onHand, 0, 0]]), false)).toMatchObject({ status, available, byLocation: null })
  })

  it('tells staff the exact number and the locations', () => {
    const known = stock([['A', 60, 0, 0]])
    expect(availabilityOf(known, true)).toMatchObject({ available: 60, byLocation: known.levels, version: 7 })
  })

  it('of a SKU without stock is out of stock, version 0', () => {
    expect(availabilityOf(neverStocked('x'), false)).toMatchObject({ status: 'OUT_OF_STOCK', version: 0, asOf: null })
  })

  it('changes are told whole', () => {
    expect(stockChanged(stock([['A', 10, 3, 2]]))).toMatchObject({
      subject: 'inventory.stock.changed.mug=2Eblue',
      version: 7,
      data: { locations: [{ code: 'A', onHand: 10, reserved: 3, safety: 2 }], available: 5 },
    })
  })
})

describe('a count', () => {
  const input: Count = { sku: 'mug.blue', location: 'A', onHand: 12 }

  it('writes the difference and leaves the cushion', () => {
    expect(count(stock([['A', 10, 3, 2]]), input)).toEqual({
      postings: [{ sku: 'mug.blue', location: 'A', onHand: 2, safety: 2 }],
      kind: 'count',
    })
  })

  it('that finds what was known writes nothing', () => {
    expect(count(stock([['A', 12, 3, 2]]), input)).toEqual({ postings: [], kind: 'count' })
  })

  it('of nothing makes an unknown SKU known', () => {
    expect(count(neverStocked('mug.blue'), { ...input, onHand: 0 })).toMatchObject({ postings: [{ onHand: 0 }] })
  })

  it('may not be below what is held', () => {
    expect(count(stock([['A', 20, 13, 0]]), input)).toMatchObject({ refusal: { code: 'BELOW_RESERVED' } })
  })

  it('is refused when the stock has another version than expected', () => {
    expect(count(stock([]), { ...input, expectedVersion: 6 })).toMatchObject({ refusal: { code: 'VERSION_CONFLICT' } })
    expect(count(neverStocked('x'), { ...input, expectedVersion: 0 })).toMatchObject({ postings: [{ onHand: 12 }] })
  })

  it.each([
    [{ sku: '' }, 'INVALID_SKU'],
    [{ sku: ' mug.blue' }, 'INVALID_SKU'],
    [{ onHand: -1 }, 'BELOW_ZERO'],
    [{ onHand: 100_000_001 }, 'QUANTITY_OUT_OF_RANGE'],
    [{ safety: -1 }, 'QUANTITY_OUT_OF_RANGE'],
  ])('with %o is refused: %s', (part, code) => {
    expect(refuseCount({ ...input, ...part })).toMatchObject({ code })
  })
})

describe('an adjustment', () => {
  const input = { sku: 'mug.blue', location: 'A', delta: -5, reason: 'broken' }

  it('is a correction when units go and a receipt when they come', () => {
    expect(adjust(stock([['A', 10, 0, 0]]), input)).toEqual({
      postings: [{ sku: 'mug.blue', location: 'A', onHand: -5 }],
      kind: 'correction',
    })
    expect(adjust(neverStocked('mug.blue'), { ...input, delta: 5 })).toMatchObject({ kind: 'receipt' })
  })

  it.each([
    [4, 0, 'BELOW_ZERO'],
    [8, 4, 'BELOW_RESERVED'],
  ])('of %i units on hand, %i of them held, is refused: %s', (onHand, reserved, code) => {
    expect(adjust(stock([['A', onHand, reserved, 0]]), input)).toMatchObject({ refusal: { code } })
  })

  it('may not lift the units above what can be counted', () => {
    expect(adjust(stock([['A', 100_000_000, 0, 0]]), { ...input, delta: 1 })).toMatchObject({
      refusal: { code: 'QUANTITY_OUT_OF_RANGE' },
    })
  })

  it.each([
    [{ delta: 0 }, 'QUANTITY_OUT_OF_RANGE'],
    [{ reason: ' '.repeat(501) }, 'INVALID_REASON'],
    [{ sku: 'a\u0000b' }, 'INVALID_SKU'],
  ])('with %o is refused: %s', (part, code) => {
    expect(refuseAdjustment({ ...input, ...part })).toMatchObject({ code })
  })
})

describe('a transfer', () => {
  const wanted: Transfer = { sku: 'mug.blue', from: 'A', to: 'B', quantity: 4 }

  it('takes from one location what it brings to the other', () => {
    expect(transfer(stock([['A', 10, 6, 9]]), wanted)).toEqual({
      postings: [
        { sku: 'mug.blue', location: 'A', onHand: -4 },
        { sku: 'mug.blue', location: 'B', onHand: 4 },
      ],
      kind: 'transfer',
    })
  })

  it.each([
    [3, 0, 7, 'BELOW_ZERO'],
    [10, 7, 7, 'BELOW_RESERVED'],
    [10, 0, 6, 'VERSION_CONFLICT'],
  ])(
    'of %i units, %i of them held, expecting version %i, is refused: %s',
    (onHand, reserved, expectedVersion, code) => {
      const decision = transfer(stock([['A', onHand, reserved, 0]]), { ...wanted, expectedVersion })
      expect(decision).toMatchObject({ refusal: { code } })
    },
  )

  it.each([
    [{ to: 'A' }, 'SAME_LOCATION'],
    [{ quantity: 0 }, 'QUANTITY_OUT_OF_RANGE'],
    [{ reason: '' }, 'INVALID_REASON'],
  ])('with %o is refused: %s', (part, code) => {
    expect(refuseTransfer({ ...wanted, ...part })).toMatchObject({ code })
  })
})

it.each([
  ['SKU 1.*>', true],
  ['ключ-🧦', true],
  ['x'.repeat(201), false],
  ['line\nbreak', false],
  ['\ud800', false],
])('%j is a name: %s', (text, expected) => {
  expect(isName(text)).toBe(expected)
})
