import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { playInventory } from '../../test/inventory.ts'
import { BERLIN, merchant, usd } from '../../test/merchant.ts'
import { type Behaviour, type Provider, startProvider } from '../../test/provider.ts'
import { shopper } from '../../test/shopper.ts'

/*
 * Delivery and tax by services of others, over HTTP: what they are asked, and what becomes of a cart when they hang, fail or answer nonsense.
 */

let world: World
let shipping: Provider
let tax: Provider
let elsewhere: Provider
let ask: Ask
let guest: ReturnType<typeof shopper>
let shop: ReturnType<typeof merchant>

const POST = { id: 'post', title: 'Post', minorUnits: 500, earliestDays: 2, latestDays: 4 }
const ways = () => ({ options: [{ ...POST, id: 'van', minorUnits: 900 }, POST] })
const taxes = (request: unknown) => ({
  lines: (request as { lines: { sku: string }[] }).lines.map(({ sku }) => ({ sku, minorUnits: 88, included: false })),
  shipping: { minorUnits: 12, included: true },
})
const REST_MS = 50

beforeAll(async () => {
  world = await createWorld()
  ;[shipping, tax, elsewhere] = await Promise.all([startProvider(ways), startProvider(taxes), startProvider(ways)])
  ask = await startCheckout(world, {
    SHIPPING_PROVIDER: 'http',
    SHIPPING_URL: shipping.url,
    SHIPPING_TOKEN: 'a-token',
    TAX_PROVIDER: 'http',
    TAX_URL: tax.url,
    PROVIDER_TIMEOUT_MS: '400',
    PROVIDER_CALLS: '3',
    PROVIDER_REST_MS: String(REST_MS),
  })
  guest = shopper(ask)
  shop = merchant(ask)
  await world.sell('cup', 550)
  await playInventory(world)
  await shop.terms({ sku: 'cup', weightGrams: 300, taxClass: 'ware' })
})

beforeEach(async () => {
  shipping.behave(ways)
  tax.behave(taxes)
  const cartId = await guest.cartWith({ cup: 1 })
  await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
  await eventually(
    'both are asked again',
    async () => !(await guest.bill(cartId)).problems.some(({ __typename }) => __typename === 'ProviderUnavailable'),
  )
})

async function readyCart(): Promise<string> {
  const cartId = await guest.cartWith({ cup: 2 })
  await guest.change('cartAddressSet', { cartId, shipping: BERLIN })
  const { userErrors } = await guest.change('cartShippingSelect', { cartId, optionId: 'post' })
  expect(userErrors).toEqual([])
  return cartId
}

const down = (provider: string) => ({ __typename: 'ProviderUnavailable', provider })

