// Long because each part of an answer is one test over the same documents.
import { randomUUID } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import { beforeAll, expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { type Answer, type Harness, startHarness } from '../../test/harness.ts'

let harness: Harness
const titles = new Map<string, string>()
const idOf = (title: string): string => [...titles].find(([, known]) => known === title)?.[0] as string

const [parts, memory, cases] = ['parts', 'memory', 'cases'].map((slug) => ({
  id: randomUUID(),
  slug,
  name: slug.toUpperCase(),
})) as [Category, Category, Category]
type Category = { id: string; slug: string; name: string }

const rating = (value: string) => ({ name: 'rating', value })
const shop = [
  { title: 'Crème brûlée torch', brand: 'Flambé', popularity: 1, createdAt: '2026-01-03T00:00:00.000Z', sku: 'torch' },
  {
    title: 'Gaming laptop',
    description: 'with a red keyboard',
    popularity: 5,
    sku: 'LAP.1*>',
    categories: [parts],
    brand: 'Zeta',
  },
  {
    title: 'Laptop sleeve',
    attributes: [{ name: 'color', value: 'Red' }, rating('4.5')],
    popularity: 9,
    categories: [parts, cases],
    sku: 'sleeve',
  },
  {
    title: 'Wireless phones',
    description: 'not a laptop',
    popularity: 7,
    createdAt: '2026-01-09T00:00:00.000Z',
    sku: 'phones',
  },
  {
    title: 'Memory 16GB',
    brand: 'Acme',
    categories: [parts, memory],
    sku: 'x-42',
    attributes: [{ name: 'size', value: '16 GB' }, rating('3')],
  },
]

beforeAll(async () => {
  harness = await startHarness()
  const events = shop.map((changes) => product(changes))
  for (const { data } of events) titles.set(encodeId('Product', data.id), data.title)
  const discounted = price('sleeve', 1_500)
  Object.assign(discounted.data, { price: { minorUnits: 1_500, compareAtMinorUnits: 2_000, currencyCode: 'USD' } })
  await harness.publish([
    ...events,
    price('LAP.1*>', 99_900),
    price('x-42', 4_200),
    discounted,
    stock('x-42', 1),
    stock('torch', 2),
  ])
  await harness.indexed()
})

interface Part {
  text: string
  highlighted: boolean
}
interface Search {
  search: {
    nodes: { id: string }[]
    edges: { cursor: string; title: Part[]; snippet: Part[]; explain: Explained | null }[]
    totalCount: number
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
    didYouMean: string | null
    relaxed: string[]
    asOf: string
  }
}
interface Explained {
  group: number
  available: boolean
  score: number
  parts: { name: string; kind: string; value: number }[]
}

function ask(variables: object, scopes: string[] = []): Promise<Answer<Search>> {
  return harness.graphql<Search>(
    `query ($query: String, $filters: SearchFilters, $sort: SearchSort! = RELEVANCE, $soldOut: SearchSoldOut! = MIXED,
        $first: Int, $after: String, $last: Int, $before: String) {
      search(query: $query, filters: $filters, sort: $sort, soldOut: $soldOut, first: $first, after: $after, last: $last, before: $before) {
        nodes { id }
        edges {
          cursor title { text highlighted } snippet { text highlighted }
          explain { group available score parts { name kind value } }
        }
        totalCount didYouMean relaxed asOf pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    variables,
    scopes,
  )
}

async function answer(variables: object, scopes: string[] = []): Promise<Search['search']> {
  const { data, errors } = await ask(variables, scopes)
  expect(errors).toBeUndefined()
  return (data as Search).search
}

async function found(query: string | null, filters: object = {}, rest: object = {}): Promise<string[]> {
  return (await answer({ query, filters, ...rest })).nodes.map(({ id }) => titles.get(id) ?? id)
}

async function staff(mutation: string, input: object): Promise<void> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`
  const { data, errors } = await harness.graphql<Record<string, { userErrors: unknown[] }>>(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { message } } }`,
    { input },
    ['search:write'],
  )
  expect([errors, data?.[mutation]?.userErrors]).toEqual([undefined, []])
}

test('a blank query browses everything', async () => {
  expect((await found(null)).sort()).toEqual(shop.map(({ title }) => title).sort())
  expect(await found(' \t\0')).toEqual(await found(null))
})

test.each<[string, object, string[]]>([
  ['brands', { brands: ['Acme', 'Flambé'] }, ['Crème brûlée torch', 'Memory 16GB']],
  ['a category and those below', { categorySlugs: ['parts'] }, ['Gaming laptop', 'Laptop sleeve', 'Memory 16GB']],
  ['no such category', { categorySlugs: ['nowhere'] }, []],
  ['a price range', { priceMin: '15.00', priceMax: '42' }, ['Laptop sleeve', 'Memory 16GB']],
  ['stock', { inStock: true }, ['Crème brûlée torch', 'Memory 16GB']],
  ['a sale', { onSale: true }, ['Laptop sleeve']],
  ['a rating', { ratingMin: 4 }, ['Laptop sleeve']],
  ['an attribute', { attributes: [{ name: 'color', values: ['Blue', 'Red'] }] }, ['Laptop sleeve']],
  ['a number within a range', { attributes: [{ name: 'size', min: 8, max: 16 }] }, ['Memory 16GB']],
  ['a number beyond a range', { attributes: [{ name: 'size', min: 17 }] }, []],
  ['all together', { brands: [], categorySlugs: ['parts'], inStock: true }, ['Memory 16GB']],
])('filters by %s', async (_, filters, expected) => {
  expect((await found('', filters)).sort()).toEqual(expected)
})

test('a category is filtered by its id too', async () => {
  expect(await found('', { categoryIds: [encodeId('Category', memory.id)] })).toEqual(['Memory 16GB'])
})

test('sorts by price with the priceless last, and by age', async () => {
  const priced = ['Laptop sleeve', 'Memory 16GB', 'Gaming laptop']
  expect((await found('', {}, { sort: 'PRICE_ASC' })).slice(0, 3)).toEqual(priced)
  expect((await found('', {}, { sort: 'PRICE_DESC' })).slice(0, 3)).toEqual(priced.toReversed())
  expect((await found('', {}, { sort: 'NEWEST' })).slice(0, 2)).toEqual(['Wireless phones', 'Crème brûlée torch'])
})

test('what cannot be had follows behind, is left out, or stands where it would', async () => {
  const byPrice = { sort: 'PRICE_ASC' }
  const available = ['Memory 16GB', 'Crème brûlée torch']
  expect((await found('', {}, { ...byPrice, soldOut: 'LAST' })).slice(0, 3)).toEqual([...available, 'Laptop sleeve'])
  const hidden = await answer({ ...byPrice, soldOut: 'HIDDEN' })
  expect([hidden.nodes.map(({ id }) => titles.get(id)), hidden.totalCount]).toEqual([available, 2])
  expect((await found('', {}, byPrice))[0]).toBe('Laptop sleeve')
})

test.each(['RELEVANCE', 'PRICE_ASC', 'PRICE_DESC', 'NEWEST', 'POPULARITY'])(
  'pages by %s are complete, both ways',
  async (sort) => {
    for (const query of ['', 'laptop']) {
      const whole = await answer({ query, sort })
      const ids = whole.nodes.map(({ id }) => id)
      const forward: string[] = []
      for (let after: string | null = null, more = true; more; ) {
        const page: Search['search'] = await answer({ query, sort, first: 2, after })
        forward.push(...page.nodes.map(({ id }) => id))
        after = page.pageInfo.endCursor
        more = page.pageInfo.hasNextPage
      }
      expect(forward).toEqual(ids)
      const backward: string[] = []
      for (let before: string | null = null, more = true; more; ) {
        const page: Search['search'] = await answer({ query, sort, last: 2, before })
        backward.unshift(...page.nodes.map(({ id }) => id))
        before = page.pageInfo.startCursor
        more = page.pageInfo.hasPreviousPage
      }
      expect(backward).toEqual(ids)
      expect(whole.totalCount).toBe(ids.length)
    }
  },
)

test('what was found is highlighted in the title, and in the piece of the description that fits', async () => {
  const { edges, nodes } = await answer({ query: 'laptops keyboard' })
  expect(titles.get(nodes[0]?.id as string)).toBe('Gaming laptop')
  expect(edges[0]?.title).toEqual([
    { text: 'Gaming ', highlighted: false },
    { text: 'laptop', highlighted: true },
  ])
  expect(edges[0]?.snippet).toEqual([
    { text: 'with a red ', highlighted: false },
    { text: 'keyboard', highlighted: true },
  ])
  const bare = await answer({ query: 'sleeve' })
  expect(bare.edges[0]?.snippet).toEqual([])
})

test('a typo is searched as what was meant, and a word that nothing has is given up; both are said', async () => {
  const typo = await answer({ query: 'gamnig laptop' })
  expect(typo.didYouMean).toBe('gaming laptop')
  expect(typo.nodes.map(({ id }) => titles.get(id))[0]).toBe('Gaming laptop')
  const relaxed = await answer({ query: 'Zyxwvut sleeve' })
  expect(relaxed.nodes.map(({ id }) => titles.get(id))).toEqual(['Laptop sleeve'])
  expect(relaxed.relaxed).toEqual(['Zyxwvut'])
})

test('a synonym finds, one way or both', async () => {
  await staff('searchSynonymSet', { code: 'both', terms: ['ram', 'memory'] })
  await staff('searchSynonymSet', { code: 'one-way', terms: ['burner'], replacements: ['torch'] })
  expect(await found('ram')).toEqual(['Memory 16GB'])
  expect(await found('burner')).toEqual(['Crème brûlée torch'])
  await staff('searchSynonymDelete', { code: 'both' })
  expect(await found('ram')).not.toContain('Memory 16GB')
})

test('pins, buried products and boosts decide the order of relevance only, and staff see why', async () => {
  const pinned = {
    code: 'test',
    queries: ['laptop'],
    pins: [idOf('Crème brûlée torch')],
    buried: [idOf('Laptop sleeve')],
  }
  await staff('searchRuleSet', pinned)
  const order = await found('laptop')
  expect([order[0], order.at(-1)]).toEqual(['Crème brûlée torch', 'Laptop sleeve'])
  expect(await found('laptop', { brands: ['Zeta'] })).toEqual(['Gaming laptop'])
  expect(await found('laptop', {}, { sort: 'POPULARITY' })).not.toContain('Crème brûlée torch')
  const seen = await answer({ query: 'laptop' }, ['search:read'])
  expect(seen.edges[0]?.explain).toMatchObject({ group: 3, available: true })
  expect(seen.edges.at(-1)?.explain?.group).toBe(0)
  expect((await answer({ query: 'laptop' })).edges.map(({ explain }) => explain)).toEqual(seen.edges.map(() => null))

  const boosted = (title: string) => ({
    code: 'test',
    queries: ['laptop'],
    boosts: [{ productIds: [idOf(title)], factor: 10 }],
  })
  for (const title of ['Gaming laptop', 'Laptop sleeve']) {
    await staff('searchRuleSet', boosted(title))
    expect((await found('laptop'))[0]).toBe(title)
  }
  const explained = await answer({ query: 'laptop' }, ['search:read'])
  expect(explained.edges[0]?.explain?.parts).toContainEqual(expect.objectContaining({ kind: 'FACTOR', value: 10 }))
  await staff('searchRuleDelete', { code: 'test' })
})

test.each([
  ['a foreign cursor', { after: 'nonsense' }],
  ['a cursor of another order', { after: Buffer.from('["NEWEST","1","1","x"]').toString('base64url') }],
  ['a cursor that no engine made', { after: Buffer.from('["RELEVANCE","\\u0000"]').toString('base64url') }],
  ['too long a page', { first: 101 }],
  ['an amount with too many decimals', { filters: { priceMin: '1.005' } }],
  ['an id of no category', { filters: { categoryIds: ['x'] } }],
  ['too many values', { filters: { attributes: [{ name: 'a', values: Array(51).fill('b') }] } }],
])('%s is refused as the client’s mistake', async (_, variables) => {
  const { errors } = await ask(variables)
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test.each([
  "'; drop table product_document; --",
  'a & | ! <-> :* b',
  '\\ \\\\ \'\' "" $$ $1 %s',
  '\0\u0001\u001f\u007f\u2028',
  'x'.repeat(10_000),
  'wörd '.repeat(5_000),
  '-'.repeat(500),
  '-a -b -c',
  '\ud800 \udfff',
  '👩‍👩‍👧 ﷺﷺﷺ',
  '__proto__ constructor',
])('hostile input %# is searched for, suggested for, and nothing else', async (query) => {
  const filters = { brands: [query], categorySlugs: [query], attributes: [{ name: query, values: [query] }] }
  expect((await answer({ query, filters })).totalCount).toBe(0)
  await answer({ query })
  const { errors } = await harness.graphql('query ($query: String!) { suggest(query: $query) { queries { text } } }', {
    query,
  })
  expect(errors).toBeUndefined()
})
