import { encodeId, requireUuid, uuidFrom } from '@commerce/service/ids.ts'
import { type Money, toAmount } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import type { CheckoutContext } from '../context.ts'
import { notFound } from '../not-found.ts'
import type { Totals } from '../totals/totals.ts'
import { statusOf } from './cart.ts'
import type { CartProblem, PricedCart, PricedLine } from './priced-cart.ts'
import type { CartAnswer, CartChange } from './service.ts'

interface LinesInput {
  input: { cartId: string; expectedVersion?: number | null; lines: { sku: string; quantity: number }[] }
}
interface UpdateInput {
  input: { cartId: string; expectedVersion?: number | null; lines: { id: string; quantity: number }[] }
}
interface RemoveInput {
  input: { cartId: string; expectedVersion?: number | null; lineIds: string[] }
}

type Problem<I extends CartProblem['is']> = CartProblem & { is: I }

const PROBLEM_TYPES: Record<CartProblem['is'], string> = {
  priceChanged: 'CartPriceChanged',
  notForSale: 'NotForSale',
  totalTooLarge: 'TotalTooLarge',
}

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
  },
  Mutation: {
    async cartCreate(_: unknown, { input }: LinesInput, { carts, viewer }: CheckoutContext) {
      return payload(await carts.create(viewer?.id ?? null, input.lines))
    },
    async cartLinesAdd(_: unknown, { input }: LinesInput, context: CheckoutContext) {
      return payload(await context.carts.add(changeOf(input, context), input.lines))
    },
    async cartLinesUpdate(_: unknown, { input }: UpdateInput, context: CheckoutContext) {
      const lines = input.lines.map(({ id, quantity }) => ({ id: uuidFrom(id, 'CartLine'), quantity }))
      return payload(await context.carts.update(changeOf(input, context), lines))
    },
    async cartLinesRemove(_: unknown, { input }: RemoveInput, context: CheckoutContext) {
      const lineIds = input.lineIds.map((id) => uuidFrom(id, 'CartLine'))
      return payload(await context.carts.remove(changeOf(input, context), lineIds))
    },
  },
  Cart: {
    id: ({ id }: PricedCart) => encodeId('Cart', id),
    status: ({ state }: PricedCart) => statusOf(state),
    totals: ({ totals }: PricedCart) => totals && { ...totals, estimated: true },
  },
  CartLine: {
    id: ({ id }: PricedLine) => encodeId('CartLine', id),
    variant: ({ sku }: PricedLine) => ({ sku }),
    unitPrice: (line: PricedLine) => (line.unitMinorUnits === null ? null : money(line.unitMinorUnits, line)),
    lineTotal: (line: PricedLine) => (line.totalMinorUnits === null ? null : money(line.totalMinorUnits, line)),
  },
  CartProblem: {
    __resolveType: ({ is }: CartProblem) => PROBLEM_TYPES[is],
  },
  CartPriceChanged: {
    lineId: ({ line }: Problem<'priceChanged'>) => encodeId('CartLine', line.id),
    sku: ({ line }: Problem<'priceChanged'>) => line.sku,
    message(problem: Problem<'priceChanged'>) {
      const [before, now] = [money(problem.before, problem), money(problem.now, problem)]
      return `${problem.line.title} now costs ${toAmount(now)} ${now.currencyCode}, not ${toAmount(before)}.`
    },
    before: (problem: Problem<'priceChanged'>) => money(problem.before, problem),
    now: (problem: Problem<'priceChanged'>) => money(problem.now, problem),
  },
  NotForSale: {
    lineId: ({ line }: Problem<'notForSale'>) => encodeId('CartLine', line.id),
    sku: ({ line }: Problem<'notForSale'>) => line.sku,
    message: ({ line }: Problem<'notForSale'>) => `${line.title} cannot be bought at the moment.`,
  },
  TotalTooLarge: { message: () => 'The total of the cart is beyond what the shop can count: take something out.' },
  Totals: {
    subtotal: (totals: Totals) => money(totals.subtotal, totals),
    discount: (totals: Totals) => money(totals.discount, totals),
    shipping: (totals: Totals) => money(totals.shipping, totals),
    tax: (totals: Totals) => money(totals.tax, totals),
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

function payload({ cart, faults }: CartAnswer) {
  return { cart, userErrors: faults, warnings: [] }
}

function money(minorUnits: bigint, { currencyCode }: { currencyCode: string }): Money {
  return { minorUnits, currencyCode }
}
