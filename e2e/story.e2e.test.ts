// Long because it tells one story from import to order without a cut.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, expect, test } from 'vitest'
import { type Answer, ask, root, runNpm, type Shop, staffToken, startShop, subscribe } from './shop.ts'

/*
 * The main story of the graph, told once from end to end: real products are imported while it runs, found by search with their price,
 * availability and category in one query; a stock and a price change reach a subscribed client, the next query and the cart;
 * an order is placed and takes the units.
 */

// Real products stand beside the project where they may not be copied into it; without them the sample feed tells the same story.
const realFeed = join(root, '../shared/data/products-best-buy.jsonl.gz')
const feed = existsSync(realFeed) ? realFeed : join(root, 'prisma/seed/sample-shop.jsonl')
const words = feed === realFeed ? 'galaxy smartphone' : 'kettle'

let shop: Shop
let token: string
let found: { id: string; title: string; sku: string; price: { amount: string; currencyCode: string } }

const PRODUCT_CARD = `
  query Card($words: String!) {
    search(query: $words, first: 5, filters: { priceMin: "0.01", currency: USD }) {
      totalCount
      facets { key values { value count } }
      nodes {
        id title slug
        category { name ancestors { name } }
        variants(first: 1) { nodes { sku price { money { amount currencyCode } } availability { status version } } }
      }
    }
  }`

const LIVE = `
  subscription Live($skus: [String!]!) {
    availabilityChanged(skus: $skus) { sku version availability { status } variant { sku product { title } price { money { amount } } } }
  }`

const PRICES = `
  subscription Prices($skus: [String!]!) {
    priceChanged(skus: $skus) { sku version price { money { amount } } variant { product { title } availability { status } } }
  }`

const CART = `
  subscription Cart($id: ID!) { cartUpdated(id: $id) { id version cart { status lines { quantity variant { product { title } } } order { id } } } }`

const ORDER = `
  subscription Order($id: ID!) {
    orderStatusChanged(id: $id) { id version order { status payment { state } lines { variant { product { title } } } } }
  }`

const VARIANT = `
  query Variant($sku: String!) { variant(sku: $sku) { price { money { amount } } availability { status available } } }`

beforeAll(async () => {
  shop = await startShop()
  token = staffToken(shop)
}, 120_000)

test('a product feed is imported while the graph runs, and again without a change', async () => {
  const first = await runNpm(['run', '--silent', 'import', '--', feed, '--url', `${shop.url}/graphql`], {
    IMPORT_TOKEN: token,
  })
  expect(first.output).toMatch(/created/)
  expect(first.code).toBe(0)
  const again = await runNpm(['run', '--silent', 'import', '--', feed, '--url', `${shop.url}/graphql`], {
    IMPORT_TOKEN: token,
  })
  expect(again.code).toBe(0)
  expect(again.output).toMatch(/unchanged/)
}, 120_000)

test('one query finds a product with its price, availability and category', async () => {
  const node = await eventually(
    'the imported product is found',
    async () => {
      const { data, errors } = await ask(shop, PRODUCT_CARD, { words })
      expect(errors).toBeUndefined()
      return data.search.nodes[0]
    },
    60_000,
  )
  const [variant] = node.variants.nodes
  expect(node.category.name).toEqual(expect.any(String))
  expect(variant.price.money.amount).toMatch(/^\d+\.\d\d$/)
  expect(variant.availability.status).toMatch(/STOCK/)
  found = { id: node.id, title: node.title, sku: variant.sku, price: variant.price.money }
})

