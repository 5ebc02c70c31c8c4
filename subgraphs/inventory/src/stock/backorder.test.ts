import { describe, expect, it } from 'vitest'
import { adjust, count } from './change.ts'
import {
  applied,
  availabilityOf,
  availableOf,
  backorderableOf,
  backorderedOf,
  DENY,
  type Stock,
  type StockPolicy,
} from './stock.ts'

/** Known stock at A, with a backorder policy of 5 units, or a part of it that is different. */
function backordering(onHand: number, reserved: number, part: Partial<StockPolicy> = {}): Stock {
  return {
    sku: 'mug.blue',
    version: 7,
    changedAt: '2026-01-31T09:30:00.000Z',
    levels: [{ location: { code: 'A' }, onHand, reserved, safety: 0, backorderLimit: 5 }],
    policy: { ...DENY, kind: 'BACKORDER', limit: 5, location: 'A', ...part },
    lowStockThreshold: null,
  }
}

describe('backorders', () => {
  it.each([
    [3, 0, 5, 0, 'LOW_STOCK'],
    [3, 3, 5, 0, 'BACKORDER'],
    [3, 6, 2, 3, 'BACKORDER'],
    [-2, 3, 0, 5, 'OUT_OF_STOCK'],
  ])(
    'of %i on hand and %i reserved, %i more can be promised and %i are: %s',
    (onHand, reserved, more, late, status) => {
      const known = backordering(onHand, reserved)
      expect([backorderableOf(known), backorderedOf(known)]).toEqual([more, late])
      expect(availabilityOf(known, false).status).toBe(status)
    },
  )

  it('are told to shoppers with how many can be ordered and when more is expected', () => {
    const restockAt = '2027-01-31T00:00:00.000Z'
    expect(availabilityOf(backordering(0, 2, { restockAt }), false)).toMatchObject({ available: 3, restockAt })
  })

  it('a pre-order is one until it ends, and is expected on its release', () => {
    const releaseAt = '2027-02-01T00:00:00.000Z'
    const known = backordering(100, 0, { kind: 'PREORDER', releaseAt })
    expect(availabilityOf(known, true)).toMatchObject({ status: 'PREORDER', available: 105, restockAt: releaseAt })
  })

  it('are served first by what arrives, also when it is counted', () => {
    const arrived = adjust(backordering(-3, 2), { sku: 'mug.blue', location: 'A', delta: 4, reason: 'delivery' })
    expect(arrived).toMatchObject({ postings: [{ onHand: 4 }] })
    const posting = { sku: 'mug.blue', location: 'A', onHand: 4 }
    const after = applied(backordering(-3, 2), posting)
    expect([availableOf(after), backorderedOf(after)]).toEqual([0, 1])
    const input = { sku: 'mug.blue', location: 'A', onHand: 10 }
    expect(count(backordering(-3, 2), input)).toMatchObject({ postings: [{ onHand: 10 }] })
  })

  it('do not let units be taken away that are promised beyond the limit', () => {
    const take = (delta: number) =>
      adjust(backordering(4, 7), { sku: 'mug.blue', location: 'A', delta, reason: 'broken' })
    expect(take(-2)).toMatchObject({ kind: 'correction' })
    expect(take(-3)).toMatchObject({ refusal: { code: 'BELOW_RESERVED' } })
  })
})
