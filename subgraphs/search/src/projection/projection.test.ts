import type { CommerceEvent, EventType, NewEvent } from '@commerce/events/contracts.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { changesFrom } from './projection.ts'

function arrived({ type, key, version, data }: NewEvent, time = '2026-01-01T00:00:00.000Z'): CommerceEvent<EventType> {
  const id = '00000000-0000-4000-8000-000000000000'
  return {
    specversion: '1.0',
    id,
    source: '/test',
    type,
    subject: key,
    time,
    datacontenttype: 'application/json',
    version,
    data,
  }
}

const ID = '00000000-0000-4000-8000-00000000000a'

test('the newest version of each entity is what a batch comes to, in any order and however often', () => {
  const events = [
    ...[1, 2, 3].map((version) => product({ id: ID, version, title: `title ${version}` })),
    ...[1, 2].map((version) => price('a', version * 100, { version })),
    price('b', null, { version: 7 }),
    ...[4, 5].map((version) => stock('a', version, version)),
  ].map((event) => arrived(event))
  const twice = fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })
  fc.assert(
    fc.property(twice, (batch) => {
      const { products, prices, stocks } = changesFrom(batch)
      expect(products.map(({ version }) => version)).toEqual([3])
      expect(prices).toHaveLength(2)
      expect(prices).toContainEqual({ sku: 'a', version: 2, minorUnits: 200, currencyCode: 'USD' })
      expect(prices).toContainEqual({ sku: 'b', version: 7, minorUnits: null, currencyCode: null })
      expect(stocks).toEqual([{ sku: 'a', version: 5, available: 5 }])
    }),
  )
})

test('asOf is the time of the newest event', () => {
  const times = ['2026-01-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']
  expect(changesFrom(times.map((time) => arrived(stock('a', 1), time))).asOf).toBe(times[1])
})

test('variant options are attributes, and SKUs and variant titles are searched like the title', () => {
  const red = { id: ID, sku: 'T-1', title: 'Tee red', options: [{ name: 'color', value: 'red' }] }
  const tee = product({ title: 'Tee', brand: 'Acme', attributes: [{ name: 'fit', value: 'slim' }], variants: [red] })
  const [document] = changesFrom([arrived(tee)]).products
  expect(document?.attributes).toEqual([
    { name: 'fit', value: 'slim' },
    { name: 'color', value: 'red' },
  ])
  expect(document?.text[0]).toMatchObject({ weight: 'A', text: ['Tee', 'Acme', 'T-1', 'Tee red'] })
})

test('a SKU that no index can hold is left out', () => {
  const sku = 'x'.repeat(501)
  const { products, prices, stocks } = changesFrom(
    [product({ sku }), price(sku, 1), stock(sku, 1)].map((event) => arrived(event)),
  )
  expect([products[0]?.skus, prices, stocks]).toEqual([[], [], []])
})
