// Long because each promise of a product and its mutation is one test over the same subgraph.
import { statementsOf } from '@commerce/local/statements.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../test/database.ts'
import { startCatalog, TABLES, type TestCatalog } from '../../test/harness.ts'

let catalog: TestCatalog
beforeAll(async () => {
  catalog = await startCatalog()
})

const UPSERT = `mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) {
  product { id slug title version variants { nodes { sku title price { money { amount } version } } } }
  userErrors { code field message } warnings } }`

const upsert = async (input: object) => (await catalog.ask(UPSERT, { input })).productUpsert

describe('productUpsert', () => {
  it('creates a product with its variants, prices and category, and says so in events', async () => {
    const { product, userErrors } = await upsert({
      title: 'Linen Shirt',
      brand: 'Weaver',
      categoryPath: ['Clothing', 'Shirts'],
      media: [{ url: 'https://images.example/shirt.jpg', alt: 'A shirt' }],
      attributes: [{ name: 'weight', value: '180 g' }],
      variants: [
        {
          sku: 'SHIRT-S',
          options: [{ name: 'Size', value: 'S' }],
          price: { amount: '49.90', currencyCode: 'USD', compareAt: '59' },
        },
        { sku: 'SHIRT-M', options: [{ name: 'Size', value: 'M' }] },
      ],
    })
    expect(userErrors).toEqual([])
    expect(product).toMatchObject({
      slug: 'linen-shirt',
      version: 1,
      variants: {
        nodes: [
          { sku: 'SHIRT-S', title: 'S', price: { money: { amount: '49.90' }, version: 1 } },
          { sku: 'SHIRT-M', title: 'M', price: null },
        ],
      },
    })
    const page = await catalog.ask(
      `{ product(slug: "linen-shirt") { id description brand popularity createdAt updatedAt
          category { slug name ancestors { slug } parent { name children { name } } }
          media { url alt } options { name values } attributes { name value kind number unit boolean }
          priceRange { min { amount } max { minorUnits currencyCode } }
          variants(last: 1) { nodes { sku compareAtPrice { amount } } pageInfo { hasPreviousPage hasNextPage } } } }`,
      {},
      null,
    )
    expect(page.product).toMatchObject({
      brand: 'Weaver',
      description: null,
      category: {
        slug: 'shirts',
        ancestors: [{ slug: 'clothing' }],
        parent: { name: 'Clothing', children: [{ name: 'Shirts' }] },
      },
      options: [{ name: 'Size', values: ['S', 'M'] }],
      attributes: [{ name: 'weight', value: '180 g', kind: 'NUMBER', number: 180, unit: 'g', boolean: null }],
      priceRange: { min: { amount: '49.90' }, max: { minorUnits: 4990, currencyCode: 'USD' } },
      variants: { nodes: [{ sku: 'SHIRT-M' }], pageInfo: { hasPreviousPage: true, hasNextPage: false } },
    })
    await eventually('both events', () => catalog.events.length === 2)
    expect(catalog.events.map(({ data }) => data)).toMatchObject([
      {
        version: 1,
        slug: 'linen-shirt',
        categories: [{ name: 'Clothing' }, { name: 'Shirts' }],
        variants: [{ sku: 'SHIRT-S' }, { sku: 'SHIRT-M' }],
      },
      {
        sku: 'SHIRT-S',
        version: 1,
        price: { minorUnits: 4990, currencyCode: 'USD', compareAtMinorUnits: 5900 },
      },
    ])
  })

  it('changes only what is given, found by a SKU, and raises the version by one', async () => {
    const { product } = await upsert({ brand: 'Loom', variants: [{ sku: 'SHIRT-S' }] })
    expect(product).toMatchObject({ slug: 'linen-shirt', title: 'Linen Shirt', version: 2 })
    expect(product.variants.nodes).toHaveLength(2)
  })

  it('changes nothing and tells nobody when everything is like this already', async () => {
    await eventually('the events so far', () => catalog.events.length === 3)
    const { product } = await upsert({ slug: 'linen-shirt', title: 'Linen Shirt', brand: 'Loom' })
    expect(product.version).toBe(2)
    await upsert({ slug: 'other', title: 'Other', variants: [{ sku: 'OTHER' }] })
    await eventually('the next event', () => catalog.events.length > 3)
    expect(catalog.events[3]?.data.slug).toBe('other')
  })

  it('refuses a change of a version that is not the current one', async () => {
    const { product, userErrors } = await upsert({ slug: 'linen-shirt', title: 'Late', expectedVersion: 1 })
    expect(product).toBeNull()
    expect(userErrors).toMatchObject([{ code: 'VERSION_CONFLICT', field: ['expectedVersion'] }])
  })

  it('refuses a SKU of another product, a product without title or variants, and malformed values, each with its path', async () => {
    expect((await upsert({ slug: 'other', variants: [{ sku: 'SHIRT-S' }] })).userErrors).toMatchObject([
      { code: 'SKU_TAKEN', field: ['variants', '0', 'sku'] },
    ])
    expect((await upsert({ slug: 'empty' })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['title'] },
      { code: 'INVALID', field: ['variants'] },
    ])
    const wrong = { title: ' ', media: [{ url: 'javascript:alert(1)' }], variants: [{ sku: 'A\u0000B' }, { sku: 'X' }] }
    expect((await upsert(wrong)).userErrors.map((error: { field: string[] }) => error.field.join('.'))).toEqual([
      'title',
      'media.0.url',
      'variants.0.sku',
    ])
  })

  it('keeps the slug when the title changes, and gives the next product of that title another one', async () => {
    const first = (await upsert({ title: 'Twin', variants: [{ sku: 'TWIN-1' }] })).product
    const second = (await upsert({ title: 'Twin', variants: [{ sku: 'TWIN-2' }] })).product
    expect([first.slug, second.slug]).toEqual(['twin', 'twin-twin-2'])
    expect((await upsert({ id: first.id, title: 'Single' })).product).toMatchObject({ slug: 'twin', title: 'Single' })
  })

  it('makes one product of many that ask for the same one at once', async () => {
    const asked = Array.from({ length: 8 }, (_, i) =>
      upsert({
        slug: 'race',
        title: 'Race',
        popularity: i,
        categoryPath: ['New', 'Races'],
        variants: [{ sku: 'RACE' }],
      }),
    )
    const ids = (await Promise.all(asked)).map(({ product }) => product.id)
    expect(new Set(ids).size).toBe(1)
  })

  it('refuses an id that is none, an id together with a slug, and to empty the title', async () => {
    expect((await upsert({ id: 'nonsense', title: 'X' })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['id'] },
    ])
    expect((await upsert({ id: 'nonsense', slug: 'other' })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['id'] },
      { code: 'INVALID', field: ['slug'] },
    ])
    expect((await upsert({ slug: 'other', title: null })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['title'] },
    ])
  })

  it('has a popularity of 0 after null', async () => {
    await upsert({ slug: 'other', popularity: 5 })
    await upsert({ slug: 'other', popularity: null })
    expect(await catalog.ask('{ product(slug: "other") { popularity } }')).toEqual({ product: { popularity: 0 } })
  })

  it.each(['A\tB', ' A', 'A '.repeat(101), ''])('refuses %j as a SKU', async (sku) => {
    expect((await upsert({ title: 'X', variants: [{ sku }] })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['variants', '0', 'sku'] },
    ])
  })

  it('refuses a product whose event would be too large to leave', async () => {
    const long = (length: number) => '漢'.repeat(length)
    const { product, userErrors } = await upsert({
      slug: 'giant',
      title: 'Giant',
      description: long(20_000),
      categoryPath: ['Giants'],
      attributes: Array.from({ length: 100 }, (_, i) => ({ name: `${i}${long(97)}`, value: long(500) })),
      variants: Array.from({ length: 200 }, (_, v) => ({
        sku: `GIANT-${v}`,
        options: Array.from({ length: 5 }, (_, i) => ({ name: `${i}${long(99)}`, value: long(100) })),
      })),
    })
    expect(product).toBeNull()
    expect(userErrors).toMatchObject([
      { code: 'INVALID', field: null, message: expect.stringMatching(/^The product is too large: /) },
    ])
    expect(await catalog.ask('{ product(slug: "giant") { id } category(slug: "giants") { id } }')).toEqual({
      product: null,
      category: null,
    })
  })

  it('needs the scope catalog:write', async () => {
    const input = { slug: 'linen-shirt', title: 'Mine' }
    const anonymous = await catalog.answer(UPSERT, { input }, null)
    const shopper = await catalog.answer(UPSERT, { input }, { id: 'shopper', scopes: [] })
    expect([anonymous, shopper].map(({ errors }) => errors[0].extensions.code)).toEqual([
      'UNAUTHENTICATED',
      'FORBIDDEN',
    ])
  })
})

