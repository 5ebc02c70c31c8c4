import { randomUUID } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { order, product } from '../../test/events.ts'
import { startHarness } from '../../test/harness.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const harness = await startHarness()
const [mug, tea, pot, honey] = ['mug', 'tea', 'pot', 'honey'].map(
  (title) => product({ title, sku: `${title}.1` }).data,
) as [Product, Product, Product, Product]
type Product = ReturnType<typeof product>['data']
const titles = new Map([mug, tea, pot, honey].map(({ id, title }) => [encodeId('Product', id), title]))

interface Entities {
  _entities: { boughtTogether: { id: string }[] }[]
}

async function boughtWith(products: readonly Product[], first = 8): Promise<string[][]> {
  const representations = products.map(({ id }) => ({ __typename: 'Product', id: encodeId('Product', id) }))
  const { data, errors } = await harness.graphql<Entities>(
    `query ($representations: [_Any!]!, $first: Int!) {
      _entities(representations: $representations) { ... on Product { boughtTogether(first: $first) { id } } }
    }`,
    { representations, first },
  )
  expect(errors).toBeUndefined()
  return (data?._entities ?? []).map((one) => one.boughtTogether.map(({ id }) => titles.get(id) ?? id))
}

await harness.publish([mug, tea, pot, honey].map((data) => product(data)))
const placed = [
  order(['mug.1', 'tea.1']),
  order(['mug.1', 'tea.1', 'pot.1']),
  order(['mug.1', 'gone.1']),
  order(['mug.1', 'honey.1'], new Date(Date.now() - 400 * DAY_MS).toISOString()),
]
await harness.publish(placed)
await harness.indexed()

test('what was bought in the same orders goes with a product, the most frequent first', async () => {
  expect(await boughtWith([mug, tea, honey])).toEqual([['tea', 'pot'], ['mug', 'pot'], []])
  expect(await boughtWith([mug], 1)).toEqual([['tea']])
})

test('an order that is told again counts once', async () => {
  for (let again = 0; again < 2; again++) {
    await harness.publish(placed.slice(0, 1))
    await harness.indexed()
  }
  await harness.publish([order(['pot.1', 'mug.1']), order(['pot.1', 'mug.1'])])
  await harness.indexed()
  expect(await boughtWith([mug])).toEqual([['pot', 'tea']])
})

test('the same product under another SKU is one product', async () => {
  await harness.publish([order(['honey.1', 'tea.2']), order(['honey.1', 'tea.1']), order(['honey.1', 'mug.1'])])
  const variants = ['tea.1', 'tea.2'].map((sku) => ({ ...(tea.variants[0] as Product['variants'][number]), sku }))
  await harness.publish([product({ ...tea, version: 2, variants })])
  await harness.indexed()
  expect(await boughtWith([honey])).toEqual([['tea', 'mug']])
})

test('products like one are of its category, the nearest first', async () => {
  const category = (slug: string) => ({ id: randomUUID(), slug, name: slug })
  const [lamps, desks] = [category('lamps'), category('desks')]
  const red = [{ name: 'color', value: 'red' }]
  const made = [
    product({ title: 'lamp', categories: [lamps], brand: 'Acme', attributes: red }),
    product({ title: 'popular', categories: [lamps], popularity: 3 }),
    product({ title: 'same brand and color', categories: [lamps], brand: 'Acme', attributes: red }),
    product({ title: 'same color', categories: [lamps], attributes: red }),
    product({ title: 'desk', categories: [desks], brand: 'Acme', attributes: red }),
  ]
  for (const { data } of made) titles.set(encodeId('Product', data.id), data.title)
  await harness.publish(made)
  await harness.indexed()
  const related = async (data: Product | undefined, first: number) => {
    const answer = await harness.graphql<{ _entities: { related: { id: string }[] }[] }>(
      `query ($first: Int!) {
        _entities(representations: [{ __typename: "Product", id: "${encodeId('Product', data?.id ?? '')}" }]) { ... on Product { related(first: $first) { id } } }
      }`,
      { first },
    )
    expect(answer.errors).toBeUndefined()
    return answer.data?._entities[0]?.related.map(({ id }) => titles.get(id))
  }
  expect(await related(made[0]?.data, 8)).toEqual(['same brand and color', 'same color', 'popular'])
  expect(await related(made[0]?.data, 1)).toEqual(['same brand and color'])
  expect(await related(mug, 8)).toEqual([])
  expect(await related(product().data, 8)).toEqual([])
})

test('bad requests are told what is wrong', async () => {
  const ask = async (id: string, first: number) => {
    const { errors } = await harness.graphql(
      `query ($first: Int!) {
        _entities(representations: [{ __typename: "Product", id: "${id}" }]) { ... on Product { boughtTogether(first: $first) { id } } }
      }`,
      { first },
    )
    return errors?.[0]?.message
  }
  expect(await ask(encodeId('Product', mug.id), 51)).toBe('`first` is 1 to 50, 51 was given.')
  expect(await ask('nothing', 1)).toContain('nothing')
})
