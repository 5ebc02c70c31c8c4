import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divide, portion, shareOut } from './share.ts'

const weights = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.bigInt(0n, 10n ** 12n), { minKeys: 1 })
  .map((parts) => new Map(Object.entries(parts)))
const sum = (values: Iterable<bigint>) => [...values].reduce((a, b) => a + b, 0n)

describe('rounding', () => {
  it('takes a half away from zero', () => {
    expect([5n, 15n, 25n, 14n, -5n, -15n, -14n].map((value) => divide(value, 10n))).toEqual([
      1n,
      2n,
      3n,
      1n,
      -1n,
      -2n,
      -1n,
    ])
    expect(portion(999n, 88_750n)).toBe(89n) // 8.875 % of 9.99 is 0.8866125
  })
})

describe('shares', () => {
  it('add up to the whole, and none is further than one minor unit from its exact part', () => {
    fc.assert(
      fc.property(weights, fc.bigInt(0n, 10n ** 12n), (parts, amount) => {
        const whole = sum(parts.values())
        fc.pre(whole > 0n)
        const shares = shareOut(amount, parts)
        expect(sum(shares.values())).toBe(amount)
        for (const [key, weight] of parts) {
          const off = (shares.get(key) ?? -1n) * whole - amount * weight
          expect(off > -whole && off < whole).toBe(true)
        }
      }),
    )
  })

  it('never take more than there is, as long as the amount does not', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 1_000_000 }), (parts, ppm) => {
        const shares = shareOut(portion(sum(parts.values()), BigInt(ppm)), parts)
        for (const [key, weight] of parts) expect(shares.get(key)).toBeLessThanOrEqual(weight)
      }),
    )
  })

  it('do not depend on the order of the parts', () => {
    fc.assert(
      fc.property(weights, fc.bigInt(0n, 10n ** 6n), (parts, amount) => {
        fc.pre(sum(parts.values()) > 0n)
        const back = shareOut(amount, new Map([...parts].reverse()))
        for (const [key, share] of shareOut(amount, parts)) expect(back.get(key)).toBe(share)
      }),
    )
  })

  it('give the odd cent to whoever lost most by rounding', () => {
    const three = new Map([
      ['a', 1n],
      ['b', 1n],
      ['c', 1n],
    ])
    expect([...shareOut(100n, three).values()]).toEqual([34n, 33n, 33n])
    expect(() => shareOut(1n, new Map())).toThrow('nobody to share')
  })
})
