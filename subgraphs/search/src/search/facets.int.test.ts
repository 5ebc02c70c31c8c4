// Long because it counts by brute force what the engine counts, and says how.
import { createHash } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type ProductData, price, product, stock } from '../../test/events.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { priceEdges } from './facets.ts'

/*
 * Facets, counts and filters of the database against the same computed the slow and obvious way, over random products.
 */

interface Shown {
  data: ProductData
  price: number | null
  inStock: boolean
}
interface Filters {
  brands?: string[]
  categorySlugs?: string[]
  priceMin?: string
  priceMax?: string
  inStock?: boolean
  attributes?: { name: string; values: string[] }[]
}
interface FacetAnswer {
  key: string
  values: { value: string; count: number; selected: boolean }[]
}

const uuid = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
const PATHS = [[], ['a'], ['a', 'a-x'], ['a', 'a-x', 'a-x-1'], ['a', 'a-y'], ['b'], ['b', 'b-x']]
const VALUES: Record<string, string[]> = {
  color: ['red', 'green', 'blue'],
  size: Array.from({ length: 25 }, (_, i) => `s${i}`),
  fit: ['slim', 'wide'],
  sleeve: ['long', 'short'],
  wash: ['30', '60'],
  origin: ['here', 'there'],
  care: ['dry'],
}
const WORDS = ['lamp', 'desk', 'chair']

let harness: Harness
let shop: Shown[] = []

beforeAll(async () => {
  harness = await startHarness()
  const attribute = fc
    .constantFrom(...Object.keys(VALUES))
    .chain((name) => fc.record({ name: fc.constant(name), value: fc.constantFrom(...(VALUES[name] as string[])) }))
  const shown = fc.record({
    brand: fc.option(
      fc.nat(30).map((n) => `brand ${n}`),
      { freq: 5 },
    ),
    path: fc.constantFrom(...PATHS),
    attributes: fc.uniqueArray(attribute, { maxLength: 5, selector: ({ name, value }) => name + value }),
    title: fc.subarray(WORDS).map((words) => words.join(' ')),
    price: fc.option(fc.integer({ min: 0, max: 400_000 }), { freq: 4 }),
    inStock: fc.boolean(),
  })
  const rows = fc.sample(shown, { numRuns: 400, seed: 7 })
  shop = rows.map(({ path, ...row }, i) => {
    const categories = path.map((slug) => ({ id: uuid(slug), slug, name: slug.toUpperCase() }))
    const { brand, attributes, title } = row
    const { data } = product({ id: uuid(`product ${i}`), sku: `sku-${i}`, brand, attributes, title, categories })
    return { data, price: row.price, inStock: row.inStock }
  })
  const told = shop.flatMap(({ data, ...row }, i) => [
    product(data),
    ...(row.price === null ? [] : [price(`sku-${i}`, row.price)]),
    stock(`sku-${i}`, row.inStock ? 3 : 0),
  ])
  await harness.publish(
    fc.sample(fc.shuffledSubarray(told, { minLength: told.length }), { numRuns: 1, seed: 7 })[0] ?? [],
  )
  await harness.indexed()
})

const EDGES = priceEdges('USD')
const rangeOf = (amount: number): number => EDGES.filter((edge) => edge <= amount).length
const rangeValue = (range: number): string => {
  const at = (units: number | undefined): string => (units === undefined ? '' : (units / 100).toFixed(2))
  const next = EDGES[range]
  return `${at(EDGES[range - 1])}..${at(next === undefined ? undefined : next - 1)}`
}
const cents = (amount: string): number => Math.round(Number(amount) * 100)

/** The filters by the facet they belong to. */
function checksOf(filters: Filters): Map<string, (one: Shown) => boolean> {
  const checks = new Map<string, (one: Shown) => boolean>()
  const { brands, categorySlugs, priceMin, priceMax, inStock, attributes } = filters
  if (brands?.length) checks.set('brand', ({ data }) => brands.includes(data.brand ?? ''))
  if (categorySlugs?.length)
    checks.set('category', ({ data }) => data.categories.some(({ slug }) => categorySlugs.includes(slug)))
  if (priceMin || priceMax) {
    const [min, max] = [cents(priceMin ?? '0'), priceMax ? cents(priceMax) : Number.POSITIVE_INFINITY]
    checks.set('price', (one) => one.price !== null && one.price >= min && one.price <= max)
  }
  if (inStock !== undefined) checks.set('inStock', (one) => one.inStock === inStock)
  for (const { name, values } of attributes ?? []) {
    checks.set(`attribute:${name}`, ({ data }) =>
      data.attributes.some((one) => one.name === name && values.includes(one.value)),
    )
  }
  return checks
}

