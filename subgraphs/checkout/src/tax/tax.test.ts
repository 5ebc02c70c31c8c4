import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TaxRate, taxesOf } from './tax.ts'

const rates: TaxRate[] = [
  { countryCode: 'DE', region: '', taxClass: 'standard', ppm: 190_000, included: true },
  { countryCode: 'DE', region: '', taxClass: 'food', ppm: 70_000, included: true },
  { countryCode: 'US', region: 'NY', taxClass: 'standard', ppm: 88_750, included: false },
  { countryCode: 'US', region: 'NY', taxClass: 'shipping', ppm: 40_000, included: false },
]
const at = (countryCode: string, region: string | null = null) => ({
  countryCode,
  region,
  postalCode: null,
  city: null,
})
const line = (minorUnits: bigint, taxClass = 'standard') => ({ sku: 'cup', quantity: 1, taxClass, minorUnits })

describe('the table of rates', () => {
  it('finds the tax within prices, by class', () => {
    const { bySku, shipping } = taxesOf(rates, {
      destination: at('DE'),
      lines: [line(1_190n)],
      shippingMinorUnits: 499n,
    })
    expect(bySku.get('cup')).toEqual({ minorUnits: 190n, included: true })
    expect(shipping).toEqual({ minorUnits: 80n, included: true }) // 79.67
    const food = taxesOf(rates, { destination: at('DE'), lines: [line(1_070n, 'food')], shippingMinorUnits: 0n })
    expect(food.bySku.get('cup')?.minorUnits).toBe(70n)
  })

  it('puts tax on top of prices, by region, and the delivery has its own rate', () => {
    const { bySku, shipping } = taxesOf(rates, {
      destination: at('US', 'NY'),
      lines: [line(999n, 'odd')],
      shippingMinorUnits: 500n,
    })
    expect(bySku.get('cup')).toEqual({ minorUnits: 89n, included: false })
    expect(shipping).toEqual({ minorUnits: 20n, included: false })
  })

  it('taxes nothing where it has no rate', () => {
    for (const destination of [at('FR'), at('US', 'OR'), at('US')]) {
      const { bySku } = taxesOf(rates, { destination, lines: [line(1_000n)], shippingMinorUnits: 0n })
      expect(bySku.get('cup')?.minorUnits).toBe(0n)
    }
  })

  it('finds within a price what it would put on top of the price without it', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), fc.integer({ min: 0, max: 1_000_000 }), (net, ppm) => {
        const one = (included: boolean, amount: bigint) =>
          taxesOf([{ countryCode: 'DE', region: '', taxClass: 'standard', ppm, included }], {
            destination: at('DE'),
            lines: [line(amount)],
            shippingMinorUnits: 0n,
          }).bySku.get('cup')?.minorUnits as bigint
        const tax = one(false, net)
        expect(one(true, net + tax)).toBe(tax)
      }),
    )
  })
})
