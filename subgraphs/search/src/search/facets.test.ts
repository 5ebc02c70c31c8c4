import { expect, test } from 'vitest'
import { NO_RULES, type SearchRequest, type ValueCount } from '../engine/port.ts'
import { filtersValue } from './choice.ts'
import { type Facet, facetsOf, priceEdges } from './facets.ts'
import type { FiltersArgument } from './filters.ts'
import { facetRequestFrom, requestFrom } from './search.ts'

function count(facet: ValueCount['facet'], value: string, many: number, rest: Partial<ValueCount> = {}): ValueCount {
  return { facet, value, count: many, name: null, label: null, selected: false, ...rest }
}

function requestOf(filters: FiltersArgument): SearchRequest {
  const page = { limit: 20, backward: false, position: null }
  const shop = { shopCurrency: 'USD', rules: NO_RULES, explain: false, now: 0 }
  return requestFrom({ filters, sort: 'RELEVANCE', soldOut: 'LAST' }, page, shop)
}

function shown(counts: readonly ValueCount[], filters: FiltersArgument = {}, keys: string[] | null = null): Facet[] {
  return facetsOf(counts, requestOf(filters), filtersValue(filters), keys)
}

test('price ranges have inclusive ends that the price filters take', () => {
  const counts = [count('price', '8', 1), count('price', '0', 2), count('price', '2', 3)]
  expect(shown(counts)[0]?.values.map(({ value, label }) => [value, label])).toEqual([
    ['..9.99', 'up to 9.99 USD'],
    ['25.00..49.99', '25.00 - 49.99 USD'],
    ['2500.00..', 'from 2500.00 USD'],
  ])
  const filtered = shown(counts, { priceMin: '25', priceMax: '49.99' })
  expect(filtered[0]?.values.map(({ selected }) => selected)).toEqual([false, true, false])
})

test('price ranges are as wide in every currency as people expect', () => {
  expect([priceEdges('USD')[0], priceEdges('JPY')[0], priceEdges('KWD')[0]]).toEqual([1_000, 1_000, 10_000])
})

test('what is filtered by stays in its facet when nothing has it', () => {
  const filters = { brands: ['Gone'], attributes: [{ name: 'color', values: ['teal'] }] }
  expect(shown([count('brand', 'Acme', 2)], filters)).toMatchObject([
    {
      key: 'brand',
      label: 'Brand',
      values: [
        { value: 'Acme', label: 'Acme', count: 2, selected: false },
        { value: 'Gone', label: 'Gone', count: 0, selected: true, input: { brands: null } },
      ],
    },
    { key: 'attribute:color', values: [{ value: 'teal', count: 0, selected: true, input: { attributes: null } }] },
  ])
})

test('facets without values, and those not asked for, are left out', () => {
  expect(shown([])).toEqual([])
  const counts = [count('brand', 'Acme', 2), count('onSale', 'true', 1)]
  expect(shown(counts, {}, ['onSale']).map(({ key }) => key)).toEqual(['onSale'])
})

test('every value says which filters it means, beside those there are', () => {
  const counts = [
    count('category', 'laptops', 3, { label: 'Laptops' }),
    count('brand', 'Acme', 2),
    count('price', '0', 1),
    count('inStock', 'true', 2),
    count('onSale', 'false', 2),
    count('rating', '4', 1),
    count('attribute', 'red', 1, { name: 'color' }),
  ]
  const inputs = shown(counts, { brands: ['Zeta'], currency: 'USD' }).map(({ values }) => values[0]?.input)
  const before = filtersValue({ brands: ['Zeta'], currency: 'USD' })
  expect(inputs).toEqual([
    { ...before, categorySlugs: ['laptops'] },
    { ...before, brands: ['Zeta', 'Acme'] },
    { ...before, priceMax: '9.99' },
    { ...before, inStock: true },
    { ...before, onSale: false },
    { ...before, ratingMin: 4 },
    { ...before, attributes: [{ name: 'color', values: ['red'], min: null, max: null }] },
  ])
})

test('a value inside a facet can be searched for', () => {
  expect(facetRequestFrom({ values: 5, match: { facet: 'brand', prefix: 'ac' } }, 'USD')).toMatchObject({
    valuesPerFacet: 5,
    match: { facet: 'brand', prefix: 'ac' },
  })
  expect(facetRequestFrom({ values: 5, match: { facet: 'attribute:color', prefix: 'r' } }, 'USD').names).toEqual([
    'color',
  ])
})

test.each([
  [{ values: 0 }, '1 to 100'],
  [{ values: 101 }, '1 to 100'],
  [{ values: 1, keys: ['colour'] }, '"colour" is no facet'],
  [{ values: 1, match: { facet: 'price', prefix: '1' } }, 'not in "price"'],
  [{ values: 1, match: { facet: 'brand', prefix: 'x'.repeat(101) } }, 'at most 100'],
])('facets that cannot be asked for are refused: %o', (args, message) => {
  expect(() => facetRequestFrom(args, 'USD')).toThrow(message)
})