describe('what has an id', () => {
  it('is found by node, nodes and as an entity, by each of its keys', async () => {
    const { product, category } = await catalog.ask(
      '{ product(slug: "linen-shirt") { id variants { nodes { id sku } } } category(slug: "shirts") { id } }',
    )
    const variant = product.variants.nodes[1]
    const { nodes, node } = await catalog.ask(
      `query ($ids: [ID!]!, $id: ID!) { node(id: $id) { __typename id }
         nodes(ids: $ids) { __typename id ... on Variant { sku product { slug } } } }`,
      { id: category.id, ids: [product.id, 'nonsense', variant.id] },
    )
    expect(node).toEqual({ __typename: 'Category', id: category.id })
    expect(nodes).toEqual([
      { __typename: 'Product', id: product.id },
      null,
      { __typename: 'Variant', id: variant.id, sku: 'SHIRT-M', product: { slug: 'linen-shirt' } },
    ])
    const { _entities } = await catalog.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) {
         ... on Product { slug } ... on Variant { sku title } ... on Category { name } } }`,
      {
        of: [
          { __typename: 'Variant', sku: 'SHIRT-S' },
          { __typename: 'Variant', id: variant.id },
          { __typename: 'Product', id: product.id },
          { __typename: 'Category', id: category.id },
          { __typename: 'Variant', sku: 'nobody has this' },
        ],
      },
    )
    expect(_entities).toEqual([
      { sku: 'SHIRT-S', title: 'S' },
      { sku: 'SHIRT-M', title: 'M' },
      { slug: 'linen-shirt' },
      { name: 'Shirts' },
      null,
    ])
  })
})

it('reads nothing for what cannot be a SKU', async () => {
  const skus = Array.from({ length: 200 }, (_, i) => `${i}${'.'.repeat(4_900)}`)
  const query = `query ($skus: [String!]!, $sku: String!, $of: [_Any!]!) {
    prices(skus: $skus) { sku } variant(sku: $sku) { id } _entities(representations: $of) { __typename } }`
  const of = skus.map((sku) => ({ __typename: 'Variant', sku }))
  const statements = await statementsOf(TABLES, async () => {
    expect(await catalog.ask(query, { skus, sku: skus[0], of }, null)).toEqual({
      prices: [],
      variant: null,
      _entities: of.map(() => null),
    })
  })
  expect(statements).toEqual([])
})

describe('updatedAt', () => {
  it('is not before the moment the change had its turn', async () => {
    const database = openDatabase(catalog)
    let waiting: Promise<{ product: { updatedAt: string } }> | undefined
    let turn = new Date()
    await database.$transaction(async (tx) => {
      await tx.$executeRawUnsafe("update product set title = title where slug = 'other'")
      waiting = upsert({ slug: 'other', title: 'After its turn' })
      await eventually('the change to wait for its turn', async () => {
        const [row] = await database.$queryRawUnsafe<{ n: bigint }[]>(
          `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return Number(row?.n) === 1
      })
      turn = new Date()
    })
    await waiting
    const { product } = await catalog.ask('{ product(slug: "other") { updatedAt } }')
    expect(new Date(product.updatedAt).getTime()).toBeGreaterThanOrEqual(turn.getTime())
  })

  it('and validFrom never go back, even after a clock that was ahead', async () => {
    const database = openDatabase(catalog)
    const ahead = '2100-01-01T00:00:00.000Z'
    const input = { title: 'Clock', variants: [{ sku: 'CLOCK', price: { amount: '1', currencyCode: 'USD' } }] }
    await upsert(input)
    await database.$executeRawUnsafe(
      "with clock as (update product set updated_at = $1::timestamptz where slug = 'clock' returning id) update price set set_at = $1::timestamptz from variant join clock on clock.id = product_id where variant.id = variant_id",
      ahead,
    )
    await upsert({
      slug: 'clock',
      title: 'Watch',
      variants: [{ sku: 'CLOCK', price: { amount: '2', currencyCode: 'USD' } }],
    })
    const { product } = await catalog.ask(
      '{ product(slug: "clock") { updatedAt variants { nodes { price { validFrom } } } } }',
    )
    const next = '2100-01-01T00:00:00.001Z'
    expect(product).toEqual({ updatedAt: next, variants: { nodes: [{ price: { validFrom: next } }] } })
  })
})
