import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineTotal, sumUp } from './totals.ts'

const line = fc.record({ unitMinorUnits: fc.bigInt(0n, 10n ** 12n), quantity: fc.integer({ min: 1, max: 999 }) })
const amount = fc.bigInt(0n, 10n ** 12n)
const adjustments = fc.record({ discount: amount, shipping: amount, tax: amount, taxIncluded: amount })

describe('totals', () => {
  it('adds up by their own equation, whatever the adjustments', () => {
    fc.assert(
      fc.property(fc.array(line), adjustments, (lines, adjusted) => {
        const { subtotal, discount, shipping, tax, total } = sumUp('USD', lines, adjusted)
        expect(total).toBe(subtotal - discount + shipping + tax)
      }),
    )
  })

  it('never go below zero, because a discount stops at the subtotal', () => {
    fc.assert(
      fc.property(fc.array(line), adjustments, (lines, adjusted) => {
        const { discount, subtotal, total } = sumUp('USD', lines, adjusted)
        expect(discount).toBeLessThanOrEqual(subtotal)
        expect(total).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  it('do not depend on the order of the lines, nor on how a line is split', () => {
    fc.assert(
      fc.property(fc.array(line), line, fc.integer({ min: 1, max: 999 }), (lines, last, more) => {
        const whole = sumUp('USD', [...lines, { ...last, quantity: last.quantity + more }])
        const split = sumUp('USD', [{ ...last, quantity: more }, ...lines.toReversed(), last])
        expect(split).toEqual(whole)
      }),
    )
  })

  it('lose no cent where floats would', () => {
    expect(lineTotal({ unitMinorUnits: 9_007_199_254_740_991n, quantity: 999 })).toBe(8_998_192_055_486_250_009n)
  })
})
