// Above the usual length because a cart has many mutations and fields, each of them a line or a few.
import { encodeId, requireUuid, uuidFrom } from '@commerce/service/ids.ts'
import type { Money } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { GraphQLError } from 'graphql'
import type { CheckoutContext } from '../context.ts'
import type { Discount } from '../discount/apply.ts'
import { notFound } from '../not-found.ts'
import { mostOf } from '../offer/terms.ts'
import type { ShippingOption } from '../shipping/shipping.ts'
import type { Delivery } from '../totals/bill.ts'
import type { BillProblem } from '../totals/billable.ts'
import type { Bill } from '../totals/service.ts'
import { MAX_MINOR_UNITS, type Totals } from '../totals/totals.ts'
import { statusOf } from './cart.ts'
import type { AddressesInput } from './details.ts'
import type { CartProblem, PricedCart, PricedLine } from './priced-cart.ts'
import { cartProblemResolvers } from './problem-resolvers.ts'
import type { CartAnswer, CartChange } from './service.ts'

interface Input<I> {
  input: { cartId: string; expectedVersion?: number | null } & I
}
type LinesInput = Input<{ lines: { sku: string; quantity: number }[] }>

interface MergeInput {
  input: {
    sourceCartId: string
    targetCartId?: string | null
    mode: keyof typeof MODES
    expectedVersion?: number | null
    expectedSourceVersion?: number | null
  }
}

type ShownLine = PricedLine & { cart: PricedCart }
type ShownDiscount = Discount & { currencyCode: string }

const MODES = { ADD: 'add', KEEP_TARGET: 'keepTarget', REPLACE: 'replace' } as const

