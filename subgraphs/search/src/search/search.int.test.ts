// Long because each way to search is one test over the same documents.
import { randomUUID } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { type Answer, type Harness, startHarness } from '../../test/harness.ts'
import { parseQuery } from '../engine/words.ts'

let harness: Harness
const titles = new Map<string, string>()

const [parts, memory, cases] = ['parts', 'memory', 'cases'].map((slug) => ({
  id: randomUUID(),
  slug,
  name: slug.toUpperCase(),
})) as [Category, Category, Category]
type Category = { id: string; slug: string; name: string }

const shop = [
  { title: 'Crème brûlée torch', brand: 'Flambé', popularity: 1, createdAt: '2026-01-03T00:00:00.000Z' },
  { title: 'Gaming laptop', description: 'with a red keyboard', popularity: 5, sku: 'LAP.1*>', categories: [parts] },
  { title: 'Laptop sleeve', attributes: [{ name: 'color', value: 'Red' }], popularity: 9, categories: [parts, cases] },
  { title: 'Wi-Fi phones', description: 'not a laptop', popularity: 7, createdAt: '2026-01-09T00:00:00.000Z' },
  { title: 'Memory 16GB', brand: 'Acme', categories: [parts, memory], sku: 'x-42' },
  { title: 'Replaces x 42 and x-42 or x 42', popularity: 99 },
]

beforeAll(async () => {
  harness = await startHarness()
  const events = shop.map((changes) => product(changes))
  for (const { data } of events) titles.set(encodeId('Product', data.id), data.title)
  await harness.publish([
    ...events,
    price('LAP.1*>', 99_900),
    price('x-42', 4_200),
    price(events[2]?.data.id as string, 1_500),
    stock('x-42', 1),
  ])
  await harness.indexed()
})

interface Search {
  search: {
    nodes: { id: string }[]
    edges: { cursor: string }[]
    totalCount: number
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
    asOf: string
  }
}

function ask(variables: object): Promise<Answer<Search>> {
  return harness.graphql<Search>(
    `query ($query: String, $filters: SearchFilters, $sort: SearchSort! = RELEVANCE, $first: Int, $after: String, $last: Int, $before: String) {
      search(query: $query, filters: $filters, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
        nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } asOf
      }
    }`,
    variables,
  )
}

async function found(query: string | null, filters: object = {}, sort = 'RELEVANCE'): Promise<string[]> {
  const { data, errors } = await ask({ query, filters, sort })
  expect(errors).toBeUndefined()
  return (data as Search).search.nodes.map(({ id }) => titles.get(id) ?? id)
}

test('a blank query browses everything by popularity', async () => {
  const all = [
    'Replaces x 42 and x-42 or x 42',
    'Laptop sleeve',
    'Wi-Fi phones',
    'Gaming laptop',
    'Crème brûlée torch',
    'Memory 16GB',
  ]
  expect(await found(null)).toEqual(all)
  expect(await found(' \t\0')).toEqual(all)
})

test.each([
  ['the title counts more than the description', 'laptop', ['Laptop sleeve', 'Gaming laptop', 'Wi-Fi phones']],
  ['the last word may be unfinished', 'gaming lap', ['Gaming laptop']],
  ['other words may not', 'gam laptop', []],
  ['all words must occur, the closer the better', 'red laptop', ['Gaming laptop', 'Laptop sleeve']],
  ['-word excludes', 'laptop -gaming -phone', ['Laptop sleeve']],
  ['accents do not matter', 'CREME brulee', ['Crème brûlée torch']],
  ['plurals do not matter', 'phone', ['Wi-Fi phones']],
  ['brands are found', 'acme', ['Memory 16GB']],
  ['categories are found', 'cases', ['Laptop sleeve']],
  [
    'the product with that SKU comes first, however popular others are',
    'X-42',
    ['Memory 16GB', 'Replaces x 42 and x-42 or x 42'],
  ],
  ['a SKU of symbols and letters is found', 'lap.1*>', ['Gaming laptop']],
  ['symbols find nothing', '*** !!! <-> :* (', []],
])('%s', async (_, query, expected) => expect(await found(query)).toEqual(expected))

test('filters narrow', async () => {
  expect(await found('', { brands: ['Acme', 'Flambé'] })).toEqual(['Crème brûlée torch', 'Memory 16GB'])
  expect(await found('', { categorySlugs: ['parts'] })).toEqual(['Laptop sleeve', 'Gaming laptop', 'Memory 16GB'])
  expect(await found('', { categoryIds: [encodeId('Category', memory.id)] })).toEqual(['Memory 16GB'])
  expect(await found('', { categorySlugs: ['nowhere'] })).toEqual([])
  expect(await found('', { priceMin: '15.00', priceMax: '42' })).toEqual(['Laptop sleeve', 'Memory 16GB'])
  expect(await found('', { inStock: true })).toEqual(['Memory 16GB'])
  expect(await found('', { attributes: [{ name: 'color', values: ['Blue', 'Red'] }] })).toEqual(['Laptop sleeve'])
  expect(await found('', { brands: [], categorySlugs: ['parts'], inStock: true })).toEqual(['Memory 16GB'])
})

