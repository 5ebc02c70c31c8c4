import { describe, expect, it } from 'vitest'
import { factsOf } from './facts.ts'
import { DENY, type Stock } from './stock.ts'

const stockOf = (onHand: number): Stock => ({
  sku: 'mug.blue',
  version: 7,
  changedAt: '2026-01-31T09:30:00.000Z',
  levels: [{ location: { code: 'A' }, onHand, reserved: 0, safety: 0, backorderLimit: 0 }],
  policy: DENY,
  lowStockThreshold: null,
})

describe('what is told of a change', () => {
  const told = (before: number, after: number, thresholds: [number | null, number | null] = [null, null]) =>
    factsOf({
      stock: { ...stockOf(after), lowStockThreshold: thresholds[1] },
      before: { available: before, lowStockThreshold: thresholds[0] },
    }).map(({ type }) => type.replace('inventory.stock.', ''))

  it.each([
    [9, 6, ['changed']],
    [6, 5, ['changed', 'low']],
    [5, 4, ['changed']],
    [3, 0, ['changed']],
    [9, 0, ['changed', 'low']],
    [0, 3, ['changed', 'back']],
    [0, 9, ['changed', 'back']],
    [3, 9, ['changed']],
  ])('from %i to %i available: %j', (before, after, expected) => {
    expect(told(before, after)).toEqual(expected)
  })

  it('keeps to the threshold of the SKU, and to one that was raised', () => {
    expect(told(11, 10, [10, 10])).toEqual(['changed', 'low'])
    expect(told(8, 8, [null, 10])).toEqual(['changed', 'low'])
    expect(told(2, 0, [0, 0])).toEqual(['changed', 'low'])
  })

  it('of the first count is only the stock', () => {
    const first = { ...stockOf(3), version: 1 }
    expect(factsOf({ stock: first, before: { available: 0, lowStockThreshold: null } })).toHaveLength(1)
  })
})