test('a subscribed client gets the state first, then each stock change, with fields of other subgraphs', async () => {
  const { errors } = await ask(
    shop,
    'mutation($input: StockSetInput!) { stockSet(input: $input) { userErrors { message } } }',
    { input: { sku: found.sku, onHand: 0, idempotencyKey: 'story-start' } },
    token,
  )
  expect(errors).toBeUndefined()
  const { payloads } = subscribe(shop, LIVE, { skus: [found.sku] })
  const last = (): Answer['data'] => payloads.at(-1)?.data?.availabilityChanged
  await eventually('the current state', () => payloads.length === 1)
  expect(last()).toMatchObject({ sku: found.sku, variant: { sku: found.sku, product: { title: found.title } } })
  const start = last().version

  for (const [delta, status] of [
    [40, 'IN_STOCK'],
    [-38, 'LOW_STOCK'],
    [-2, 'OUT_OF_STOCK'],
    [30, 'IN_STOCK'],
  ] as const) {
    const seen = payloads.length
    await adjust(found.sku, delta)
    // The next query anywhere shows the new value, before any client was told.
    const { data } = await ask(shop, VARIANT, { sku: found.sku })
    expect(data.variant.availability.status).toBe(status)
    await eventually(`the change to ${status}`, () => payloads.length > seen)
    expect(last().availability.status).toBe(status)
  }
  expect(payloads.map(({ data }) => data.availabilityChanged.version)).toEqual([
    start,
    start + 1,
    start + 2,
    start + 3,
    start + 4,
  ])
  expect(payloads.every(({ errors }) => errors === undefined)).toBe(true)
})

test('a subscribed client gets each price change, and the next query and search show it', async () => {
  const { payloads } = subscribe(shop, PRICES, { skus: [found.sku] })
  await eventually('the current price', () => payloads.length === 1)
  expect(payloads[0]?.data.priceChanged.price.money.amount).toBe(found.price.amount)

  for (const amount of ['123.45', '99.99']) {
    const seen = payloads.length
    await setPrice(found.sku, amount)
    const { data } = await ask(shop, VARIANT, { sku: found.sku })
    expect(data.variant.price.money.amount).toBe(amount)
    await eventually('the new price', () => payloads.length > seen)
    expect(payloads.at(-1)?.data.priceChanged).toMatchObject({
      sku: found.sku,
      price: { money: { amount } },
      variant: { product: { title: found.title }, availability: { status: 'IN_STOCK' } },
    })
  }
  await eventually('the search filters by the new price', async () => {
    const { data } = await ask(
      shop,
      `query($words: String!) { search(query: $words, first: 100, filters: { priceMin: "99.99", priceMax: "99.99", currency: USD }) { nodes { id } } }`,
      { words },
    )
    return data.search.nodes.some(({ id }: { id: string }) => id === found.id)
  })
})

test('a subscribed client gets each change of a product, with fields of other subgraphs', async () => {
  const { payloads } = subscribe(
    shop,
    `subscription($ids: [ID!]!) { productChanged(ids: $ids) { id version product { brand variants(first: 1) { nodes { sku availability { status } } } } } }`,
    { ids: [found.id] },
  )
  await eventually('the current state', () => payloads.length === 1)
  const version: number = payloads[0]?.data.productChanged.version
  const { data } = await ask(
    shop,
    'mutation($input: ProductUpsertInput!) { productUpsert(input: $input) { product { version } userErrors { message } } }',
    { input: { id: found.id, brand: 'Storyteller' } },
    token,
  )
  expect(data.productUpsert.product.version).toBe(version + 1)
  await eventually('the change', () => payloads.length === 2)
  expect(payloads[1]).toEqual({
    data: {
      productChanged: {
        id: found.id,
        version: version + 1,
        product: {
          brand: 'Storyteller',
          variants: { nodes: [{ sku: found.sku, availability: { status: 'IN_STOCK' } }] },
        },
      },
    },
  })
})

