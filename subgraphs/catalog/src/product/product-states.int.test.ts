import { randomUUID } from 'node:crypto'
import { subjectOf } from '@commerce/events/subject.ts'
import { eventually } from '@commerce/local/testing.ts'
import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { startCatalog, type TestCatalog } from '../../test/harness.ts'

/*
 * What `productChanged` is fed by: the events of products, and the field that answers their state.
 */

const STATES =
  'query ($ids: [ID!]!) { productStates(ids: $ids) { id version product { id title version variants { nodes { sku } } } } }'
const UPSERT = `mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) { product { id version } userErrors { message } } }`

let catalog: TestCatalog
let replica: TestCatalog
let mug: string
let jug: string

async function upsert(input: object, on = catalog): Promise<{ id: string; version: number }> {
  const { product, userErrors } = (await on.ask(UPSERT, { input })).productUpsert
  expect(userErrors).toEqual([])
  return product
}

beforeAll(async () => {
  catalog = await startCatalog()
  replica = await startCatalog(catalog)
  mug = (await upsert({ title: 'Mug', variants: [{ sku: 'MUG' }] })).id
  jug = (await upsert({ title: 'Jug', variants: [{ sku: 'JUG' }] })).id
})

describe('productStates', () => {
  it('answers each product once, under the id that was asked for, to anybody', async () => {
    const { productStates } = await catalog.ask(STATES, { ids: [jug, mug, jug] }, null)
    expect(productStates).toMatchObject([
      { id: jug, version: 1, product: { id: jug, title: 'Jug', version: 1 } },
      { id: mug, version: 1, product: { id: mug, title: 'Mug', version: 1 } },
    ])
  })

  it('has the version of the event of every change, of a variant too, also on another replica', async () => {
    const { version } = await upsert({ id: mug, title: 'Big mug' })
    const changes = [
      await upsert({ id: mug, variants: [{ sku: 'MUG-2', options: [{ name: 'Size', value: 'L' }] }] }),
      await upsert({ id: mug, title: 'Very big mug' }, replica),
    ]
    expect(changes.map((one) => one.version)).toEqual([version + 1, version + 2])
    const subject = subjectOf('catalog.product.changed', uuidFrom(mug, 'Product') ?? '')
    const told = await eventually('all events', () => {
      const versions = catalog.events.filter((event) => event.subject === subject).map(({ data }) => data.version)
      return versions.includes(version + 2) && versions
    })
    expect(told).toEqual([1, version, version + 1, version + 2])
    for (const on of [catalog, replica]) {
      // As the gateway asks after the event: with its version as a floor.
      const { productStates } = await on.ask(STATES, { ids: [mug] }, null, { [subject]: version + 2 })
      expect(productStates).toMatchObject([{ version: version + 2, product: { title: 'Very big mug' } }])
      expect(productStates[0].product.variants.nodes).toHaveLength(2)
    }
  })

  it('stays as it is with a new price', async () => {
    const { version } = (await catalog.ask(STATES, { ids: [jug] })).productStates[0]
    const price = { amount: '5', currencyCode: 'USD' }
    await catalog.ask(
      'mutation ($input: PriceSetInput!) { priceSet(input: $input) { userErrors { message } variant { sku } } }',
      { input: { sku: 'JUG', price } },
    )
    expect((await catalog.ask(STATES, { ids: [jug] })).productStates[0].version).toBe(version)
  })

  it('names what is not there', async () => {
    const none = encodeId('Product', randomUUID())
    const { data, errors } = await catalog.answer(STATES, { ids: [mug, none] }, null)
    expect(data.productStates).toBeNull()
    expect(errors).toMatchObject([
      { message: `\`ids\`: there is no product with the id ${none}.`, extensions: { code: 'NOT_FOUND' } },
    ])
  })

  it.each([
    ['the id of something else', [encodeId('Variant', randomUUID())]],
    ['no id', ['mug']],
    ['an id with a key that cannot be', [encodeId('Product', 'mug')]],
    ['too many', Array.from({ length: 201 }, () => encodeId('Product', randomUUID()))],
  ])('refuses %s', async (_what, ids) => {
    const { errors } = await catalog.answer(STATES, { ids }, null)
    expect(errors).toMatchObject([
      { message: expect.stringContaining('`ids`'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })
})
