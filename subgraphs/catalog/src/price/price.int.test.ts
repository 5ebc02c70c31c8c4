import { callCommand } from '@commerce/events/command.ts'
import { quotePrices } from '@commerce/events/commands.ts'
import type { FeedEvent } from '@commerce/events/feed.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import { statementsOf } from '@commerce/local/statements.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, expect, it } from 'vitest'
import { startCatalog, TABLES, type TestCatalog } from '../../test/harness.ts'

let catalog: TestCatalog
beforeAll(async () => {
  catalog = await startCatalog()
  await catalog.ask('mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) { userErrors { code } } }', {
    input: {
      title: 'Lamp',
      variants: [
        { sku: 'LAMP.1 *', price: { amount: '10', currencyCode: 'USD' } },
        { sku: 'LAMP-2', options: [{ name: 'Color', value: 'Red' }] },
      ],
    },
  })
})

const SET = `mutation ($input: PriceSetInput!) { priceSet(input: $input) {
  variant { sku price { version money { amount } compareAt { amount } } } userErrors { code field message } } }`

const PRICE = '{ variant(sku: "LAMP-2") { price { money { amount } } } }'

const set = async (input: object) => (await catalog.ask(SET, { input })).priceSet
const prices = async (...skus: string[]) =>
  (
    await catalog.ask(
      'query ($skus: [String!]!) { prices(skus: $skus) { sku version price { money { minorUnits } } variant { title } } }',
      { skus },
    )
  ).prices

it('raises the version by one with each change and tells it, and tells nothing when nothing changes', async () => {
  const before = catalog.events.length
  expect((await set({ sku: 'LAMP-2', price: { amount: '12.50', currencyCode: 'USD' } })).variant.price).toEqual({
    version: 1,
    money: { amount: '12.50' },
    compareAt: null,
  })
  expect((await set({ sku: 'LAMP-2', price: { amount: '12.5', currencyCode: 'USD' } })).variant.price.version).toBe(1)
  await set({ sku: 'LAMP-2', price: { amount: '9', currencyCode: 'USD', compareAt: '12.50' } })
  await set({ sku: 'LAMP-2', price: null })
  const told = () => catalog.events.slice(before).filter(({ data }) => data.sku === 'LAMP-2')
  await eventually('three events', () => told().length >= 3)
  expect(told().map(({ subject, data }) => [subject, data.version, data.price])).toEqual([
    ['catalog.price.changed.LAMP-2', 1, { minorUnits: 1250, currencyCode: 'USD', compareAtMinorUnits: null }],
    ['catalog.price.changed.LAMP-2', 2, { minorUnits: 900, currencyCode: 'USD', compareAtMinorUnits: 1250 }],
    ['catalog.price.changed.LAMP-2', 3, null],
  ])
})

it('does not change the version of the product', async () => {
  await set({ sku: 'LAMP.1 *', price: { amount: '11', currencyCode: 'USD' } })
  const { product } = await catalog.ask('{ product(slug: "lamp") { version } }')
  expect(product.version).toBe(1)
})

it('refuses an unknown SKU, a wrong amount and an old version', async () => {
  const price = { amount: '1', currencyCode: 'USD' }
  expect((await set({ sku: 'nobody', price })).userErrors).toMatchObject([{ code: 'UNKNOWN_SKU' }])
  expect((await set({ sku: 'LAMP-2', price: { ...price, amount: '1.001' } })).userErrors).toMatchObject([
    { code: 'INVALID', field: ['price', 'amount'] },
  ])
  expect((await set({ sku: 'LAMP-2', price, expectedVersion: 1 })).userErrors).toMatchObject([
    { code: 'VERSION_CONFLICT' },
  ])
})

it('takes a price away for null only, not for a price that was left out', async () => {
  await set({ sku: 'LAMP.1 *', price: { amount: '10', currencyCode: 'USD' } })
  expect((await set({ sku: 'LAMP.1 *' })).userErrors).toEqual([
    { code: 'INVALID', field: ['price'], message: 'Give a price, or null to take it away.' },
  ])
  expect((await prices('LAMP.1 *'))[0].price).toEqual({ money: { minorUnits: 1000 } })
  expect((await set({ sku: 'LAMP.1 *', price: null })).variant.price).toBeNull()
})

it('lets exactly one of many writers win who expect the same version', async () => {
  const { version } = (await prices('LAMP.1 *'))[0]
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      set({ sku: 'LAMP.1 *', price: { amount: String(100 + i), currencyCode: 'USD' }, expectedVersion: version }),
    ),
  )
  expect(outcomes.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
  expect((await prices('LAMP.1 *'))[0].version).toBe(version + 1)
})

it('never answers an older price than the one that was just set', async () => {
  let stale = 0
  const readers = { running: true, floor: 0 }
  const read = async () => {
    while (readers.running) {
      const floor = readers.floor
      const [{ version }] = await prices('LAMP.1 *')
      if (version < floor) stale += 1
    }
  }
  const reading = [read(), read(), read(), read()]
  for (let i = 0; i < 60; i++) {
    const price = { amount: String(i % 2 ? 200 : 300), currencyCode: 'USD' }
    readers.floor = (await set({ sku: 'LAMP.1 *', price })).variant.price.version
  }
  readers.running = false
  await Promise.all(reading)
  expect(stale).toBe(0)
})

