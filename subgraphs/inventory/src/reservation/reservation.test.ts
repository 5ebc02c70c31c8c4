import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableAt, type Stock } from '../stock/stock.ts'
import { aggregate, allocate, answerFor, giveBack, hold, sell } from './reservation.ts'

function stock(sku: string, ...levels: [code: string, onHand: number, reserved?: number][]): [string, Stock] {
  return [
    sku,
    {
      sku,
      version: 1,
      changedAt: null,
      levels: levels.map(([code, onHand, reserved = 0]) => ({
        location: { code, name: code },
        onHand,
        reserved,
        safety: 0,
      })),
    },
  ]
}

describe('allocating', () => {
  it('takes each line from the location with most stock, the first of equals', () => {
    const stocks = new Map([stock('a', ['X', 3], ['Y', 9, 1], ['Z', 8]), stock('b', ['X', 1])])
    expect(
      allocate(
        [
          { sku: 'a', quantity: 4 },
          { sku: 'b', quantity: 1 },
        ],
        stocks,
      ),
    ).toEqual({
      held: [
        { sku: 'a', quantity: 4, location: 'Y' },
        { sku: 'b', quantity: 1, location: 'X' },
      ],
    })
  })

  it('holds nothing when one line is short, and says for each short line what there is', () => {
    const stocks = new Map([stock('a', ['X', 3], ['Y', 5]), stock('b', ['X', 1])])
    const lines = [
      { sku: 'a', quantity: 6 },
      { sku: 'b', quantity: 1 },
      { sku: 'c', quantity: 1 },
    ]
    expect(allocate(lines, stocks)).toEqual({
      shortages: [
        { sku: 'a', available: 5 },
        { sku: 'c', available: 0 },
      ],
    })
  })

  it('never holds more at a location than is available there', () => {
    const level = fc.record({ onHand: fc.nat(20), reserved: fc.nat(20), safety: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(level, { maxLength: 4 }), fc.integer({ min: 1, max: 25 }), (counters, quantity) => {
        const levels = counters.map((counter, i) => ({ ...counter, location: { code: `L${i}`, name: '' } }))
        const result = allocate([{ sku: 'a', quantity }], new Map([['a', { ...stock('a')[1], levels }]]))
        const most = Math.max(0, ...levels.map(availableAt))
        if ('held' in result) {
          const from = levels.find(({ location }) => location.code === result.held[0]?.location)
          expect(from && availableAt(from)).toBe(most)
          expect(most).toBeGreaterThanOrEqual(quantity)
        } else expect(result.shortages).toEqual([{ sku: 'a', available: most }])
      }),
    )
  })
})

it('lines of the same SKU are one, and lines come in the order of SKUs', () => {
  const lines = [
    { sku: 'b', quantity: 1 },
    { sku: 'a', quantity: 2 },
    { sku: 'b', quantity: 3 },
  ]
  expect(aggregate(lines)).toEqual([
    { sku: 'a', quantity: 2 },
    { sku: 'b', quantity: 4 },
  ])
})

it('lines of several reservations that are about the same counters are one change', () => {
  const line = { sku: 'a', location: 'X', quantity: 2 }
  expect(giveBack([line, { ...line, quantity: 3 }, { ...line, location: 'Y' }])).toEqual([
    { sku: 'a', location: 'X', onHand: 0, reserved: -5 },
    { sku: 'a', location: 'Y', onHand: 0, reserved: -2 },
  ])
  expect(hold([line])).toEqual([{ sku: 'a', location: 'X', onHand: 0, reserved: 2 }])
  expect(sell([line])).toEqual([{ sku: 'a', location: 'X', onHand: -2, reserved: -2 }])
})

it('asking again is answered with what the reservation is by now', () => {
  const shortages = [{ sku: 'a', available: 1 }]
  expect(answerFor({ state: 'held' })).toEqual({ outcome: 'reserved' })
  expect(answerFor({ state: 'refused', shortages })).toEqual({ outcome: 'insufficient', shortages })
  expect(answerFor({ state: 'expired' })).toEqual({ outcome: 'closed', state: 'expired' })
})
