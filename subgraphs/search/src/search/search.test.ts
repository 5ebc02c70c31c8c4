import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { requestFrom, sliceOf } from './search.ts'

const ID = '00000000-0000-4000-8000-00000000000a'

test('amounts are minor units of the currency asked for, or of the shop', () => {
  expect(requestFrom({ filters: { priceMin: '10', priceMax: '24.99' } }, 'USD')).toMatchObject({
    currencyCode: 'USD',
    priceMin: 1000n,
    priceMax: 2499n,
  })
  expect(requestFrom({ filters: { priceMin: '10', currency: 'JPY' } }, 'USD').priceMin).toBe(10n)
})

test('attributes of one name are one filter, and those without values are none', () => {
  const attributes = [
    { name: 'color', values: ['red'] },
    { name: 'size', values: [] },
    { name: 'color', values: ['blue', 'red'] },
  ]
  expect(requestFrom({ filters: { attributes } }, 'USD').attributes).toEqual([
    { name: 'color', values: ['red', 'blue'] },
  ])
})

test.each([
  ['an amount with too many decimals', { priceMin: '1.234' }, 'is not an amount of USD'],
  ['the id of something else', { categoryIds: [encodeId('Product', ID)] }, 'is not the id of a category'],
  ['too many values', { brands: Array.from({ length: 51 }, String) }, 'at most 50'],
])('%s is refused', (_, filters, message) => {
  expect(() => requestFrom({ filters }, 'USD')).toThrow(message)
})

test.each([
  ['another order', ['NEWEST', '1', '2', ID]],
  ['a number that is too large', ['PRICE_ASC', '9223372036854775808', '2', ID]],
  ['no number', ['PRICE_ASC', '1; drop table', '2', ID]],
  ['no id', ['PRICE_ASC', '1', '2']],
  ['too much', ['PRICE_ASC', '1', '2', ID, '']],
])('a cursor with %s is refused', (_, position) => {
  expect(() => sliceOf('PRICE_ASC', { limit: 1, backward: false, position })).toThrow('belongs to another list')
})

test('a cursor of this order is a position', () => {
  const position = ['PRICE_ASC', '-9223372036854775807', '0', ID]
  expect(sliceOf('PRICE_ASC', { limit: 1, backward: false, position }).position).toEqual(position.slice(1))
})
