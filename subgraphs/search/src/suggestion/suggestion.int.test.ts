import { randomUUID } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { product } from '../../test/events.ts'
import { type Answer, startHarness } from '../../test/harness.ts'
import { createWorld } from '../../test/world.ts'

const world = await createWorld()
const day = new Date()
await world.database.searchDemand.createMany({
  data: [
    { day, query: 'laptop stand', searches: 9, withoutResults: 0 },
    { day, query: 'lava lamp', searches: 20, withoutResults: 20 },
    { day, query: 'landing', searches: 2, withoutResults: 0 },
  ],
})
const harness = await startHarness(world)
const category = { id: randomUUID(), slug: 'lap-things', name: 'Laptops' }
const { data: laptop } = product({ title: 'Laptop Pro', brand: 'Lapis', categories: [category] })
await harness.publish([product(laptop), product({ title: 'Mug' })])
await harness.indexed()

interface Suggested {
  suggest: {
    queries: { text: string; parts: Part[] }[]
    categories: { slug: string; parts: Part[]; input: { categorySlugs: string[] } }[]
    brands: { brand: string; parts: Part[]; input: { brands: string[] } }[]
    products: { parts: Part[]; product: { id: string } }[]
  }
}
interface Part {
  text: string
  highlighted: boolean
}

function ask(query: string, first = 5): Promise<Answer<Suggested>> {
  const parts = 'parts { text highlighted }'
  return harness.graphql<Suggested>(
    `query ($query: String!, $first: Int!) {
      suggest(query: $query, first: $first) {
        queries { text ${parts} } categories { slug ${parts} input { categorySlugs } }
        brands { brand ${parts} input { brands } } products { ${parts} product { id } }
      }
    }`,
    { query, first },
  )
}

const textOf = (parts: readonly Part[] = []): string => parts.map(({ text }) => text).join('')
const typed = (parts: readonly Part[] = []): string => textOf(parts.filter(({ highlighted }) => !highlighted))

test('an input is completed with what many searched for and found, then with what there is', async () => {
  const { data } = await ask('Lap')
  const { queries, categories, brands, products } = (data as Suggested).suggest
  expect(queries[0]?.text).toBe('laptop stand')
  expect(queries.map(({ text }) => text)).not.toContain('lava lamp')
  expect(categories.map(({ slug, input }) => [slug, input.categorySlugs])).toEqual([['lap-things', ['lap-things']]])
  expect(brands.map(({ brand, input }) => [brand, input.brands])).toEqual([['Lapis', ['Lapis']]])
  expect(products.map(({ product }) => product.id)).toEqual([encodeId('Product', laptop.id)])
  expect([textOf(categories[0]?.parts), typed(categories[0]?.parts)]).toEqual(['Laptops', 'Lap'])
  expect(textOf(products[0]?.parts)).toBe('Laptop Pro')
})

test('a blank input completes nothing, and there are limits', async () => {
  expect((await ask(' ')).data?.suggest).toEqual({ queries: [], categories: [], brands: [], products: [] })
  expect((await ask('lap', 1)).data?.suggest.queries).toHaveLength(1)
  expect((await ask('lap', 21)).errors?.[0]?.message).toBe('`first` is 1 to 20, 21 was given.')
})
