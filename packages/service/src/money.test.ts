import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromAmount, toAmount } from './money.ts'

test('shows minor units with the places of the currency', () => {
  expect(toAmount({ minorUnits: 1999n, currencyCode: 'USD' })).toBe('19.99')
  expect(toAmount({ minorUnits: 5n, currencyCode: 'EUR' })).toBe('0.05')
  expect(toAmount({ minorUnits: 1999n, currencyCode: 'JPY' })).toBe('1999')
  expect(toAmount({ minorUnits: -1n, currencyCode: 'KWD' })).toBe('-0.001')
})

test('reads what people write, and refuses what it would have to round', () => {
  expect(fromAmount('19.9', 'USD')).toBe(1990n)
  expect(fromAmount('19.990', 'USD')).toBe(1999n)
  expect(fromAmount('19.999', 'USD')).toBeNull()
  expect(fromAmount('1.5', 'JPY')).toBeNull()
  for (const text of ['', '1e3', '0x10', '1,000', ' 1', '.5', 'NaN', '1.']) expect(fromAmount(text, 'USD')).toBeNull()
})

test('every amount survives the way to text and back, in every currency', () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(10n ** 12n), 10n ** 12n),
      fc.constantFrom('USD', 'JPY', 'KWD'),
      (minorUnits, currencyCode) => {
        expect(fromAmount(toAmount({ minorUnits, currencyCode }), currencyCode)).toBe(minorUnits)
      },
    ),
  )
})
