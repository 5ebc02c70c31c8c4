import type { CommerceEvent, EventType, NewEvent } from '@commerce/events/contracts.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { changesFrom, factsFrom, toldBy } from './document.ts'

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

const changesOf = (events: readonly CommerceEvent[]) => changesFrom(factsFrom(events))

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
      const { products, prices, stocks } = changesOf(batch)
      expect(products.map(({ version }) => version)).toEqual([3])
      expect(prices).toHaveLength(2)
      expect(prices).toContainEqual({
        sku: 'a',
        version: 2,
        money: { minorUnits: 200, compareAtMinorUnits: null, currencyCode: 'USD' },
      })
      expect(prices).toContainEqual({ sku: 'b', version: 7, money: null })
      expect(stocks).toEqual([{ sku: 'a', version: 5, available: 5, sellable: true }])
    }),
  )
})

test('asOf is the time of the newest event', () => {
  const times = ['2026-01-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']
  expect(changesOf(times.map((time) => arrived(stock('a', 1), time))).asOf).toBe(times[1])
})

test('variant options are attributes, and variants keep their SKUs and titles', () => {
  const red = { id: ID, sku: 'T-1', title: 'Tee red', options: [{ name: 'color', value: 'red' }] }
  const tee = product({ title: 'Tee', brand: 'Acme', attributes: [{ name: 'fit', value: 'slim' }], variants: [red] })
  const [document] = changesOf([arrived(tee)]).products
  expect(document?.attributes).toEqual([
    { name: 'fit', value: 'slim' },
    { name: 'color', value: 'red' },
  ])
  expect(document).toMatchObject({ title: 'Tee', brand: 'Acme', variants: [{ sku: 'T-1', title: 'Tee red' }] })
})

test('a SKU that no index can hold is left out', () => {
  const sku = 'x'.repeat(501)
  const { products, prices, stocks } = changesOf(
    [product({ sku }), price(sku, 1), stock(sku, 1)].map((event) => arrived(event)),
  )
  expect([products[0]?.variants, prices, stocks]).toEqual([[], [], []])
})

test('units that a policy still promises make a SKU sellable', () => {
  const { data } = stock('a', 0)
  const promised = { ...stock('a', 0, 2), data: { ...data, version: 2, backorderable: 3 } } as NewEvent
  expect(changesOf([arrived(stock('a', 0))]).stocks).toEqual([{ sku: 'a', version: 1, available: 0, sellable: false }])
  expect(changesOf([arrived(promised)]).stocks).toEqual([{ sku: 'a', version: 2, available: 0, sellable: true }])
})

test('an event without its envelope is told by its subject; others and broken ones are not', () => {
  const { data, subject } = price('a b', 100)
  expect(toldBy(subject, data, 0)).toEqual({ type: 'catalog.price.changed', data, time: '1970-01-01T00:00:00.000Z' })
  expect(toldBy('catalog.price.changed.x', { ...data, sku: 1 }, 0)).toBeNull()
  expect(toldBy('catalog.other.changed.x', data, 0)).toBeNull()
})