describe('providers over HTTP', () => {
  it('are asked what docs/providers.md says, and their answers are the bill', async () => {
    await shop.promote({ amount: { off: usd('1.00') } }, { code: 'ONE' })
    const cartId = await readyCart()
    await guest.change('cartDiscountApply', { cartId, code: 'ONE' })
    expect(await guest.bill(cartId)).toMatchObject({
      shippingOptions: [{ id: 'post' }, { id: 'van' }],
      totals: {
        shipping: { minorUnits: 500 },
        tax: { minorUnits: 88 },
        taxIncluded: { minorUnits: 12 },
        total: { minorUnits: 1_588 },
        estimated: false,
      },
      problems: [],
    })
    const destination = { countryCode: 'DE', region: null, postalCode: '10115', city: 'Berlin' }
    expect(shipping.requests.at(-1)).toEqual({
      body: {
        currencyCode: 'USD',
        destination,
        lines: [{ sku: 'cup', quantity: 2, weightGrams: 300 }],
        goodsMinorUnits: 1_000,
      },
      authorization: 'Bearer a-token',
    })
    expect(tax.requests.at(-1)).toEqual({
      body: {
        currencyCode: 'USD',
        destination,
        lines: [{ sku: 'cup', quantity: 2, taxClass: 'ware', minorUnits: 1_000 }],
        shippingMinorUnits: 500,
      },
      authorization: undefined,
    })
  })

  it.each<[string, () => Provider, Behaviour, string]>([
    ['tax hangs', () => tax, null, 'TAX'],
    ['tax fails', () => tax, { status: 500, body: 'no' }, 'TAX'],
    ['tax answers nonsense', () => tax, { status: 200, body: '<html>' }, 'TAX'],
    ['tax forgets a line', () => tax, () => ({ lines: [], shipping: { minorUnits: 0, included: true } }), 'TAX'],
    [
      'tax is negative',
      () => tax,
      () => ({ lines: [{ sku: 'cup', minorUnits: -1, included: true }], shipping: { minorUnits: 0, included: true } }),
      'TAX',
    ],
    ['tax says too much', () => tax, (request) => ({ ...taxes(request), more: 'x'.repeat(300_000) }), 'TAX'],
    ['shipping hangs', () => shipping, null, 'SHIPPING'],
    ['shipping sends elsewhere', () => shipping, { status: 307, body: '', location: () => elsewhere.url }, 'SHIPPING'],
    ['shipping names an option twice', () => shipping, () => ({ options: [POST, POST] }), 'SHIPPING'],
    [
      'shipping is late before it is early',
      () => shipping,
      () => ({ options: [{ ...POST, latestDays: 1 }] }),
      'SHIPPING',
    ],
  ])('of which %s leave the cart an estimate that names them', async (_, provider, behaviour, name) => {
    const cartId = await readyCart()
    provider().behave(behaviour)
    const bill = await guest.bill(cartId)
    expect(bill.problems).toEqual([down(name)])
    const total = name === 'TAX' ? 1_600 : 1_688 // the delivery at the price it was chosen at
    expect(bill.totals).toMatchObject({ total: { minorUnits: total }, estimated: true })
    expect(elsewhere.requests).toEqual([]) // nor is the token sent there
  })

  it('that hang are not asked any more after a few calls, and are found again when they are back', async () => {
    const cartId = await readyCart()
    shipping.behave(null)
    tax.behave(null)
    await eventually('neither is asked', async () => {
      const before = [shipping.requests.length, tax.requests.length]
      const bill = await guest.bill(cartId)
      expect(bill.problems).toEqual([down('SHIPPING'), down('TAX')])
      return String([shipping.requests.length, tax.requests.length]) === String(before)
    })
    const { cart } = await guest.add(cartId, { cup: 1 })
    expect(cart).toMatchObject({ version: 4, totals: { total: { amount: '21.50' } } })
    expect(await guest.change('cartShippingSelect', { cartId, optionId: 'van' })).toMatchObject({
      userErrors: [{ code: 'SHIPPING_UNAVAILABLE' }],
    })
    shipping.behave(ways)
    tax.behave(taxes)
    await eventually('both are asked again', async () => (await guest.bill(cartId)).problems.length === 0)
  })

  it('are not asked for what does not need them: lines, changes, everything but the money', async () => {
    const cartId = await readyCart()
    const asked = () => [shipping.requests.length, tax.requests.length]
    const before = asked()
    const lines =
      '{ cart { version lines { sku quantity unitPrice { amount } lineTotal { amount } } } userErrors { code } }'
    const query = `mutation ($input: CartBuyerSetInput!) { cartBuyerSet(input: $input) ${lines} }`
    expect(await ask(query, { input: { cartId, email: 'ann@example.com' } })).toMatchObject({
      cartBuyerSet: { cart: { version: 4 }, userErrors: [] },
    })
    expect(asked()).toEqual(before)
  })

  it('that hang leave a crowd of carts its answers all the same', async () => {
    const cartId = await readyCart()
    tax.behave(null)
    const bills = await Promise.all(Array.from({ length: 30 }, () => guest.bill(cartId)))
    expect(bills.every(({ problems }) => problems.length > 0)).toBe(true)
  })

  it('are asked when the order is placed, which waits for nobody who hangs', async () => {
    const cartId = await readyCart()
    tax.behave(null)
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'CheckoutUnavailable' })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    tax.behave(taxes)
    const placed = await eventually('placed', async () => {
      const answer = await guest.place(cartId)
      return answer.__typename === 'OrderPlaced' && answer
    })
    expect(placed.order?.totals.total.amount).toBe('16.88')
  })
})

it('a provider without an address is refused at the start, in one sentence', async () => {
  await expect(startCheckout(world, { TAX_PROVIDER: 'http' })).rejects.toThrow('needs a value with TAX_PROVIDER=http')
})
