import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { NO_RULES, type SearchRequest } from '../engine/port.ts'
import type { FiltersArgument } from './filters.ts'
import { isCounted, requestFrom, type SearchArguments, sliceOf } from './search.ts'

const ID = '00000000-0000-4000-8000-00000000000a'
const start = { limit: 20, backward: false, position: null }

function requestOf(filters: FiltersArgument, rest: Partial<SearchArguments> = {}, page = start): SearchRequest {
  const shop = { shopCurrency: 'USD', rules: NO_RULES, explain: false, now: 0 }
  return requestFrom({ filters, sort: 'RELEVANCE', soldOut: 'LAST', ...rest }, page, shop)
}

test('amounts are minor units of the currency asked for, or of the shop', () => {
  const { filters, currencyCode } = requestOf({ priceMin: '10', priceMax: '24.99' })
  expect([currencyCode, filters.price]).toEqual(['USD', { min: 1000n, max: 2499n, currencyCode: 'USD' }])
  expect(requestOf({ priceMin: '10', currency: 'JPY' }).filters.price.min).toBe(10n)
})

test('attributes of one name are one filter, and those without values and range are none', () => {
  const attributes = [
    { name: 'color', values: ['red'] },
    { name: 'size', values: [] },
    { name: 'color', values: ['blue', 'red'] },
    { name: 'memory', values: [], min: 8 },
    { name: 'memory', values: [], min: 16, max: 64 },
  ]
  expect(requestOf({ attributes }).filters.attributes).toEqual([
    { name: 'color', values: ['red', 'blue'], min: null, max: null },
    { name: 'memory', values: [], min: 16, max: 64 },
  ])
})

test.each([
  ['an amount with too many decimals', { priceMin: '1.234' }, 'is not an amount of USD'],
  ['the id of something else', { categoryIds: [encodeId('Product', ID)] }, 'is not the id of a category'],
  ['too many values', { brands: Array.from({ length: 51 }, String) }, 'at most 50'],
  [
    'too many attributes',
    { attributes: Array.from({ length: 51 }, (_, i) => ({ name: `${i}`, values: ['x'] })) },
    'at most 50',
  ],
])('%s is refused', (_, filters, message) => {
  expect(() => requestOf(filters)).toThrow(message)
})

test('of a long query only the beginning is read', () => {
  expect(requestOf({}, { query: 'x'.repeat(10_000) }).query).toHaveLength(200)
})

test('a cursor of another order is refused, one of this order is the position of the engine', () => {
  const cursorOf = (...position: string[]) => ({ limit: 1, backward: false, position })
  expect(() => sliceOf('PRICE_ASC', cursorOf('NEWEST', '1', ID))).toThrow('belongs to another list')
  expect(() => sliceOf('PRICE_ASC', cursorOf('PRICE_ASC'))).toThrow('belongs to another list')
  expect(sliceOf('PRICE_ASC', cursorOf('PRICE_ASC', '1', ID)).position).toEqual(['1', ID])
})

test('a wish is counted once: not when pages are turned, narrowed or sorted', () => {
  expect(isCounted(requestOf({}, { query: 'mug' }))).toBe(true)
  expect(isCounted(requestOf({ currency: 'EUR' }, { query: 'mug' }))).toBe(true)
  expect(isCounted(requestOf({ brands: ['Acme'] }, { query: 'mug' }))).toBe(false)
  expect(isCounted(requestOf({}, { query: 'mug', sort: 'NEWEST' }))).toBe(false)
  const next = { limit: 20, backward: false, position: ['RELEVANCE', '1'] as never }
  expect(isCounted(requestOf({}, { query: 'mug' }, next))).toBe(false)
})