it('answers at least what the gateway has seen, on a replica that has cached an older price', async () => {
  const replica = await startCatalog(catalog)
  const query = '{ variant(sku: "LAMP.1 *") { price { version } } }'
  let stale = 0
  for (let i = 0; i < 30; i++) {
    await replica.ask(query)
    const price = { amount: String(i % 2 ? 400 : 500), currencyCode: 'USD' }
    const { version } = (await set({ sku: 'LAMP.1 *', price })).variant.price
    const floors = { [subjectOf('catalog.price.changed', 'LAMP.1 *')]: version }
    const { variant } = await replica.ask(query, {}, null, floors)
    if (variant.price.version < version) stale += 1
  }
  expect(stale).toBe(0)
})

it('finds nothing for a SKU that no database can hold, and lets others have theirs', async () => {
  expect(await prices('a\u0000b', 'LAMP-2')).toMatchObject([{ sku: 'LAMP-2' }])
  expect(await catalog.ask('{ product(slug: "\\u0000") { id } category(slug: "\\u0000") { id } }')).toEqual({
    product: null,
    category: null,
  })
})

it('snapshots the SKUs that exist, with version 0 for what never had a price', async () => {
  await catalog.ask('mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) { userErrors { code } } }', {
    input: { slug: 'lamp', variants: [{ sku: 'LAMP-3' }] },
  })
  expect(await prices('LAMP-3', 'nobody', 'LAMP-3', 'LAMP-2')).toEqual([
    { sku: 'LAMP-3', version: 0, price: null, variant: { title: 'Lamp' } },
    { sku: 'LAMP-2', version: 3, price: null, variant: { title: 'Red' } },
  ])
})

it('quotes what SKUs are called and cost, to other subgraphs', async () => {
  await set({ sku: 'LAMP.1 *', price: { amount: '10', currencyCode: 'USD' } })
  const { offers } = await callCommand(
    catalog.connection,
    quotePrices,
    { skus: ['LAMP.1 *', 'LAMP-2', 'nobody'] },
    5_000,
  )
  expect(offers.sort((a, b) => (a.sku < b.sku ? -1 : 1))).toMatchObject([
    { sku: 'LAMP-2', title: 'Lamp, Red', price: null, version: 3 },
    { sku: 'LAMP.1 *', title: 'Lamp', price: { minorUnits: 1000, currencyCode: 'USD' } },
  ])
})

it('says in its answer what it changed, also when the answer has errors', async () => {
  const subject = subjectOf('catalog.price.changed', 'LAMP-2')
  const input = { sku: 'LAMP-2', price: { amount: '14', currencyCode: 'USD' } }
  const { data, extensions } = await catalog.answer(SET, { input })
  expect(extensions).toEqual({ changed: { [subject]: data.priceSet.variant.price.version } })
  expect((await catalog.answer(SET, { input })).extensions).toBeUndefined() // the same again changes nothing

  const failing = `mutation ($input: PriceSetInput!) { priceSet(input: $input) { variant { product { variants(first: 0) { nodes { sku } } } } } }`
  const changed = await catalog.answer(failing, { input: { ...input, price: { amount: '15', currencyCode: 'USD' } } })
  expect(changed.errors).toHaveLength(1)
  expect(changed.extensions).toEqual({ changed: { [subject]: data.priceSet.variant.price.version + 1 } })
})

it('reads the database for a gateway that has heard more, until it has heard as much', async () => {
  const shown = (last?: number, stream = newest().stream) => {
    const seen = last === undefined ? undefined : { stream, last: new Map([['catalog', last]]) }
    return statementsOf(TABLES, () => catalog.ask(PRICE, {}, null, {}, seen))
  }
  const newest = () => catalog.events.at(-1) as FeedEvent
  const change = async (amount: string) => {
    const { version } = (await set({ sku: 'LAMP-2', price: { amount, currencyCode: 'USD' } })).variant.price
    await eventually('the event', () => newest().subject.endsWith('.LAMP-2') && newest().data.version === version)
    await eventually('the subgraph has it too', async () => (await shown(newest().seq)).length === 0)
  }
  await change('20')
  const { seq } = newest()
  expect(await shown()).toEqual([])
  expect(await shown(seq)).toEqual([])
  expect(await shown(seq, 'another')).not.toEqual([])
  expect(await shown(seq + 1)).not.toEqual([])
  expect(await shown()).toEqual([]) // for others nothing has changed
  await change('21')
  expect(await shown(seq + 1)).toEqual([])
})

it('refuses a gateway that says nothing sensible of what it has heard', async () => {
  const seen = { stream: 'two words', last: new Map([['catalog', 1]]) }
  expect((await catalog.answer(PRICE, {}, null, {}, seen)).errors[0].message).toMatch(/does not say which events/)
})
