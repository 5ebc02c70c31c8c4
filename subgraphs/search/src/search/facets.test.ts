import { expect, test } from 'vitest'
import type { SearchRequest, ValueCount } from '../engine/engine.ts'
import { facetsOf, priceEdges } from './facets.ts'
import { requestFrom } from './search.ts'

function count(facet: ValueCount['facet'], value: string, many: number, rest: Partial<ValueCount> = {}): ValueCount {
  return { facet, value, count: many, name: null, label: null, selected: false, ...rest }
}

const all: SearchRequest = requestFrom({}, 'USD')

test('price ranges have inclusive ends that the price filters take', () => {
  const counts = [count('price', '8', 1), count('price', '0', 2), count('price', '2', 3)]
  expect(facetsOf(counts, all)[0]?.values.map(({ value, label }) => [value, label])).toEqual([
    ['..9.99', 'up to 9.99 USD'],
    ['25.00..49.99', '25.00 - 49.99 USD'],
    ['2500.00..', 'from 2500.00 USD'],
  ])
  const filtered = requestFrom({ filters: { priceMin: '25', priceMax: '49.99' } }, 'USD')
  expect(facetsOf(counts, filtered)[0]?.values.map(({ selected }) => selected)).toEqual([false, true, false])
})

test('price ranges are as wide in every currency as people expect', () => {
  expect([priceEdges('USD')[0], priceEdges('JPY')[0], priceEdges('KWD')[0]]).toEqual([1_000, 1_000, 10_000])
})

test('what is filtered by stays in its facet when nothing has it', () => {
  const request = requestFrom(
    { filters: { brands: ['Gone'], attributes: [{ name: 'color', values: ['teal'] }] } },
    'USD',
  )
  expect(facetsOf([count('brand', 'Acme', 2)], request)).toEqual([
    {
      key: 'brand',
      label: 'Brand',
      values: [
        { value: 'Acme', label: 'Acme', count: 2, selected: false },
        { value: 'Gone', label: 'Gone', count: 0, selected: true },
      ],
    },
    { key: 'attribute:color', label: 'color', values: [{ value: 'teal', label: 'teal', count: 0, selected: true }] },
  ])
})

test('facets without values are left out', () => expect(facetsOf([], all)).toEqual([]))