/** A range that is filtered by stays, so that it can be taken back. */
function chosenRange({ priceMin, priceMax }: Filters): number[] {
  const chosen = `${priceMin ?? ''}..${priceMax ?? ''}`
  return [...Array(EDGES.length + 1).keys()].filter((range) => rangeValue(range) === chosen)
}

function obviousFacets(query: string, filters: Filters): FacetAnswer[] {
  const checks = checksOf(filters)
  const passing = (facet: string): Shown[] =>
    shop.filter(
      (one) =>
        (query === '' || one.data.title.split(' ').some((word) => word.startsWith(query))) &&
        [...checks].every(([key, check]) => key === facet || check(one)),
    )
  const tally = (values: string[], selected: readonly string[] = []): FacetAnswer['values'] => {
    const counts = new Map(selected.map((value) => [value, 0]))
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
    const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    const others = sorted.filter(([value]) => !selected.includes(value)).slice(0, 20)
    return sorted
      .filter((entry) => selected.includes(entry[0]) || others.includes(entry))
      .map(([value, count]) => ({ value, count, selected: selected.includes(value) }))
  }
  const chosen = filters.categorySlugs?.length ? filters.categorySlugs : null
  const offered = (slug: string, parent: string | undefined): boolean =>
    chosen ? chosen.includes(slug) || chosen.includes(parent ?? '') : parent === undefined
  const slugs = passing('').flatMap(({ data: { categories } }) =>
    categories.flatMap(({ slug }, i) => (offered(slug, categories[i - 1]?.slug) ? slug : [])),
  )
  const ranges = passing('price').flatMap((one) => (one.price === null ? [] : rangeOf(one.price)))
  const attributeValues = (name: string): string[] =>
    passing(`attribute:${name}`).flatMap(({ data }) =>
      data.attributes.flatMap((one) => (one.name === name ? one.value : [])),
    )
  const filtered = new Map((filters.attributes ?? []).map(({ name, values }) => [name, values]))
  const frequent = Object.keys(VALUES)
    .filter((name) => !filtered.has(name))
    .map((name) => ({ name, total: attributeValues(name).length }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => name)
  return [
    { key: 'category', values: tally(slugs, chosen ?? []) },
    {
      key: 'brand',
      values: tally(
        passing('brand').flatMap(({ data }) => data.brand ?? []),
        filters.brands,
      ),
    },
    {
      key: 'price',
      values: [...new Set([...ranges, ...chosenRange(filters)])]
        .sort((a, b) => a - b)
        .map((range) => ({
          value: rangeValue(range),
          count: ranges.filter((one) => one === range).length,
          selected: `${filters.priceMin ?? ''}..${filters.priceMax ?? ''}` === rangeValue(range),
        })),
    },
    {
      key: 'inStock',
      values: tally(
        passing('inStock').map((one) => String(one.inStock)),
        filters.inStock === undefined ? [] : [String(filters.inStock)],
      ).sort((a) => (a.value === 'true' ? -1 : 1)),
    },
    ...[...filtered.keys(), ...frequent].map((name) => ({
      key: `attribute:${name}`,
      values: tally(attributeValues(name), filtered.get(name)),
    })),
  ].filter(({ values }) => values.length > 0)
}

test('facets, counts and filters are what counting by hand says', { timeout: 120_000 }, async () => {
  const some = (values: string[], max = 3): fc.Arbitrary<string[]> =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max })
  const filters: fc.Arbitrary<Filters> = fc.record(
    {
      brands: some(
        [...Array(31).keys()].map((n) => `brand ${n}`),
        25,
      ),
      categorySlugs: some(['a', 'a-x', 'a-x-1', 'a-y', 'b', 'b-x'], 2),
      priceMin: fc.constantFrom('10.00', '250.00', '1000.00', '3.21'),
      priceMax: fc.constantFrom('499.99', '2499.99', '3333.33'),
      inStock: fc.boolean(),
      attributes: fc
        .uniqueArray(fc.constantFrom('color', 'size', 'fit'), { minLength: 1, maxLength: 2 })
        .chain((names) =>
          fc.tuple(
            ...names.map((name) => fc.record({ name: fc.constant(name), values: some(VALUES[name] as string[]) })),
          ),
        ),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('', 'lamp', 'de', 'ch'), filters, async (query, chosen) => {
      const { data, errors } = await harness.graphql<{
        search: { totalCount: number; facets: FacetAnswer[]; nodes: { id: string }[] }
      }>(
        `query ($query: String, $filters: SearchFilters) {
          search(query: $query, filters: $filters, first: 100) { totalCount nodes { id } facets { key values { value count selected } } }
        }`,
        { query, filters: chosen },
      )
      expect(errors).toBeUndefined()
      const checks = [...checksOf(chosen).values()]
      const expected = shop.filter(
        (one) =>
          (query === '' || one.data.title.split(' ').some((word) => word.startsWith(query))) &&
          checks.every((check) => check(one)),
      )
      expect(data?.search.totalCount).toBe(expected.length)
      const ids = new Set(expected.map((one) => encodeId('Product', one.data.id)))
      expect(data?.search.nodes.every(({ id }) => ids.has(id))).toBe(true)
      expect(data?.search.nodes.length).toBe(Math.min(100, ids.size))
      const known = (data?.search.facets ?? []).filter(({ key }) => key !== 'onSale' && key !== 'rating')
      expect(byKey(known)).toEqual(byKey(obviousFacets(query, chosen)))
    }),
    { numRuns: 200 },
  )
})

