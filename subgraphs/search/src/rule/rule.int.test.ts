import { eventually } from '@commerce/local/testing.ts'
import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { product } from '../../test/events.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { createWorld } from '../../test/world.ts'

const world = await createWorld()
const [harness, other] = [await startHarness(world), await startHarness(world)] as [Harness, Harness]
const { data: mug } = product({ title: 'Mug' })
await harness.publish([product(mug)])
await harness.indexed()
const id = encodeId('Product', mug.id)

interface Payload {
  rule: Record<string, unknown> | null
  userErrors: { code: string; field: string[] }[]
}

async function set(input: object, scopes = ['search:write']): Promise<Payload> {
  const { data, errors } = await harness.graphql<{ searchRuleSet: Payload }>(
    `mutation ($input: SearchRuleSetInput!) {
      searchRuleSet(input: $input) {
        rule {
          code note queries match categorySlugs pins { id } buried { id } redirect priority from until active version
          boosts { filters { brands inStock priceMin } products { id } factor }
        }
        userErrors { code field }
      }
    }`,
    { input },
    scopes,
  )
  if (errors) throw new Error(errors[0]?.message)
  return data?.searchRuleSet as Payload
}

async function remove(code: string): Promise<void> {
  const { data } = await harness.graphql<{ searchRuleDelete: { deletedCode: string } }>(
    `mutation ($code: String!) { searchRuleDelete(input: { code: $code }) { deletedCode userErrors { code } } }`,
    { code },
    ['search:write'],
  )
  expect(data?.searchRuleDelete.deletedCode).toBe(code)
}

interface Searched {
  search: { redirect: { url: string } | null; rules: { code: string }[] | null }
}

async function search(at: Harness, query: string, scopes: string[] = []): Promise<Searched['search']> {
  const { data, errors } = await at.graphql<Searched>(
    'query ($query: String) { search(query: $query) { redirect { url } rules { code } } }',
    { query },
    scopes,
  )
  expect(errors).toBeUndefined()
  return (data as Searched).search
}

test('a rule comes back as it was given; the same again changes nothing', async () => {
  const input = {
    code: 'everything',
    note: 'for\nsummer',
    queries: ['mug'],
    match: 'CONTAINS',
    categorySlugs: ['mugs'],
    pins: [id],
    boosts: [
      { filters: { brands: ['Acme'], inStock: true, priceMin: '1.50' }, factor: 2 },
      { productIds: [id], factor: 0.5 },
    ],
    redirect: 'https://example.com/sale?x=1',
    priority: -5,
    from: '2026-01-01T00:00:00.000Z',
    until: '2026-02-01T00:00:00.000Z',
    active: false,
  }
  const { rule, userErrors } = await set(input)
  expect(userErrors).toEqual([])
  expect(rule).toEqual({
    ...input,
    pins: [{ id }],
    buried: [],
    boosts: [
      { filters: { brands: ['Acme'], inStock: true, priceMin: '1.50' }, products: [], factor: 2 },
      { filters: null, products: [{ id }], factor: 0.5 },
    ],
    version: 1,
  })
  expect((await set(input)).rule?.version).toBe(1)
  expect((await set({ ...input, note: null })).rule).toMatchObject({ version: 2, note: null })
  await remove('everything')
})

test('it applies at once where it was made, and at every replica within moments', async () => {
  await set({ code: 'sale', queries: ['summer sale'], redirect: '/sale' })
  expect((await search(harness, 'Summer-Sale')).redirect).toEqual({ url: '/sale' })
  await eventually(
    'the other replica knows it',
    async () => (await search(other, 'summer sale')).redirect !== null,
    3_000,
  )
  expect((await search(other, 'summer')).redirect).toBeNull()
  await remove('sale')
  expect((await search(harness, 'summer sale')).redirect).toBeNull()
  await eventually(
    'the other replica forgets it',
    async () => (await search(other, 'summer sale')).redirect === null,
    3_000,
  )
})

test('staff see which rules apply, shoppers do not', async () => {
  await set({ code: 'pinned', pins: [id] })
  expect((await search(harness, 'mug')).rules).toBeNull()
  expect((await search(harness, 'mug', ['search:read'])).rules).toEqual([{ code: 'pinned' }])
  await remove('pinned')
})

test('what cannot be is refused with the place of it, and by whoever may not', async () => {
  expect((await set({ code: 'x', pins: ['nonsense'] })).userErrors).toEqual([
    { code: 'INVALID_PRODUCT', field: ['pins', '0'] },
  ])
  expect((await set({ code: 'x', pins: [id], expectedVersion: 3 })).userErrors[0]?.code).toBe('VERSION_CONFLICT')
  await expect(set({ code: 'x', pins: [id] }, ['search:read'])).rejects.toThrow('search:write')
})

test('there is a limit', async () => {
  const rule = { match: 'EXACT', boosts: [], priority: 0, active: false, version: 1 }
  const data = Array.from({ length: 1_000 }, (_, i) => ({ code: `many-${i}`, ...rule }))
  await harness.database.merchandisingRule.createMany({ data })
  expect((await set({ code: 'one-more', pins: [id] })).userErrors[0]?.code).toBe('TOO_MANY_RULES')
  await harness.database.merchandisingRule.deleteMany({ where: { code: { startsWith: 'many' } } })
})
