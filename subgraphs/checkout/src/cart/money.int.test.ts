import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { BERLIN, merchant } from '../../test/merchant.ts'
import { amounts, shopper } from '../../test/shopper.ts'
import { hear } from '../../test/told.ts'

/*
 * Who buys, where it goes, and what stands between a cart and its order.
 */

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>
let shop: ReturnType<typeof merchant>

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  guest = shopper(ask)
  shop = merchant(ask)
  await Promise.all([world.sell('cup', 550), world.sell('pot', 2_000), world.sell('song', 99)])
})

const codes = ({ userErrors }: { userErrors: { code: string }[] }) => userErrors.map(({ code }) => code)
const EVERY_CHANGE = [
  ['cartBuyerSet', { email: null }],
  ['cartAddressSet', { shipping: BERLIN }],
  ['cartShippingSelect', { optionId: 'de/post' }],
  ['cartDiscountApply', { code: 'TEN' }],
  ['cartDiscountRemove', { code: 'TEN' }],
] as const

describe('a shop that has set nothing', () => {
  it('asks nothing of a cart, and its total is final', async () => {
    const bill = await guest.bill(await guest.cartWith({ cup: 2 }))
    expect(bill).toMatchObject({ problems: [], shippingOptions: [], delivery: null })
    expect(amounts(bill)).toEqual({
      subtotal: 1_100,
      discount: 0,
      shipping: 0,
      tax: 0,
      taxIncluded: 0,
      total: 1_100,
      estimated: false,
    })
  })
})

describe('who buys and where it goes', () => {
  it('is kept, each change with a version and an event, and the same again is none', async () => {
    const told = await hear(world, 'checkout.cart.changed')
    const cartId = await guest.cartWith({ cup: 1 })
    await guest.change('cartBuyerSet', { cartId, email: ' ann@example.com ' })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    await guest.change('cartAddressSet', { cartId, shipping: { ...BERLIN, countryCode: 'de' } })
    await guest.change('cartAddressSet', { cartId, billing: { countryCode: 'FR' } })
    expect(await guest.bill(cartId)).toMatchObject({
      version: 4,
      buyer: { email: 'ann@example.com' },
      shippingAddress: { city: 'Berlin', countryCode: 'DE' },
    })
    await eventually('all told', () => told(cartId).at(-1)?.version === 4)
    expect(told(cartId).map(({ version }) => version)).toEqual([1, 2, 3, 4])
    await guest.change('cartBuyerSet', { cartId, email: null })
    expect((await guest.bill(cartId)).buyer).toBeNull()
  })

  it('is refused with the part that is wrong', async () => {
    const cartId = await guest.cartWith({ cup: 1 })
    expect(codes(await guest.change('cartBuyerSet', { cartId, email: 'ann' }))).toEqual(['EMAIL_INVALID'])
    expect(
      await guest.change('cartAddressSet', {
        cartId,
        shipping: { countryCode: 'UK' },
        billing: { ...BERLIN, city: '\0' },
      }),
    ).toMatchObject({
      userErrors: [
        { code: 'COUNTRY_UNKNOWN', field: ['shipping', 'countryCode'] },
        { code: 'ADDRESS_PART_INVALID', field: ['billing', 'city'] },
      ],
    })
    expect(await guest.bill(cartId)).toMatchObject({ version: 1 })
  })

  it('is not changed by those who saw an older version', async () => {
    const cartId = await guest.cartWith({ cup: 1 })
    await guest.change('cartBuyerSet', { cartId, email: 'ann@example.com', expectedVersion: 1 })
    for (const [name, input] of EVERY_CHANGE) {
      expect(codes(await guest.change(name, { cartId, expectedVersion: 1, ...input }))).toEqual(['VERSION_CONFLICT'])
    }
  })

  it('is not changed by others than the viewer whose cart it is', async () => {
    const ann = shopper(ask, { id: 'ann', scopes: [] })
    const bob = shopper(ask, { id: 'bob', scopes: ['checkout:read', 'checkout:write'] })
    const cartId = await ann.cartWith({ cup: 1 })
    for (const [name, input] of EVERY_CHANGE) {
      for (const other of [guest, bob]) {
        expect(await other.change(name, { cartId, ...input })).toMatchObject({
          cart: null,
          userErrors: [{ code: 'CART_NOT_FOUND' }],
        })
      }
    }
    expect(await ann.bill(cartId)).toMatchObject({ version: 1 })
  })
})

describe('stock and terms', () => {
  it('name what there is not enough of', async () => {
    const cartId = await guest.cartWith({ cup: 3, pot: 8, song: 1 })
    const stock = (sku: string, available: number) =>
      world.publish('inventory.stock.changed', { sku, version: 1, locations: [], available })
    await Promise.all([stock('cup', 2), stock('pot', 0), stock('song', 1)])
    const bill = await eventually('checkout knows', async () => {
      const shown = await guest.bill(cartId)
      return shown.problems.length === 2 && shown
    })
    await world.publish('inventory.stock.changed', {
      sku: 'pot',
      version: 2,
      locations: [],
      available: 0,
      backorderable: 8,
    })
    await eventually('what may be promised is enough', async () => (await guest.bill(cartId)).problems.length === 1)
    expect(bill.problems).toEqual([
      { __typename: 'CartInsufficientStock', sku: 'cup', requested: 3, available: 2 },
      { __typename: 'CartOutOfStock', sku: 'pot' },
    ])
  })

  it('allow the quantities that staff have set, also of what is in carts already', async () => {
    await world.sell('egg', 30)
    const before = await guest.cartWith({ egg: 7 })
    await shop.terms({ sku: 'egg', minQuantity: 6, maxQuantity: 24, step: 6 })
    expect((await guest.bill(before)).problems).toEqual([
      { __typename: 'QuantityNotAllowed', sku: 'egg', message: 'A egg is sold from 6 to 24 in steps of 6.' },
    ])
    expect(codes(await guest.create({ egg: 7 }))).toEqual(['QUANTITY_NOT_ALLOWED'])
    expect(codes(await guest.create({ egg: 30 }))).toEqual(['QUANTITY_NOT_ALLOWED'])
    const { cart } = await guest.create({ egg: 12 })
    const line = cart?.lines[0]?.id ?? ''
    expect(codes(await guest.update(cart?.id ?? '', [{ id: line, quantity: 3 }]))).toEqual(['QUANTITY_NOT_ALLOWED'])
    expect(codes(await guest.add(cart?.id ?? '', { egg: 6 }))).toEqual([])
    expect(await guest.place(before)).toMatchObject({
      code: 'CART_INCOMPLETE',
      message: expect.stringContaining('6 to 24'),
    })
  })
})
