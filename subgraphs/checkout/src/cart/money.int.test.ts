import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { BERLIN, merchant, usd } from '../../test/merchant.ts'
import { type ShownBill, shopper } from '../../test/shopper.ts'
import { hear } from '../../test/told.ts'

/*
 * What a cart costs, and what stands between it and its order.
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
const amounts = ({ totals }: ShownBill) =>
  totals && {
    ...Object.fromEntries(
      Object.entries(totals).map(([name, value]) => [name, typeof value === 'object' ? value.minorUnits : value]),
    ),
  }
const problems = (bill: ShownBill) => bill.problems.map(({ __typename }) => __typename)

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
    for (const [name, input] of [
      ['cartBuyerSet', { email: null }],
      ['cartAddressSet', { shipping: BERLIN }],
      ['cartShippingSelect', { optionId: 'de/post' }],
      ['cartDiscountApply', { code: 'TEN' }],
      ['cartDiscountRemove', { code: 'TEN' }],
    ] as const) {
      expect(codes(await guest.change(name, { cartId, expectedVersion: 1, ...input }))).toEqual(['VERSION_CONFLICT'])
    }
  })
})

describe('discounts', () => {
  it('are shown line by line, and the codes that give nothing say why', async () => {
    await shop.promote({ percentage: { percent: '12.5' } }, { title: 'Spring', code: 'spring', skus: ['cup', 'pot'] })
    await shop.promote({ amount: { off: usd('3.00') } }, { title: 'Rich', code: 'RICH', minimum: usd('100.00') })
    const cartId = await guest.cartWith({ cup: 1, pot: 1, song: 1 })
    await guest.change('cartDiscountApply', { cartId, code: ' Spring ' })
    await guest.change('cartDiscountApply', { cartId, code: 'RICH' })
    const bill = await guest.bill(cartId)
    expect(bill).toMatchObject({
      version: 3,
      discountCodes: ['SPRING', 'RICH'],
      lines: [
        { discounts: [{ promotion: { title: 'Spring' }, amount: { minorUnits: 69 } }] },
        { discounts: [{ amount: { minorUnits: 250 } }] },
        { discounts: [] },
      ],
      problems: [{ __typename: 'DiscountNotApplicable', code: 'RICH', reason: 'MINIMUM_NOT_REACHED' }],
    })
    expect(amounts(bill)).toMatchObject({ subtotal: 2_649, discount: 319, total: 2_330, estimated: false })
    await guest.change('cartDiscountRemove', { cartId, code: 'rich' })
    expect(await guest.bill(cartId)).toMatchObject({ version: 4, discountCodes: ['SPRING'], problems: [] })
  })

  it('are refused when there is no such code, not yet, not any more, or too many of them', async () => {
    const percentage = { percentage: { percent: '1' } }
    const cartId = await guest.cartWith({ cup: 1 })
    const apply = (code: string) => guest.change('cartDiscountApply', { cartId, code })
    await shop.promote(percentage, { code: 'LATER', startsAt: '2999-01-01T00:00:00Z' })
    await shop.end(await shop.promote(percentage, { code: 'GONE' }))
    for (const code of ['NOWHERE', 'LATER', 'GONE', '', 'nul \0']) {
      expect(codes(await apply(code))).toEqual(['DISCOUNT_CODE_UNKNOWN'])
    }
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await shop.promote(percentage, { code: `FEW-${n}` })
      expect(codes(await apply(`FEW-${n}`))).toEqual(n <= 5 ? [] : ['TOO_MANY_DISCOUNT_CODES'])
    }
    expect(codes(await apply('few-3'))).toEqual([])
    expect(codes(await guest.change('cartDiscountRemove', { cartId, code: 'FEW-6' }))).toEqual([
      'DISCOUNT_CODE_UNKNOWN',
    ])
  })

  it('without a code come and go by themselves', async () => {
    const cartId = await guest.cartWith({ song: 10 })
    const id = await shop.promote({ buyXGetY: { buy: 4, get: 1 } }, { title: '4 + 1', skus: ['song'] })
    expect(amounts(await guest.bill(cartId))).toMatchObject({ discount: 198, total: 792 })
    await shop.end(id)
    expect(amounts(await guest.bill(cartId))).toMatchObject({ discount: 0, total: 990 })
  })

  it('are for staff to set, who are told what cannot be', async () => {
    const nobody = merchant(ask, null)
    await expect(nobody.promote({ freeShipping: true })).rejects.toThrow('checkout:write')
    await expect(nobody.uses('SPRING')).rejects.toThrow('checkout:read')
    const wrong = { title: ' ', code: 'x', rule: {}, endsAt: '1999-01-01T00:00:00Z', usageLimit: 0, skus: [''] }
    expect((await shop.tried('promotionSet', wrong)).userErrors.map(({ field }) => field?.[0])).toEqual([
      'title',
      'code',
      'skus',
      'endsAt',
      'usageLimit',
      'rule',
    ])
    expect(
      codes(await shop.tried('promotionSet', { title: 'Again', code: 'Spring', rule: { freeShipping: true } })),
    ).toEqual(['CODE_TAKEN'])
    const { promotion } = await shop.set('promotionSet', {
      title: 'One',
      code: 'ONE',
      rule: { percentage: { percent: '1' } },
    })
    const one = { title: 'Same', code: 'SAME', rule: { freeShipping: true } }
    const same = await Promise.all([1, 2, 3, 4].map(() => shop.tried('promotionSet', one)))
    expect(same.flatMap(codes)).toEqual(['CODE_TAKEN', 'CODE_TAKEN', 'CODE_TAKEN'])
    const again = { id: promotion?.id, title: 'Two', code: 'ONE', rule: { percentage: { percent: '2' } } }
    expect((await shop.tried('promotionSet', { ...again, expectedVersion: 1 })).promotion).toMatchObject({ version: 2 })
    expect(codes(await shop.tried('promotionSet', { ...again, expectedVersion: 1 }))).toEqual(['VERSION_CONFLICT'])
    expect(codes(await shop.tried('promotionEnd', { id: 'nonsense' }))).toEqual(['NOT_FOUND'])
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
    expect(problems(bill)).toEqual(['AddressIncomplete', 'ShippingNotSelected'])

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