/** Carts in GraphQL. */
export const cartResolvers: Resolvers = {
  Query: {
    cart(_: unknown, { id }: { id: string }, { carts, viewer }: CheckoutContext) {
      const uuid = uuidFrom(id, 'Cart')
      return uuid === null ? null : carts.find(uuid, viewer?.id ?? null)
    },
    async cartStates(_: unknown, { id }: { id: string }, { carts, viewer }: CheckoutContext) {
      const cart = await carts.find(requireUuid(id, 'Cart', 'id'), viewer?.id ?? null)
      if (!cart) throw notFound('cart')
      return [{ id, version: cart.version, cart }]
    },
    currentCart(_: unknown, __: unknown, { carts, viewer }: CheckoutContext) {
      if (viewer) return carts.current(viewer.id)
      const message = '`currentCart` is that of the signed-in viewer, and nobody is signed in.'
      throw new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } })
    },
  },
  Mutation: {
    async cartCreate(_: unknown, { input }: LinesInput, { carts, viewer }: CheckoutContext) {
      return payload(await carts.create(viewer?.id ?? null, input.lines))
    },
    async cartLinesAdd(_: unknown, { input }: LinesInput, context: CheckoutContext) {
      return payload(await context.carts.add(changeOf(input, context), input.lines))
    },
    async cartLinesUpdate(
      _: unknown,
      { input }: Input<{ lines: { id: string; quantity: number }[] }>,
      context: CheckoutContext,
    ) {
      const lines = input.lines.map(({ id, quantity }) => ({ id: uuidFrom(id, 'CartLine'), quantity }))
      return payload(await context.carts.update(changeOf(input, context), lines))
    },
    async cartLinesRemove(_: unknown, { input }: Input<{ lineIds: string[] }>, context: CheckoutContext) {
      const lineIds = input.lineIds.map((id) => uuidFrom(id, 'CartLine'))
      return payload(await context.carts.remove(changeOf(input, context), lineIds))
    },
    async cartBuyerSet(_: unknown, { input }: Input<{ email?: string | null }>, context: CheckoutContext) {
      return payload(await context.carts.setBuyer(changeOf(input, context), input.email ?? null))
    },
    async cartAddressSet(_: unknown, { input }: Input<AddressesInput>, context: CheckoutContext) {
      const { shipping, billing } = input
      return payload(await context.carts.setAddresses(changeOf(input, context), { shipping, billing }))
    },
    async cartShippingSelect(_: unknown, { input }: Input<{ optionId: string }>, context: CheckoutContext) {
      return payload(await context.carts.selectShipping(changeOf(input, context), input.optionId))
    },
    async cartDiscountApply(_: unknown, { input }: Input<{ code: string }>, context: CheckoutContext) {
      return payload(await context.carts.applyCode(changeOf(input, context), input.code))
    },
    async cartDiscountRemove(_: unknown, { input }: Input<{ code: string }>, context: CheckoutContext) {
      return payload(await context.carts.removeCode(changeOf(input, context), input.code))
    },
    async cartMerge(_: unknown, { input }: MergeInput, { mergeCarts, viewer }: CheckoutContext) {
      if (!viewer) {
        const message = '`cartMerge` brings a cart to the signed-in viewer, and nobody is signed in.'
        throw new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } })
      }
      const answer = await mergeCarts({
        viewerId: viewer.id,
        sourceId: uuidFrom(input.sourceCartId, 'Cart'),
        targetId: input.targetCartId == null ? undefined : uuidFrom(input.targetCartId, 'Cart'),
        mode: MODES[input.mode],
        expectedVersion: input.expectedVersion ?? null,
        expectedSourceVersion: input.expectedSourceVersion ?? null,
      })
      return payload(answer)
    },
  },
  Cart: {
    id: ({ id }: PricedCart) => encodeId('Cart', id),
    status: ({ state }: PricedCart) => statusOf(state),
    lines: (cart: PricedCart) => cart.lines.map((line): ShownLine => ({ ...line, cart })),
    buyer: ({ buyerEmail }: PricedCart) => buyerEmail && { email: buyerEmail },
    shippingOptions: async (cart: PricedCart, _: unknown, { carts }: CheckoutContext) =>
      (await carts.bill(cart))?.options ?? [],
    delivery: async (cart: PricedCart, _: unknown, { carts }: CheckoutContext) =>
      (await carts.bill(cart))?.delivery ?? null,
    async totals(cart: PricedCart, _: unknown, { carts }: CheckoutContext) {
      const bill = await carts.bill(cart)
      return bill && !isTooLarge(bill) ? { ...bill.totals, estimated: bill.estimated } : null
    },
    async problems(cart: PricedCart, _: unknown, { carts }: CheckoutContext): Promise<(CartProblem | BillProblem)[]> {
      if (cart.state.is === 'completed') return [] // its order was placed: nothing stands between them
      const bill = await carts.bill(cart)
      const tooLarge = bill && isTooLarge(bill) ? [{ is: 'totalTooLarge' } as const] : []
      return [...cart.problems, ...tooLarge, ...(bill?.problems ?? [])]
    },
  },
  CartLine: {
    id: ({ id }: PricedLine) => encodeId('CartLine', id),
    variant: ({ sku }: PricedLine) => ({ sku }),
    unitPrice: (line: PricedLine) => (line.unitMinorUnits === null ? null : money(line.unitMinorUnits, line)),
    lineTotal: (line: PricedLine) => (line.totalMinorUnits === null ? null : money(line.totalMinorUnits, line)),
    quantityRule: ({ terms }: PricedLine) => ({ min: terms.minQuantity, max: mostOf(terms), step: terms.step }),
    async discounts({ sku, currencyCode, cart }: ShownLine, _: unknown, { carts }: CheckoutContext) {
      const billed = (await carts.bill(cart))?.lines.find((line) => line.sku === sku)
      return (billed?.discounts ?? []).map((discount) => ({ ...discount, currencyCode }))
    },
  },
  ...cartProblemResolvers,
  Delivery: {
    option: (delivery: Delivery) => delivery,
    discount: ({ discount, currencyCode }: Delivery) => discount && { ...discount, currencyCode },
  },
  ShippingOption: {
    price: (option: ShippingOption) => money(option.minorUnits, option),
  },
  Discount: {
    promotion: ({ promotionId, title }: ShownDiscount) => ({ id: encodeId('Promotion', promotionId), title }),
    amount: (discount: ShownDiscount) => money(discount.minorUnits, discount),
  },
  Totals: {
    subtotal: (totals: Totals) => money(totals.subtotal, totals),
    discount: (totals: Totals) => money(totals.discount, totals),
    shipping: (totals: Totals) => money(totals.shipping, totals),
    tax: (totals: Totals) => money(totals.tax, totals),
    taxIncluded: (totals: Totals) => money(totals.taxIncluded, totals),
    total: (totals: Totals) => money(totals.total, totals),
  },
}

function changeOf(
  { cartId, expectedVersion }: { cartId: string; expectedVersion?: number | null },
  { viewer }: CheckoutContext,
): CartChange {
  return {
    cartId: uuidFrom(cartId, 'Cart'),
    viewerId: viewer?.id ?? null,
    expectedVersion: expectedVersion ?? null,
  }
}

function payload({ cart, faults, warnings = [] }: CartAnswer) {
  return { cart, userErrors: faults, warnings }
}

function isTooLarge({ totals }: Bill): boolean {
  return totals.total > MAX_MINOR_UNITS
}

function money(minorUnits: bigint, { currencyCode }: { currencyCode: string }): Money {
  return { minorUnits, currencyCode }
}
