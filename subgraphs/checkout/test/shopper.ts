import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import type { Ask } from './checkout.ts'

export interface ShownCart {
  id: string
  status: string
  version: number
  lines: {
    id: string
    sku: string
    quantity: number
    unitPrice: { amount: string } | null
    lineTotal: { amount: string } | null
  }[]
  totals: { total: { amount: string } } | null
  problems: { __typename: string; sku: string }[]
  order: { id: string; status: string } | null
}

/** The totals of a cart as plain numbers. */
export function amounts({ totals }: ShownBill): Record<string, number | boolean> | null {
  if (totals === null) return null
  const plain = Object.entries(totals).map(([name, value]) => [
    name,
    typeof value === 'object' ? value.minorUnits : value,
  ])
  return Object.fromEntries(plain)
}

export interface Changed {
  cart: ShownCart | null
  userErrors: { code: string; field: string[] | null }[]
  warnings: string[]
}

/** A cart with its money, amounts in minor units. */
export interface ShownBill {
  version: number
  status: string
  buyer: { email: string } | null
  shippingAddress: { city: string | null; countryCode: string } | null
  shippingOptions: { id: string; price: { minorUnits: number }; earliestDays: number; latestDays: number }[]
  delivery: { option: { id: string }; discount: { amount: { minorUnits: number } } | null } | null
  discountCodes: string[]
  lines: {
    sku: string
    quantity: number
    discounts: { promotion: { title: string }; amount: { minorUnits: number } }[]
  }[]
  totals:
    | (Record<'subtotal' | 'discount' | 'shipping' | 'tax' | 'taxIncluded' | 'total', { minorUnits: number }> & {
        estimated: boolean
      })
    | null
  problems: Record<string, unknown>[]
}

export interface Placed {
  __typename: string
  order?: {
    id: string
    number: string
    status: string
    payment: { state: string }
    totals: { total: { amount: string } }
  }
  code?: string
  message?: string
  changes?: { sku: string; before: { amount: string }; now: { amount: string } }[]
  cart?: ShownCart
  shortages?: { sku: string; requested: number; available: number | null }[]
  attemptId?: string
  retryAfterSeconds?: number
  clientSecret?: string
  redirectUrl?: string | null
}

export interface OrderPage {
  edges: { cursor: string; node: { id: string } }[]
  nodes: { number: string }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

const CART = `id status version lines { id sku quantity unitPrice { amount } lineTotal { amount } } order { id status } totals { total { amount } }
  problems { __typename ... on CartPriceChanged { sku } ... on NotForSale { sku } }`

const AMOUNT = 'minorUnits'
const BILL = `version status buyer { email } shippingAddress { city countryCode } discountCodes
  shippingOptions { id price { ${AMOUNT} } earliestDays latestDays }
  delivery { option { id } discount { amount { ${AMOUNT} } } }
  lines { sku quantity discounts { promotion { title } amount { ${AMOUNT} } } }
  totals { subtotal { ${AMOUNT} } discount { ${AMOUNT} } shipping { ${AMOUNT} } tax { ${AMOUNT} } taxIncluded { ${AMOUNT} }
    total { ${AMOUNT} } estimated }
  problems { __typename ... on CartOutOfStock { sku } ... on CartInsufficientStock { sku requested available }
    ... on QuantityNotAllowed { sku message } ... on DiscountNotApplicable { code reason } ... on AddressIncomplete { kind missing }
    ... on ShippingOptionGone { optionId } ... on ProviderUnavailable { provider }
    ... on ShippingPriceChanged { optionId before { ${AMOUNT} } now { ${AMOUNT} } } }`

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  __typename
  ... on OrderPlaced { order { id number status payment { state } totals { total { amount } } } }
  ... on OrderPending { attemptId retryAfterSeconds }
  ... on PaymentActionRequired { attemptId clientSecret redirectUrl expiresAt }
  ... on OutOfStock { shortages { sku requested available } }
  ... on OrderPriceChanged { cart { ${CART} } changes { sku before { amount } now { amount } } }
  ... on PaymentDeclined { message }
  ... on CheckoutUnavailable { message retryAfterSeconds }
  ... on PlaceOrderRefused { code message }
} }`

/** What a shopper does on the shop's pages; signed in when there is a viewer. */
export function shopper(ask: Ask, viewer: Viewer | null = null) {
  async function change(name: string, input: object): Promise<Changed> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { cart { ${CART} } userErrors { code field } warnings } }`
    return (await ask<Record<string, Changed>>(query, { input }, viewer))[name] as Changed
  }
  const linesOf = (wanted: Record<string, number>) =>
    Object.entries(wanted).map(([sku, quantity]) => ({ sku, quantity }))

  return {
    change,
    /** The cart with its money. */
    async bill(id: string): Promise<ShownBill> {
      return (await ask<{ cart: ShownBill }>(`query ($id: ID!) { cart(id: $id) { ${BILL} } }`, { id }, viewer)).cart
    },
    create: (wanted: Record<string, number>) => change('cartCreate', { lines: linesOf(wanted) }),
    add: (cartId: string, wanted: Record<string, number>, more: object = {}) =>
      change('cartLinesAdd', { cartId, lines: linesOf(wanted), ...more }),
    update: (cartId: string, lines: { id: string; quantity: number }[], more: object = {}) =>
      change('cartLinesUpdate', { cartId, lines, ...more }),
    remove: (cartId: string, lineIds: string[], more: object = {}) =>
      change('cartLinesRemove', { cartId, lineIds, ...more }),

    /** The id of a new cart with these lines. */
    async cartWith(wanted: Record<string, number>): Promise<string> {
      const { cart, userErrors } = await change('cartCreate', { lines: linesOf(wanted) })
      if (!cart) throw new Error(`No cart: ${JSON.stringify(userErrors)}`)
      return cart.id
    },
    async cart(id: string): Promise<ShownCart | null> {
      return (await ask<{ cart: ShownCart | null }>(`query ($id: ID!) { cart(id: $id) { ${CART} } }`, { id }, viewer))
        .cart
    },
    async place(cartId: string, input: object = {}): Promise<Placed> {
      const whole = { cartId, idempotencyKey: randomUUID(), paymentToken: 'tok_ok', ...input }
      return (await ask<{ placeOrder: Placed }>(PLACE, { input: whole }, viewer)).placeOrder
    },
    /** The id of the order of a new cart; asks until there is one, as a page does while it is pending. */
    async ordered(wanted: Record<string, number>, input: object = {}): Promise<string> {
      const whole = { idempotencyKey: randomUUID(), ...input }
      const cartId = await this.cartWith(wanted)
      const { id } = await eventually('an order', async () => (await this.place(cartId, whole)).order)
      return id
    },
    async orders(page: { first?: number; after?: string | null; last?: number; before?: string | null }) {
      const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
        orders(first: $first, after: $after, last: $last, before: $before) {
          edges { cursor node { id } } nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
      return (await ask<{ orders: OrderPage }>(query, page, viewer)).orders
    },
    async order(id: string) {
      const query = `query ($id: ID!) { order(id: $id) {
        id number placedAt status version payment { state } totals { subtotal { minorUnits } total { amount currencyCode } estimated }
        lines { sku title quantity variant { sku } unitPrice { amount } lineTotal { minorUnits } } } }`
      return (await ask<{ order: Record<string, unknown> | null }>(query, { id }, viewer)).order
    },
  }
}
