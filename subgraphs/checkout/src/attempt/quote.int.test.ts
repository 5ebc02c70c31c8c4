import { randomUUID } from 'node:crypto'
import { command } from '@commerce/events/command.ts'
import { releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { playInventory } from '../../test/inventory.ts'
import { BERLIN, merchant, usd } from '../../test/merchant.ts'
import { shopper } from '../../test/shopper.ts'

/*
 * An order costs what the cart said, and keeps how that came about.
 */

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>
let shop: ReturnType<typeof merchant>
let endInventory: () => Promise<void>

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  guest = shopper(ask)
  shop = merchant(ask)
  await Promise.all([world.sell('cup', 999), world.sell('pot', 2_000)])
  endInventory = await playInventory(world)
  await shop.deliverTo('DE')
  await shop.tax('DE', [
    { percent: '19', included: true },
    { taxClass: 'food', percent: '7', included: false },
  ])
  await shop.terms({ sku: 'pot', taxClass: 'food' })
  await shop.promote({ percentage: { percent: '10' } }, { code: 'TEN', title: 'Ten percent' })
})

async function readyCart(): Promise<string> {
  const cartId = await guest.cartWith({ cup: 1, pot: 1 })
  await guest.change('cartBuyerSet', { cartId, email: 'ann@example.com' })
  await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
  await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' })
  await guest.change('cartDiscountApply', { cartId, code: 'TEN' })
  return cartId
}

const amount = (name: string) => `${name} { minorUnits }`