test('sorts by price with the priceless last, and by age', async () => {
  expect((await found('', {}, 'PRICE_ASC')).slice(0, 4)).toEqual([
    'Laptop sleeve',
    'Memory 16GB',
    'Gaming laptop',
    'Replaces x 42 and x-42 or x 42',
  ])
  expect((await found('', {}, 'PRICE_DESC')).slice(0, 4)).toEqual([
    'Gaming laptop',
    'Memory 16GB',
    'Laptop sleeve',
    'Replaces x 42 and x-42 or x 42',
  ])
  expect((await found('', {}, 'NEWEST')).slice(0, 2)).toEqual(['Wi-Fi phones', 'Crème brûlée torch'])
})

test.each(['RELEVANCE', 'PRICE_ASC', 'PRICE_DESC', 'NEWEST', 'POPULARITY'])(
  'pages by %s are complete, both ways',
  async (sort) => {
    for (const query of ['', 'laptop']) {
      const whole = (await ask({ query, sort })).data as Search
      const ids = whole.search.nodes.map(({ id }) => id)
      const forward: string[] = []
      for (let after: string | null = null, more = true; more; ) {
        const { search } = (await ask({ query, sort, first: 2, after })).data as Search
        forward.push(...search.nodes.map(({ id }) => id))
        after = search.pageInfo.endCursor
        more = search.pageInfo.hasNextPage
      }
      expect(forward).toEqual(ids)
      const backward: string[] = []
      for (let before: string | null = null, more = true; more; ) {
        const { search } = (await ask({ query, sort, last: 2, before })).data as Search
        backward.unshift(...search.nodes.map(({ id }) => id))
        before = search.pageInfo.startCursor
        more = search.pageInfo.hasPreviousPage
      }
      expect(backward).toEqual(ids)
      expect(whole.search.totalCount).toBe(ids.length)
    }
  },
)

test('a page that changes under the shopper shows nothing twice', async () => {
  const first = (await ask({ query: '', first: 2 })).data as Search
  await harness.publish([product({ id: randomUUID(), title: 'newcomer on top', popularity: 1_000 })])
  await harness.indexed()
  const second = (await ask({ query: '', first: 2, after: first.search.pageInfo.endCursor })).data as Search
  expect(second.search.nodes.map(({ id }) => titles.get(id))).toEqual(['Wi-Fi phones', 'Gaming laptop'])
})

test.each([
  ['a foreign cursor', { after: 'nonsense' }],
  ['a cursor of another order', { after: Buffer.from('["NEWEST","1","1","x"]').toString('base64url') }],
  ['too long a page', { first: 101 }],
  ['an amount with too many decimals', { filters: { priceMin: '1.005' } }],
  ['an id of no category', { filters: { categoryIds: ['x'] } }],
  ['too many values', { filters: { attributes: [{ name: 'a', values: Array(51).fill('b') }] } }],
])('%s is refused as the client’s mistake', async (_, variables) => {
  const { errors } = await ask(variables)
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test.each([
  "'; drop table document; --",
  'a & | ! <-> :* b',
  '\\ \\\\ \'\' "" $$ $1 %s',
  '\0\u0001\u001f\u007f\u2028',
  'x'.repeat(10_000),
  'wörd '.repeat(5_000),
  '-'.repeat(500),
  '-a -b -c',
  '\ud800 \udfff',
  '👩‍👩‍👧 ﷺﷺﷺ',
])('hostile input %# is searched for, not executed', async (query) => {
  const { errors } = await ask({
    query,
    filters: { brands: [query], categorySlugs: [query], attributes: [{ name: query, values: [query] }] },
  })
  expect(errors).toBeUndefined()
  expect((await ask({ query })).errors).toBeUndefined()
})

test('whatever is typed is a query that Postgres understands', { timeout: 60_000 }, async () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 20, maxLength: 20 }), async (inputs) => {
      const queries = inputs.flatMap((input) => parseQuery(input)?.tsquery ?? [])
      const rows = await harness.database.$queryRaw<{ nodes: number }[]>`
        select numnode(query::tsquery) as nodes from unnest(${queries}::text[]) as query`
      expect(rows.every(({ nodes }) => nodes > 0)).toBe(true)
    }),
    { numRuns: 50 },
  )
})