test('a cart becomes an order once, however often it is placed, and the units are sold', async () => {
  const cart = await eventually('the cart knows the product', async () => {
    const { data } = await ask(
      shop,
      `mutation($sku: String!) { cartCreate(input: { lines: [{ sku: $sku, quantity: 3 }] }) { cart { id totals { total { amount } } } userErrors { code message } } }`,
      { sku: found.sku },
    )
    return data.cartCreate.cart
  })
  expect(cart.totals.total.amount).toBe('299.97')
  const { payloads: carts } = subscribe(shop, CART, { id: cart.id })
  await eventually('the cart as it is', () => carts.length === 1)

  const place = (): Promise<Answer> =>
    ask(
      shop,
      `mutation($cartId: ID!) { placeOrder(input: { cartId: $cartId, idempotencyKey: "story-1", paymentToken: "tok_ok" }) {
         __typename ... on OrderPlaced { order { id number totals { total { amount } } lines { sku quantity variant { product { title } } } } } } }`,
      { cartId: cart.id },
    )
  const answers = await Promise.all([place(), place(), place()])
  const placed = (await place()).data.placeOrder
  expect(placed).toMatchObject({
    __typename: 'OrderPlaced',
    order: {
      totals: { total: { amount: '299.97' } },
      lines: [{ sku: found.sku, quantity: 3, variant: { product: { title: found.title } } }],
    },
  })
  for (const { data } of answers) {
    expect(['OrderPlaced', 'OrderPending']).toContain(data.placeOrder.__typename)
    if (data.placeOrder.order) expect(data.placeOrder.order.id).toBe(placed.order.id)
  }
  const { data } = await ask(shop, 'query($id: ID!) { order(id: $id) { number payment { state } } }', {
    id: placed.order.id,
  })
  expect(data.order.number).toBe(placed.order.number)

  await eventually('the cart is completed', () => carts.at(-1)?.data.cartUpdated.cart.status === 'COMPLETED')
  expect(carts.at(-1)?.data.cartUpdated).toMatchObject({ id: cart.id, cart: { order: { id: placed.order.id } } })
  const versions = carts.map(({ data }) => data.cartUpdated.version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  const { payloads: orders } = subscribe(shop, ORDER, { id: placed.order.id })
  await eventually('the order is settled', () => orders.at(-1)?.data.orderStatusChanged.order.status === 'CONFIRMED')
  expect(orders.at(-1)).toMatchObject({
    data: {
      orderStatusChanged: {
        id: placed.order.id,
        version: 2,
        order: { payment: { state: 'CAPTURED' }, lines: [{ variant: { product: { title: found.title } } }] },
      },
    },
  })

  await eventually('30 units less 3', async () => {
    const { data } = await ask(shop, VARIANT, { sku: found.sku }, token)
    return data.variant.availability.available === 27
  })
})

test('staff mutations need a token with the scope, and subgraphs answer nobody but the gateway', async () => {
  const input = { sku: found.sku, delta: 1, reason: 'none', idempotencyKey: 'nobody' }
  const mutation = 'mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { message } } }'
  expect((await ask(shop, mutation, { input })).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')

  const minted = await runNpm(['run', '--silent', 'token', '--', '--scope', 'catalog:write'], { DATA_DIR: shop.folder })
  const wrong = await ask(shop, mutation, { input }, minted.output.trim())
  expect(wrong.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')

  const inventory = /inventory +(http\S+)/.exec(shop.printed())?.[1] ?? ''
  const direct = await fetch(inventory, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
  })
  expect(direct.status).toBe(401)
})

async function adjust(sku: string, delta: number): Promise<void> {
  const { data, errors } = await ask(
    shop,
    'mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { message } } }',
    { input: { sku, delta, reason: 'counted', idempotencyKey: crypto.randomUUID() } },
    token,
  )
  expect(errors).toBeUndefined()
  expect(data.stockAdjust.userErrors).toEqual([])
}

async function setPrice(sku: string, amount: string): Promise<void> {
  const { data, errors } = await ask(
    shop,
    'mutation($input: PriceSetInput!) { priceSet(input: $input) { userErrors { message } } }',
    { input: { sku, price: { amount, currencyCode: 'USD' } } },
    token,
  )
  expect(errors).toBeUndefined()
  expect(data.priceSet.userErrors).toEqual([])
}
