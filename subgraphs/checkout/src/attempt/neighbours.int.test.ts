import { eventually, testDatabase } from '@commerce/local/testing.ts'
import { expect, it } from 'vitest'
import { createWorld, startCheckout, startProcess } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { startStock } from '../../test/stock.ts'

const STAFF = { id: 'staff', scopes: ['catalog:write'] }
const UPSERT = `mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) { product { id } userErrors { message } } }`
const PRICE = `mutation ($input: PriceSetInput!) { priceSet(input: $input) { userErrors { message } } }`

it('with the real catalog and inventory an order is placed at the price of this moment', async () => {
  const world = await createWorld({ catalog: false })
  const databaseUrl = await testDatabase('catalog')
  const [catalog, stock, ask] = await Promise.all([
    startProcess('../../catalog/src/main.ts', world.environment({ DATABASE_URL_CATALOG: databaseUrl })),
    startStock(world),
    startCheckout(world),
  ])
  const usd = (amount: string) => ({ amount, currencyCode: 'USD' })
  const variants = [{ sku: 'lamp', price: usd('40.00') }]
  const upserted = await catalog.ask(UPSERT, { input: { title: 'Lamp', variants } }, STAFF)
  expect(upserted).toMatchObject({ productUpsert: { userErrors: [] } })
  await stock.set('lamp', 3)

  const guest = shopper(ask)
  const cart = await eventually('the offer', async () => (await guest.create({ lamp: 2 })).cart)
  expect(cart.totals?.total.amount).toBe('80.00')
  await catalog.ask(PRICE, { input: { sku: 'lamp', price: usd('45.50') } }, STAFF)
  expect(await guest.place(cart.id)).toMatchObject({
    __typename: 'OrderPriceChanged',
    changes: [{ sku: 'lamp', before: { amount: '40.00' }, now: { amount: '45.50' } }],
  })
  expect(await guest.place(cart.id, { expectedTotal: usd('91.00') })).toMatchObject({
    __typename: 'OrderPlaced',
    order: { status: 'CONFIRMED', totals: { total: { amount: '91.00' } } },
  })
  expect(await stock.of('lamp')).toEqual({ onHand: 1, reserved: 0 })

  const second = (await guest.create({ lamp: 1 })).cart
  const input = { cartId: second?.id, idempotencyKey: 'the second', paymentToken: 'tok_ok' }
  const answer = await ask.answer('mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }', {
    input,
  })
  expect(answer).toMatchObject({
    data: { placeOrder: { __typename: 'OrderPlaced' } },
    extensions: { changed: { 'inventory.stock.changed.lamp': expect.any(Number) } }, // changed there, by command
  })
}, 40_000)