function byKey(facets: readonly FacetAnswer[]): FacetAnswer[] {
  return [...facets].sort((a, b) => (a.key < b.key ? -1 : 1))
}

interface Offered {
  key: string
  values: { value: string; count: number; selected: boolean; input: object }[]
}

const CHOICE = `brands categoryIds categorySlugs priceMin priceMax currency inStock onSale ratingMin
  attributes { name values min max }`

async function offered(query: string, filters: object): Promise<{ totalCount: number; facets: Offered[] }> {
  const { data, errors } = await harness.graphql<{ search: { totalCount: number; facets: Offered[] } }>(
    `query ($query: String, $filters: SearchFilters) {
      search(query: $query, filters: $filters) { totalCount facets { key values { value count selected input { ${CHOICE} } } } }
    }`,
    { query, filters },
  )
  expect(errors).toBeUndefined()
  return data?.search as { totalCount: number; facets: Offered[] }
}

test('sending a value back leaves as many products as it says, shows it as selected, and sending it again takes it back', async () => {
  const filters = { brands: ['brand 1', 'brand 2', 'brand 3', 'brand 4', 'brand 5'] }
  const before = await offered('lamp', filters)
  expect(before.facets.map(({ key }) => key)).toEqual(expect.arrayContaining(['category', 'price', 'attribute:color']))
  for (const { key, values } of before.facets.filter((facet) => facet.key !== 'brand')) {
    for (const { value, count, input } of values.slice(0, 3)) {
      const after = await offered('lamp', input)
      expect([key, value, after.totalCount]).toEqual([key, value, count])
      const same = after.facets.find((facet) => facet.key === key)?.values.find((one) => one.value === value)
      expect(same).toMatchObject({ count, selected: true })
      expect((await offered('lamp', same?.input ?? {})).totalCount).toBe(before.totalCount)
    }
  }
})

test('a facet can be asked for alone, with a search among its values', async () => {
  const { data, errors } = await harness.graphql<{ search: { some: Offered[]; found: Offered[]; few: Offered[] } }>(
    `{ search {
      some: facets(keys: ["brand", "attribute:care"], values: 1) { key values { value } }
      found: facets(match: { facet: "attribute:size", prefix: "s1" }, values: 100) { key values { value } }
      few: facets(keys: ["brand", "attribute:care"], values: 1) { key values { value } }
    } }`,
  )
  expect(errors).toBeUndefined()
  const { some, found, few } = (data as { search: Record<'some' | 'found' | 'few', Offered[]> }).search
  expect(some.map(({ key, values }) => [key, values.length])).toEqual([
    ['brand', 1],
    ['attribute:care', 1],
  ])
  expect(few).toEqual(some)
  expect(found.map(({ key }) => key)).toEqual(['attribute:size'])
  const sizes = found[0]?.values.map(({ value }) => value).sort()
  expect(sizes).toEqual(VALUES.size?.filter((size) => size.startsWith('s1')).sort())
})
