import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSamePrice, listedPrice, type PriceValue, priceRange, readPrice } from './price.ts'

const usd = (minorUnits: bigint, compareAt: bigint | null = null): PriceValue => ({
  minorUnits,
  currencyCode: 'USD',
  compareAt,
})
const eur = (minorUnits: bigint): PriceValue => ({ ...usd(minorUnits), currencyCode: 'EUR' })

describe('reading a price', () => {
  it('takes decimal strings exactly', () => {
    expect(readPrice([], { amount: '0.10', currencyCode: 'USD' })).toEqual(usd(10n))
    expect(readPrice([], { amount: '19.99', currencyCode: 'USD', compareAt: '20' })).toEqual(usd(1999n, 2000n))
    expect(readPrice([], { amount: '500', currencyCode: 'JPY' })).toMatchObject({ minorUnits: 500n })
  })

  it.each([
    [{ amount: '-1', currencyCode: 'USD' }, 'price.amount'],
    [{ amount: '1.999', currencyCode: 'USD' }, 'price.amount'],
    [{ amount: '1.5', currencyCode: 'JPY' }, 'price.amount'],
    [{ amount: '999999999999999', currencyCode: 'USD' }, 'price.amount'],
    [{ amount: 'NaN', currencyCode: 'USD' }, 'price.amount'],
    [{ amount: '1', currencyCode: 'usd' }, 'price.currencyCode'],
    [{ amount: '10', currencyCode: 'USD', compareAt: '10' }, 'price.compareAt'],
    [{ amount: '10', currencyCode: 'USD', compareAt: 'x' }, 'price.compareAt'],
  ])('refuses %j and names the field', (wish, path) => {
    const read = readPrice(['price'], wish)
    expect('path' in read && read.path.join('.')).toBe(path)
  })
})

it('has a range only when all prices are of one currency', () => {
  expect(priceRange([usd(300n), null, usd(100n), usd(200n)])).toMatchObject({
    min: { minorUnits: 100n },
    max: { minorUnits: 300n, currencyCode: 'USD' },
  })
  expect(priceRange([usd(300n), eur(100n)])).toBeNull()
  expect(priceRange([null])).toBeNull()
})

it('lists a product by its lowest price in the currency of its first priced variant', () => {
  expect(listedPrice([null, usd(300n), eur(100n), usd(250n)])).toEqual({ minorUnits: 250n, currencyCode: 'USD' })
  expect(listedPrice([null])).toBeNull()
})

it('calls two prices the same exactly when nothing of them differs', () => {
  const price = fc.option(
    fc.record({
      minorUnits: fc.bigInt(0n, 3n),
      currencyCode: fc.constantFrom('USD', 'EUR'),
      compareAt: fc.option(fc.bigInt(4n, 5n)),
    }),
  )
  const text = (value: PriceValue | null) => value && `${value.minorUnits} ${value.currencyCode} ${value.compareAt}`
  fc.assert(fc.property(price, price, (a, b) => isSamePrice(a, b) === (text(a) === text(b))))
})
