import { subjectOf } from '@commerce/events/subject.ts'
import { eventually } from '@commerce/local/testing.ts'
import { decodeId } from '@commerce/service/ids.ts'
import { beforeAll, expect, it } from 'vitest'
import { startCatalog, type TestCatalog } from '../test/harness.ts'

const PRODUCTS = 'catalog.product.changed'
const PRICES = 'catalog.price.changed'
const SKU = 'LAMP 1.0'

let catalog: TestCatalog
let lamp: { id: string; category: { id: string } }
let productTag: string
const priceTag = subjectOf(PRICES, SKU)

beforeAll(async () => {
  catalog = await startCatalog()
  const input = {
    title: 'Lamp',
    categoryPath: ['Home', 'Light'],
    variants: [{ sku: SKU, price: { amount: '10', currencyCode: 'EUR' } }],
  }
  const { productUpsert } = await catalog.ask(
    'mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) { product { id category { id } } } }',
    { input },
  )
  lamp = productUpsert.product
  productTag = subjectOf(PRODUCTS, decodeId(lamp.id)?.key ?? '')
})

// Asked twice: what a cache answers carries the same tags as what the database answers.
async function tagsOf(query: string, variables?: object): Promise<string[]> {
  const answers = [await catalog.answer(query, variables), await catalog.answer(query, variables)]
  for (const { errors } of answers) expect(errors).toBeUndefined()
  const [first, second] = answers.map(({ extensions }) => extensions.apolloCacheTags)
  expect(second).toEqual(first)
  return first
}

it('a product page depends on its product and its prices, not on what never changes', async () => {
  const page = `{ product(slug: "lamp") { title category { name parent { name } ancestors { name } } priceRange { min { amount } }
    variants { nodes { sku price { money { amount } } compareAtPrice { amount } product { id } } } } }`
  expect(await tagsOf(page)).toEqual([priceTag, productTag])
  expect(await tagsOf(`{ product(id: "${lamp.id}") { title } }`)).toEqual([productTag])
  expect(await tagsOf(`{ variant(sku: "${SKU}") { price { money { amount } } } }`)).toEqual([priceTag, productTag])
  expect(await tagsOf(`{ prices(skus: ["${SKU}"]) { version } }`)).toEqual([priceTag])
  expect(await tagsOf(`{ nodes(ids: ["${lamp.id}", "${lamp.category.id}", "none"]) { id } }`)).toEqual([productTag])
  expect(await tagsOf(`{ productStates(ids: ["${lamp.id}"]) { version product { title } } }`)).toEqual([productTag])
})

it('a category that is there depends on nothing, the tree below it on every product', async () => {
  expect(await tagsOf('{ category(slug: "light") { name parent { name } ancestors { name } } }')).toEqual([])
  expect(await tagsOf('{ category(slug: "home") { children { name } } }')).toEqual([PRODUCTS])
  expect(await tagsOf('{ categories { name } }')).toEqual([PRODUCTS])
})

it('a list depends on every product, and on every price when it looks at prices', async () => {
  for (const list of ['products', 'products(filter: { brand: "x" })', 'products(sort: { key: TITLE })']) {
    expect(await tagsOf(`{ ${list} { pageInfo { hasNextPage } } }`)).toEqual(expect.not.arrayContaining([PRICES]))
    expect(await tagsOf(`{ ${list} { pageInfo { hasNextPage } } }`)).toContain(PRODUCTS)
  }
  const byPrice = [
    'sort: { key: PRICE }',
    'filter: { hasPrice: false }',
    'filter: { currencyCode: "EUR" }',
    'filter: { currencyCode: "EUR", priceMin: "1" }',
    'filter: { currencyCode: "EUR", priceMax: "1" }',
  ]
  for (const how of byPrice) {
    expect(await tagsOf(`{ products(${how}) { pageInfo { hasNextPage } } }`)).toEqual(
      expect.arrayContaining([PRICES, PRODUCTS]),
    )
  }
  expect(await tagsOf('{ category(slug: "light") { products { nodes { id } } } }')).toEqual([PRODUCTS, productTag])
  expect(await tagsOf('{ category(slug: "light") { products(sort: { key: PRICE }) { nodes { id } } } }')).toEqual([
    PRICES,
    PRODUCTS,
    productTag,
  ])
})

it('what is not there depends on every product that may bring it, and what cannot be there on nothing', async () => {
  expect(await tagsOf('{ product(slug: "none") { id } }')).toEqual([PRODUCTS])
  expect(await tagsOf('{ category(slug: "none") { id } }')).toEqual([PRODUCTS])
  expect(await tagsOf('{ variant(sku: "none") { id } }')).toEqual([PRODUCTS])
  expect(await tagsOf('{ prices(skus: ["none"]) { version } }')).toEqual([subjectOf(PRICES, 'none'), PRODUCTS])
  expect(await tagsOf('{ variant(sku: " none ") { id } product(id: "none") { id } node(id: "none") { id } }')).toEqual(
    [],
  )
})

it('each representation depends on its own, also one that is not there', async () => {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) {
    ... on Product { title } ... on Variant { price { money { amount } } } ... on Category { name } } }`
  const gone = `00000000-0000-4000-8000-000000000000`
  const r = [
    { __typename: 'Variant', sku: SKU },
    { __typename: 'Category', id: lamp.category.id },
    { __typename: 'Product', id: Buffer.from(`Product:${gone}`).toString('base64url') },
    { __typename: 'Product', id: lamp.id },
    { __typename: 'Variant', sku: 'none' },
  ]
  const { data, extensions } = await catalog.answer(query, { r })
  expect(data._entities[2]).toBeNull()
  expect(extensions).toEqual({
    apolloCacheTags: [],
    apolloEntityCacheTags: [[priceTag, productTag], [], [subjectOf(PRODUCTS, gone)], [productTag], [PRODUCTS]],
  })
})

it('a category appears with an event of the type that every read of the tree depends on', async () => {
  await catalog.ask(
    'mutation { productUpsert(input: { slug: "lamp", categoryPath: ["Home", "New", "Newer"] }) { product { id } } }',
  )
  await eventually('the event', () =>
    catalog.events.some(({ subject, data }) => subject === productTag && data.version === 2),
  )
})
