import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { BERLIN, merchant } from '../../test/merchant.ts'
import { amounts, shopper } from '../../test/shopper.ts'

/*
 * Delivery and tax by the shop's own tables.
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
describe('delivery and tax', () => {
  beforeAll(async () => {
    await shop.deliverTo('DE')
    await shop.tax('DE', [
      { percent: '19', included: true },
      { taxClass: 'shipping', percent: '10', included: false },
    ])
    await shop.terms({ sku: 'song', ships: false })
  })

  it('are needed from the first zone and rate on, step by step until nothing is missing', async () => {
    const cartId = await guest.cartWith({ cup: 2 })
    let bill = await guest.bill(cartId)
    expect(bill.problems).toEqual([{ __typename: 'AddressIncomplete', kind: 'SHIPPING', missing: ['countryCode'] }])
    expect(amounts(bill)).toMatchObject({ total: 1_100, estimated: true })
    expect(codes(await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' }))).toEqual([
      'SHIPPING_OPTION_UNKNOWN',
    ])

    await guest.change('cartAddressSet', { cartId, shipping: { countryCode: 'DE' } })
    bill = await guest.bill(cartId)
    expect(bill.shippingOptions).toEqual([
      { id: 'de/post', price: { minorUnits: 500 }, earliestDays: 2, latestDays: 4 },
      { id: 'de/courier', price: { minorUnits: 1_200 }, earliestDays: 1, latestDays: 1 },
    ])
    expect(bill.problems.map(({ __typename }) => __typename)).toEqual(['AddressIncomplete', 'ShippingNotSelected'])

    await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' })
    expect(await guest.bill(cartId)).toMatchObject({
      delivery: { option: { id: 'de/post' }, discount: null },
      problems: [{ kind: 'SHIPPING', missing: ['name', 'line1', 'city', 'postalCode'] }],
    })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    bill = await guest.bill(cartId)
    expect(bill.problems).toEqual([])
    // 19 % within 11.00 is 1.76; 10 % on top of the delivery is 0.50
    expect(amounts(bill)).toEqual({
      subtotal: 1_100,
      discount: 0,
      shipping: 500,
      tax: 50,
      taxIncluded: 176,
      total: 1_650,
      estimated: false,
    })
  })

  it('tell when the chosen way is gone or costs something else', async () => {
    const cartId = await guest.cartWith({ cup: 2 })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    await guest.change('cartShippingSelect', { cartId, optionId: 'de/post' })
    await shop.deliverTo('DE', '6.00')
    const bill = await guest.bill(cartId)
    expect(bill.problems).toEqual([
      {
        __typename: 'ShippingPriceChanged',
        optionId: 'de/post',
        before: { minorUnits: 500 },
        now: { minorUnits: 600 },
      },
    ])
    expect(amounts(bill)).toMatchObject({ shipping: 600 })
    await guest.change('cartAddressSet', { cartId, shipping: { ...BERLIN, countryCode: 'FR' } })
    expect(await guest.bill(cartId)).toMatchObject({
      delivery: null,
      totals: { estimated: true },
      problems: [{ __typename: 'ShippingOptionGone', optionId: 'de/post' }],
    })
    await shop.deliverTo('DE')
  })

  it('are paid for by a promotion, which says so', async () => {
    await shop.promote({ freeShipping: true }, { code: 'FREE', title: 'Free delivery' })
    const cartId = await guest.cartWith({ cup: 2 })
    await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
    await guest.change('cartShippingSelect', { cartId, optionId: 'de/courier' })
    await guest.change('cartDiscountApply', { cartId, code: 'FREE' })
    const bill = await guest.bill(cartId)
    expect(bill.delivery).toEqual({ option: { id: 'de/courier' }, discount: { amount: { minorUnits: 1_200 } } })
    expect(amounts(bill)).toMatchObject({ shipping: 0, discount: 0, tax: 0, total: 1_100 })
  })

  it('ask of what is not sent for the country of the bill only', async () => {
    const cartId = await guest.cartWith({ song: 1 })
    expect((await guest.bill(cartId)).problems).toEqual([
      { __typename: 'AddressIncomplete', kind: 'BILLING', missing: ['countryCode'] },
    ])
    await guest.change('cartAddressSet', { cartId, billing: { countryCode: 'DE' } })
    const bill = await guest.bill(cartId)
    expect(bill).toMatchObject({ problems: [], shippingOptions: [] })
    expect(amounts(bill)).toMatchObject({ taxIncluded: 16, total: 99, estimated: false })
  })

  it('are for staff to set, who are told what cannot be', async () => {
    const nobody = merchant(ask, null)
    for (const set of [() => nobody.deliverTo('DE'), () => nobody.tax('DE', []), () => nobody.terms({ sku: 'cup' })]) {
      await expect(set()).rejects.toThrow('checkout:write')
    }
    expect(
      codes(await shop.tried('taxRatesSet', { countryCode: 'XX', rates: [{ percent: '101', included: true }] })),
    ).toEqual(['INVALID', 'INVALID'])
    expect(
      codes(await shop.tried('shippingZoneSet', { code: 'X', title: 'X', places: [{ countryCode: 'XX' }], rates: [] })),
    ).toEqual(['INVALID', 'INVALID'])
    expect(codes(await shop.tried('skuTermsSet', { terms: [{ sku: 'cup', minQuantity: 9, maxQuantity: 3 }] }))).toEqual(
      ['INVALID'],
    )
    expect(codes(await shop.tried('shippingZoneRemove', { code: 'nowhere' }))).toEqual(['NOT_FOUND'])
    const query =
      '{ shippingZones { code places { countryCode regions } rates { code price { amount } goodsFrom { amount } } } taxRates(countryCode: "DE") { taxClass percent included } }'
    expect(await ask(query, {}, { id: 'sue', scopes: ['checkout:read'] })).toMatchObject({
      shippingZones: [
        { code: 'de', places: [{ countryCode: 'DE', regions: [] }], rates: [{ code: 'courier', goodsFrom: null }, {}] },
      ],
      taxRates: [
        { taxClass: 'shipping', percent: '10', included: false },
        { taxClass: 'standard', percent: '19' },
      ],
    })
  })
})
