import { buildSchema, type ExecutionResult } from 'graphql'
import { createClient as createStream } from 'graphql-sse'
import { createClient } from 'graphql-ws'
import { afterAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { readApi, supergraphFile } from '../api.ts'
import { mockSchema } from './schema.ts'
import { serveMock } from './server.ts'

const { sdl } = readApi(supergraphFile)
const start = (seed: string) => serveMock(mockSchema(buildSchema(sdl), seed), { host: '127.0.0.1', port: 0 })
const server = await start('shop')
afterAll(() => server.stop())

// biome-ignore lint/suspicious/noExplicitAny: data are compared with literals
async function ask(query: string, variables: object = {}, { url } = server): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as ExecutionResult
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'))
  return data
}

const productFields = `id slug title category { id name } variants(first: 2) { nodes { id sku product { id } price { money { amount minorUnits currencyCode } } availability { status } } }`

test('the same id has the same data wherever it is met, also on another server', async () => {
  const { search } = await ask(`{ search(query: "mug", first: 3) { totalCount nodes { ${productFields} } } }`)
  expect(search.nodes).toHaveLength(3)
  const other = await start('shop')
  try {
    for (const node of search.nodes) {
      const query = `query ($id: ID!) { product(id: $id) { ${productFields} } node(id: $id) { id ... on Product { ${productFields} } } }`
      const read = await ask(query, { id: node.id })
      expect(read).toEqual({ product: node, node })
      expect(await ask(query, { id: node.id }, other)).toEqual(read)
      for (const variant of node.variants.nodes) {
        expect(variant.product.id).toBe(node.id)
        const { money } = variant.price
        expect(Number(money.amount) * 100).toBeCloseTo(money.minorUnits)
        const again = await ask('query ($id: ID!) { variant(id: $id) { id sku } }', { id: variant.id })
        expect(again.variant).toEqual({ id: variant.id, sku: variant.sku })
      }
    }
  } finally {
    await other.stop()
  }
})

test('another seed has other data', async () => {
  const other = await start('another')
  const query = '{ products(first: 5) { nodes { title slug } } }'
  expect(await ask(query, {}, other)).not.toEqual(await ask(query))
  await other.stop()
})

test('what arguments name comes back', async () => {
  const data =
    await ask(`{ product(slug: "a-mug") { id slug } variant(sku: "A.1@b") { id sku price { version } } prices(skus: ["X", "Y"]) { sku variant { sku } }
    availabilities(skus: ["A.1@b"]) { sku variant { id } } }`)
  expect(data.product.slug).toBe('a-mug')
  expect(data.prices).toEqual([
    { sku: 'X', variant: { sku: 'X' } },
    { sku: 'Y', variant: { sku: 'Y' } },
  ])
  expect(data.availabilities).toEqual([{ sku: 'A.1@b', variant: { id: data.variant.id } }])
  const again = await ask(
    'query ($id: ID!) { node(id: $id) { ... on Product { slug } } nodes(ids: [$id, "nothing"]) { id } }',
    { id: data.product.id },
  )
  expect(again).toEqual({ node: { slug: 'a-mug' }, nodes: [{ id: data.product.id }, null] })
})

test('what is said of a SKU is the same on a page and where its price and stock are followed', async () => {
  const rest = 'sku version price { money { amount } } availability { status available version }'
  const { products } = await ask(`{ products(first: 1) { nodes { variants(first: 5) { nodes { ${rest} } } } } }`)
  const variants: { sku: string }[] = products.nodes[0].variants.nodes
  const query = `query ($skus: [String!]!) { prices(skus: $skus) { sku price { money { amount } } }
    availabilities(skus: $skus) { sku availability { status available version } variant { ${rest} } } }`
  const { prices, availabilities } = await ask(query, { skus: variants.map(({ sku }) => sku) })
  for (const [i, variant] of variants.entries()) {
    expect(variant).toMatchObject(prices[i])
    const { sku, availability } = availabilities[i]
    expect(variant).toMatchObject({ sku, availability })
    expect(availabilities[i].variant).toEqual(variant)
  }
})

test('connections can be walked forwards and backwards', async () => {
  const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
    products(first: $first, after: $after, last: $last, before: $before) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  const page = async (variables: object) => (await ask(query, variables)).products
  const ids: string[] = []
  for (let after: string | null = null, more = true; more; ) {
    const { edges, pageInfo } = await page({ first: 7, after })
    ids.push(...edges.map(({ node }: { node: { id: string } }) => node.id))
    after = pageInfo.endCursor
    more = pageInfo.hasNextPage
  }
  expect(new Set(ids).size).toBe(ids.length)
  const all = await page({ first: 100 })
  expect(all.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids)
  const back = await page({ last: 2, before: all.pageInfo.endCursor })
  expect(back.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(-3, -1))
  expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  await expect(page({ first: 101 })).rejects.toThrow('`first`: expected 1 to 100, got 101.')
})

test('a mutation answers as if all went well, with what its input names', async () => {
  const { cartCreate } = await ask('mutation { cartCreate(input: { lines: [] }) { cart { id } userErrors { code } } }')
  expect(cartCreate.userErrors).toEqual([])
  const lines = `cartLinesAdd(input: { cartId: ${JSON.stringify(cartCreate.cart.id)}, lines: [] }) { cart { id } }`
  const place = 'placeOrder(input: { cartId: "x", idempotencyKey: "k", paymentToken: "t" }) { __typename }'
  expect(await ask(`mutation { ${lines} ${place} }`)).toEqual({
    cartLinesAdd: { cart: cartCreate.cart },
    placeOrder: { __typename: 'OrderPlaced' },
  })
})

test('a subscription starts with the state that a query answers, over both transports', async () => {
  const { availabilities } = await ask('{ availabilities(skus: ["A", "B"]) { sku version availability { status } } }')
  const query = 'subscription { availabilityChanged(skus: ["A", "B"]) { sku version availability { status } } }'
  const socket = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  const events = createStream({ url: `${server.url}/graphql/stream`, retryAttempts: 0 })
  for (const client of [socket, events]) {
    const stream = client.iterate({ query })
    const states = [await stream.next(), await stream.next()].map(({ value }) => value?.data?.availabilityChanged)
    expect(states).toEqual(availabilities)
    await stream.return?.()
    await client.dispose()
  }
})
