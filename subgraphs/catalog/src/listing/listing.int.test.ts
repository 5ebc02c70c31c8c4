// Long because each filter, order and direction is compared over the same products.
import { beforeAll, describe, expect, it } from 'vitest'
import { startCatalog, type TestCatalog } from '../../test/harness.ts'

const COUNT = 57
const titles = ['apple', 'Banana', 'cherry', 'Äpfel', 'date', 'Éclair']

// Titles, prices and popularity repeat, so that order depends on the tie-breaker too.
const rows = Array.from({ length: COUNT }, (_, i) => ({
  sku: `P-${i}`,
  title: titles[i % titles.length],
  brand: i % 2 ? 'Odd' : 'Even',
  categoryPath: i % 3 === 0 ? ['Food'] : i % 3 === 1 ? ['Food', 'Fruit'] : ['Drinks'],
  popularity: i % 4,
  price: i % 5 === 0 ? null : { amount: String(i % 7), currencyCode: i % 11 === 0 ? 'EUR' : 'USD' },
}))
type Row = (typeof rows)[number]

let catalog: TestCatalog
beforeAll(async () => {
  catalog = await startCatalog()
  // Three imports at three moments.
  for (const part of [rows.slice(0, 20), rows.slice(20, 40), rows.slice(40)]) {
    const { productsImport } = await catalog.ask(
      'mutation ($rows: [ProductImportRow!]!) { productsImport(input: { rows: $rows }) { rows { outcome } } }',
      { rows: part },
    )
    expect(productsImport.rows.every(({ outcome }: { outcome: string }) => outcome === 'CREATED')).toBe(true)
  }
})

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $sort: ProductSort, $filter: ProductFilter) {
  products(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: $filter) {
    nodes { id title popularity createdAt variants { nodes { sku price { money { minorUnits currencyCode } } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

interface PageInfo {
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor: string | null
  endCursor: string | null
}

interface Node {
  id: string
  title: string
  popularity: number
  createdAt: string
  variants: { nodes: { sku: string; price: { money: { minorUnits: number; currencyCode: string } } | null }[] }
}

async function page(variables: object): Promise<{ nodes: Node[]; pageInfo: PageInfo }> {
  return (await catalog.ask(PAGE, variables)).products
}

async function forward(arguments_: object, size: number): Promise<Node[]> {
  const nodes: Node[] = []
  for (let after: string | null = null; ; ) {
    const part: Awaited<ReturnType<typeof page>> = await page({ ...arguments_, first: size, after })
    nodes.push(...part.nodes)
    expect(part.pageInfo.hasPreviousPage).toBe(after !== null)
    if (!part.pageInfo.hasNextPage) return nodes
    after = part.pageInfo.endCursor
  }
}

async function backward(arguments_: object, size: number): Promise<Node[]> {
  const nodes: Node[] = []
  for (let before: string | null = null; ; ) {
    const part: Awaited<ReturnType<typeof page>> = await page({ ...arguments_, last: size, before })
    nodes.unshift(...part.nodes)
    if (!part.pageInfo.hasPreviousPage) return nodes
    before = part.pageInfo.startCursor
  }
}

const moneyOf = (node: Node) => node.variants.nodes[0]?.price?.money
const ids = (nodes: Node[]) => nodes.map(({ id }) => id)

describe('a list of products', () => {
  it.each([
    ['TITLE', 'ASC', (a: Node, b: Node) => compare(a.title.toLowerCase(), b.title.toLowerCase())],
    ['TITLE', 'DESC', (a: Node, b: Node) => compare(b.title.toLowerCase(), a.title.toLowerCase())],
    ['PRICE', 'ASC', (a: Node, b: Node) => byPrice(a, b)],
    ['PRICE', 'DESC', (a: Node, b: Node) => (moneyOf(a) && moneyOf(b) ? byPrice(b, a) : byPrice(a, b))],
    ['NEWEST', null, (a: Node, b: Node) => compare(b.createdAt, a.createdAt)],
    ['NEWEST', 'ASC', (a: Node, b: Node) => compare(a.createdAt, b.createdAt)],
    ['POPULARITY', null, (a: Node, b: Node) => b.popularity - a.popularity],
    ['POPULARITY', 'ASC', (a: Node, b: Node) => a.popularity - b.popularity],
  ])('by %s %s is the same in pages, forward and backward, as in one piece', async (key, direction, order) => {
    const sort = { key, direction }
    const whole = (await page({ sort, first: 100 })).nodes
    expect(new Set(ids(whole)).size).toBe(COUNT)
    for (const [i, node] of whole.entries()) {
      const next = whole[i + 1]
      if (next && Number.isFinite(order(node, next))) expect(order(node, next)).toBeLessThanOrEqual(0)
    }
    expect(ids(await forward({ sort }, 7))).toEqual(ids(whole))
    expect(ids(await backward({ sort }, 10))).toEqual(ids(whole))
  })

  const costs = (currency: string, from: number, to: number) => (row: Row) =>
    row.price?.currencyCode === currency && Number(row.price.amount) >= from && Number(row.price.amount) <= to

  it.each<[object, (row: Row) => boolean]>([
    [{ brand: 'Odd' }, (row) => row.brand === 'Odd'],
    [{ brand: 'odd' }, () => false],
    [{ hasPrice: false }, (row) => row.price === null],
    [{ hasPrice: true, brand: 'Even' }, (row) => row.price !== null && row.brand === 'Even'],
    [{ priceMin: '2', priceMax: '4.00', currencyCode: 'USD' }, costs('USD', 2, 4)],
    [{ currencyCode: 'USD' }, costs('USD', 0, Infinity)],
    [{ currencyCode: 'EUR', hasPrice: false }, () => false],
    [{ priceMin: '1', currencyCode: 'EUR' }, costs('EUR', 1, Infinity)],
    [{ updatedSince: '2100-01-01T00:00:00Z' }, () => false],
    [{ updatedSince: '2001-01-01T00:00:00Z' }, () => true],
  ])('is narrowed by %j to what fulfils it', async (filter, fulfils) => {
    const { nodes } = await page({ filter, first: 100 })
    const skus = nodes.map(({ variants }) => variants.nodes[0]?.sku).sort()
    expect(skus).toEqual(
      rows
        .filter(fulfils)
        .map(({ sku }) => sku)
        .sort(),
    )
  })

  it.each([
    [{ first: 101 }],
    [{ first: 0 }],
    [{ first: 1, last: 1 }],
    [{ first: 1, after: 'nonsense' }],
    [{ filter: { priceMin: '1.999', currencyCode: 'USD' } }],
    [{ filter: { priceMax: '1' } }],
    [{ filter: { categoryId: 'nonsense' } }],
  ])('refuses %j', async (variables) => {
    const { errors } = await catalog.answer(PAGE, variables)
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  it.each(['ASC', 'DESC'])('by PRICE %s of one currency is the same in pages as in one piece', async (direction) => {
    const list = { sort: { key: 'PRICE', direction }, filter: { currencyCode: 'USD' } }
    const whole = await forward(list, 100)
    const amounts = whole.map((node) => moneyOf(node)?.minorUnits ?? Number.NaN)
    expect(amounts).toEqual(amounts.toSorted((a, b) => (direction === 'ASC' ? a - b : b - a)))
    expect(ids(await forward(list, 7))).toEqual(ids(whole))
    expect(ids(await backward(list, 7))).toEqual(ids(whole))
  })

  it('has no row twice and misses none that was there all the time while rows move between pages', async () => {
    const sort = { key: 'PRICE' }
    const first = await page({ sort, first: 20 })
    const moved = first.nodes[3]?.variants.nodes[0]?.sku
    await catalog.ask('mutation ($input: PriceSetInput!) { priceSet(input: $input) { userErrors { code } } }', {
      input: { sku: moved, price: { amount: '0', currencyCode: 'USD' } },
    })
    const rest = await page({ sort, first: 100, after: first.pageInfo.endCursor })
    expect(new Set([...ids(first.nodes), ...ids(rest.nodes)]).size).toBe(COUNT)
  })

  it('refuses a cursor of a list in another order', async () => {
    const { pageInfo } = await page({ sort: { key: 'TITLE' }, first: 1 })
    const { errors } = await catalog.answer(PAGE, { sort: { key: 'PRICE' }, first: 1, after: pageInfo.endCursor })
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })
})

describe('the category tree', () => {
  it('has roots by name, children, and the products of a whole branch', async () => {
    const { categories } = await catalog.ask(`{ categories { name slug parent { id } ancestors { name }
      children { name ancestors { name } parent { name } products(first: 100) { nodes { id } } }
      products(first: 100) { nodes { id } } } }`)
    expect(categories.map(({ name }: { name: string }) => name)).toEqual(['Drinks', 'Food'])
    const [drinks, food] = categories
    expect(drinks).toMatchObject({ parent: null, ancestors: [], children: [] })
    expect(food.children).toMatchObject([{ name: 'Fruit', ancestors: [{ name: 'Food' }], parent: { name: 'Food' } }])
    const counts = [drinks, food, food.children[0]].map(({ products }) => products.nodes.length)
    expect(counts).toEqual([19, 38, 19])
  })

  it('narrows a list by a category with everything below it, and a category by another one', async () => {
    const { food, drinks } = await catalog.ask(
      '{ food: category(slug: "food") { id } drinks: category(slug: "drinks") { id } }',
    )
    expect((await page({ filter: { categoryId: food.id }, first: 100 })).nodes).toHaveLength(38)
    const { category } = await catalog.ask(
      'query ($id: ID!, $other: ID!) { category(id: $id) { products(filter: { categoryId: $other }) { nodes { id } } } }',
      { id: food.id, other: drinks.id },
    )
    expect(category.products.nodes).toEqual([])
  })
})

// Each currency for itself, what has no price at the end.
function byPrice(a: Node, b: Node): number {
  const [one, other] = [moneyOf(a), moneyOf(b)]
  if (!one || !other) return (one ? 0 : 1) - (other ? 0 : 1)
  return compare(one.currencyCode, other.currencyCode) || one.minorUnits - other.minorUnits
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