describe('an order', () => {
  it('has the totals of its cart, and keeps discounts, taxes, delivery, buyer and address', async () => {
    const cartId = await readyCart()
    const { totals } = await guest.bill(cartId)
    // 29.99 - 3.00 + 5.00, and 7 % on 18.00; 19 % within 8.99 and within 5.00
    expect(totals).toEqual({
      subtotal: { minorUnits: 2_999 },
      discount: { minorUnits: 300 },
      shipping: { minorUnits: 500 },
      tax: { minorUnits: 126 },
      taxIncluded: { minorUnits: 224 },
      total: { minorUnits: 3_325 },
      estimated: false,
    })
    const { __typename, order } = await guest.place(cartId, { expectedTotal: usd('33.25') })
    expect(__typename).toBe('OrderPlaced')
    const query = `query ($id: ID!) { order(id: $id) {
      totals { ${['subtotal', 'discount', 'shipping', 'tax', 'taxIncluded', 'total'].map(amount).join(' ')} estimated }
      buyer { email } shippingAddress { name city countryCode } billingAddress { city }
      delivery { option { id title latestDays price { minorUnits } } discount { amount { minorUnits } } }
      lines { sku discounts { promotion { title } amount { minorUnits } } tax { minorUnits } taxIncluded { minorUnits } } } }`
    expect((await ask<{ order: object }>(query, { id: order?.id })).order).toEqual({
      totals,
      buyer: { email: 'ann@example.com' },
      shippingAddress: { name: 'Ann Lee', city: 'Berlin', countryCode: 'DE' },
      billingAddress: null,
      delivery: { option: { id: 'de/post', title: 'Post', latestDays: 4, price: { minorUnits: 500 } }, discount: null },
      lines: [line('cup', 100, 0, 144), line('pot', 200, 126, 0)],
    })
  })

  it('tells the inventory where the units go', async () => {
    await endInventory()
    const asked: unknown[] = []
    const leave = await world.play('inventory', [
      command(reserveStock, async ({ destination }) => {
        asked.push(destination)
        return { outcome: 'insufficient' as const, shortages: [] }
      }),
      command(releaseStock, async () => ({ state: 'released' as const })),
    ])
    const cartId = await readyCart()
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OutOfStock' })
    await guest.change('cartAddressSet', { cartId, shipping: { ...BERLIN, region: 'BE' } })
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OutOfStock' })
    expect(asked).toEqual([{ country: 'DE' }, { country: 'DE', region: 'BE' }])
    await leave()
    endInventory = await playInventory(world)
  })

  it('that costs nothing is placed and settled all the same', async () => {
    await shop.promote({ percentage: { percent: '100' } }, { code: 'ALL' })
    await shop.promote({ freeShipping: true }, { code: 'FREE' })
    const cartId = await guest.cartWith({ cup: 1 })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' })
    for (const code of ['ALL', 'FREE']) await guest.change('cartDiscountApply', { cartId, code })
    const { order } = await guest.place(cartId, { expectedTotal: usd('0') })
    expect(order?.totals.total.amount).toBe('0.00')
    await eventually('settled', async () => (await guest.order(order?.id ?? ''))?.status === 'CONFIRMED')
  })

  it('comes of an attempt that was quoted before there were discounts and taxes', async () => {
    const cartId = await guest.cartWith({ cup: 1 })
    const id = randomUUID()
    const cart = { where: { id: uuidFrom(cartId, 'Cart') ?? '' }, data: { attemptId: id } }
    await world.database.cart.update(cart)
    const state = {
      at: 'authorized',
      request: { paymentToken: 'tok_ok', expectedTotal: null },
      round: id,
      lines: [{ lineId: id, sku: 'cup', title: 'Cup', quantity: 1, unitMinorUnits: '0' }],
      totals: { currencyCode: 'USD', subtotal: '0', discount: '0', shipping: '0', tax: '0', total: '0' },
      holdUntil: new Date(Date.now() + 900_000).toISOString(),
    }
    const keys = { scope: `guest:${cart.where.id}`, idempotencyKey: id, fingerprint: '', cartId: cart.where.id }
    await world.database.attempt.create({ data: { id, ...keys, phase: state.at, state, openedAt: new Date() } })
    const { order } = await eventually('ordered', async () => {
      const shown = await guest.cart(cartId)
      return shown?.order?.status === 'CONFIRMED' && shown
    })
    const query = `query ($id: ID!) { order(id: $id) { totals { ${amount('taxIncluded')} ${amount('total')} } delivery { option { id } }
      lines { sku discounts { promotion { id } } ${amount('tax')} } } }`
    expect((await ask<{ order: object }>(query, { id: order?.id })).order).toEqual({
      totals: { taxIncluded: { minorUnits: 0 }, total: { minorUnits: 0 } },
      delivery: null,
      lines: [{ sku: 'cup', discounts: [], tax: { minorUnits: 0 } }],
    })
  })

  it('is not placed at another total than was expected, delivery and tax included', async () => {
    const cartId = await readyCart()
    expect(await guest.place(cartId, { expectedTotal: usd('26.99') })).toMatchObject({
      __typename: 'OrderPriceChanged',
      changes: [],
      cart: { totals: { total: { amount: '33.25' } } },
    })
    expect(await guest.place(cartId, { expectedTotal: usd('33.25') })).toMatchObject({ __typename: 'OrderPlaced' })
  })

  it('without an expected total needs delivery at the price it was chosen at', async () => {
    const cartId = await readyCart()
    await shop.deliverTo('DE', '4.00')
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPriceChanged', changes: [] })
    await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' })
    expect((await guest.place(cartId)).order?.totals.total.amount).toBe('32.25')
    await shop.deliverTo('DE')
  })

  it('of a cart that lacks something is refused in words, and the cart is open again', async () => {
    const cartId = await guest.cartWith({ cup: 1 })
    expect(await guest.place(cartId)).toMatchObject({
      __typename: 'PlaceOrderRefused',
      code: 'CART_INCOMPLETE',
      message: 'There is no delivery address.',
    })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    expect(await guest.place(cartId)).toMatchObject({ message: 'No way of delivery has been chosen.' })
    await guest.change('cartShippingSelect', { cartId, optionId: 'de/courier' })
    await guest.change('cartAddressSet', { cartId, shipping: { ...BERLIN, countryCode: 'FR' } })
    const nowhere = { code: 'CART_INCOMPLETE', message: expect.stringContaining('cannot be delivered to this address') }
    expect(await guest.place(cartId)).toMatchObject(nowhere)
    const elsewhere = await guest.cartWith({ cup: 1 })
    await guest.change('cartAddressSet', { cartId: elsewhere, shipping: { ...BERLIN, countryCode: 'FR' } })
    expect(await guest.place(elsewhere)).toMatchObject(nowhere)
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPlaced' })
  })
})

function line(sku: string, off: number, tax: number, taxIncluded: number) {
  return {
    sku,
    discounts: [{ promotion: { title: 'Ten percent' }, amount: { minorUnits: off } }],
    tax: { minorUnits: tax },
    taxIncluded: { minorUnits: taxIncluded },
  }
}
