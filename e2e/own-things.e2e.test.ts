import { randomUUID } from 'node:crypto'
import { mintToken, readSecrets } from '@commerce/local/secrets.ts'
import { eventually } from '@commerce/local/testing.ts'
import { encodeId } from '@commerce/service/ids.ts'
import { beforeAll, expect, test } from 'vitest'
import { type Answer, ask, type Shop, staffToken, startReplica, startShop, subscribe } from './shop.ts'

/*
 * What belongs to somebody, followed through one gateway and changed through another: by whoever it belongs to, and by nobody else.
 */

const CART = `
  subscription ($id: ID!) { cartUpdated(id: $id) { version cart { status lines { sku quantity variant { availability { status } } } order { id } } } }`
const ORDER =
  'subscription ($id: ID!) { orderStatusChanged(id: $id) { version order { id status payment { state } } } }'

let shop: Shop
/** Where clients follow; what they follow is changed through `shop`. */
let replica: Pick<Shop, 'url'>
let ann: string
let bob: string
let sku: string
let cartId: string
let orderId: string

beforeAll(async () => {
  shop = await startShop()
  replica = await startReplica(shop)
  const { jwtSecret } = readSecrets(shop.folder)
  ann = await mintToken(jwtSecret, 'ann', [], '1h')
  bob = await mintToken(jwtSecret, 'bob', ['inventory:read'], '1h')
  sku = await eventually('something that can be bought', async () => {
    const query =
      '{ search(query: "kettle", filters: { inStock: true }) { nodes { variants(first: 1) { nodes { sku } } } } }'
    const known = (await ask(shop, query)).data.search.nodes[0]?.variants.nodes[0].sku
    return (await change('cartCreate { cart { id } }', { lines: [{ sku: known ?? '' }] })).cart && known
  })
}, 120_000)

async function change(mutation: string, input: object): Promise<Answer['data']> {
  const name = /^\w+/.exec(mutation)?.[0] ?? ''
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`
  const query = `mutation ($input: ${type}) { ${name}(input: $input) ${mutation.slice(name.length)} }`
  const { data, errors } = await ask(shop, query, { input }, ann)
  expect(errors).toBeUndefined()
  return data[name]
}

test('a cart is followed on one device while it is changed on another', async () => {
  const { cart } = await change('cartCreate { cart { id } }', { lines: [] })
  cartId = cart.id
  const { payloads } = subscribe(replica, CART, { id: cartId }, ann)
  const last = (): Answer['data'] => payloads.at(-1)?.data?.cartUpdated
  await eventually('the cart as it is', () => payloads.length === 1)
  expect(last()).toEqual({ version: 1, cart: { status: 'OPEN', lines: [], order: null } })

  for (const quantity of [1, 2]) {
    const { userErrors } = await change('cartLinesAdd { userErrors { message } }', {
      cartId,
      lines: [{ sku, quantity: 1 }],
    })
    expect(userErrors).toEqual([])
    await eventually(`quantity ${quantity}`, () => last().cart.lines[0]?.quantity === quantity)
    expect(last()).toMatchObject({
      version: quantity + 1,
      cart: { lines: [{ sku, variant: { availability: { status: expect.stringMatching(/STOCK/) } } }] },
    })
  }

  const { order } = await change('placeOrder { ... on OrderPlaced { order { id } } }', {
    cartId,
    idempotencyKey: randomUUID(),
    paymentToken: 'tok_ok',
  })
  orderId = order.id
  await eventually('its order was placed', () => last().cart.status === 'COMPLETED')
  expect(last().cart.order.id).toBe(orderId)
  // Each change was sent, or skipped for a later one; none twice, none out of order.
  const versions = payloads.map(({ data }) => data.cartUpdated.version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  expect([versions[0], versions.at(-1)]).toEqual([1, 5])
}, 60_000)

test('an order is followed by who placed it and by staff', async () => {
  for (const token of [ann, staffToken(shop)]) {
    const { payloads } = subscribe(replica, ORDER, { id: orderId }, token)
    await eventually(
      'the order is settled',
      () => payloads.at(-1)?.data?.orderStatusChanged.order.status === 'CONFIRMED',
    )
    expect(payloads.at(-1)?.data.orderStatusChanged).toEqual({
      version: 2,
      order: { id: orderId, status: 'CONFIRMED', payment: { state: 'CAPTURED' } },
    })
  }
})

test('whoever else tries is told what is told of things that do not exist', async () => {
  const nowhere = { CART: encodeId('Cart', randomUUID()), ORDER: encodeId('Order', randomUUID()) }
  for (const [query, id, missing, tokens] of [
    [CART, cartId, nowhere.CART, [bob, undefined, staffToken(shop)]],
    [ORDER, orderId, nowhere.ORDER, [bob, undefined]],
  ] as const) {
    const { payloads: ofNothing } = subscribe(replica, query, { id: missing })
    await eventually('an error', () => ofNothing.length === 1)
    expect(ofNothing[0]?.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    for (const token of tokens) {
      const { payloads } = subscribe(replica, query, { id }, token)
      await eventually('an error', () => payloads.length === 1)
      expect(payloads).toEqual(ofNothing)
    }
  }
})

test('an id of something else is refused by name', async () => {
  const { payloads } = subscribe(replica, ORDER, { id: cartId }, ann)
  await eventually('an error', () => payloads.length === 1)
  expect(payloads[0]?.errors).toMatchObject([
    {
      message: `\`id\`: expected an id of type Order, got "${cartId}", one of type Cart.`,
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ])
})
