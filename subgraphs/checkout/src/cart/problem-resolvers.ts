import { encodeId } from '@commerce/service/ids.ts'
import { type Money, toAmount } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope } from '@commerce/service/viewer.ts'
import type { CheckoutContext } from '../context.ts'
import { quantityRule } from '../offer/terms.ts'
import { type BillProblem, sentenceOf } from '../totals/billable.ts'
import type { CartProblem } from './priced-cart.ts'

type Shown = CartProblem | BillProblem
type Problem<I extends Shown['is']> = Shown & { is: I }

const TYPES: Record<Shown['is'], string> = {
  priceChanged: 'CartPriceChanged',
  notForSale: 'NotForSale',
  outOfStock: 'CartOutOfStock',
  insufficientStock: 'CartInsufficientStock',
  quantityNotAllowed: 'QuantityNotAllowed',
  totalTooLarge: 'TotalTooLarge',
  discountNotApplicable: 'DiscountNotApplicable',
  addressIncomplete: 'AddressIncomplete',
  shippingNotSelected: 'ShippingNotSelected',
  shippingOptionGone: 'ShippingOptionGone',
  shippingPriceChanged: 'ShippingPriceChanged',
  providerUnavailable: 'ProviderUnavailable',
}

/** Shoppers see exact stock up to here, as in the inventory's `Availability`. */
const SHOWN_STOCK = 5

const ofLine = {
  lineId: ({ line }: Problem<'notForSale'>) => encodeId('CartLine', line.id),
  sku: ({ line }: Problem<'notForSale'>) => line.sku,
}
const message = { message: sentenceOf }

/** What stands between a cart and its order, in GraphQL. */
export const cartProblemResolvers: Resolvers = {
  CartProblem: { __resolveType: ({ is }: Shown) => TYPES[is] },
  CartPriceChanged: {
    ...ofLine,
    message(problem: Problem<'priceChanged'>) {
      const [before, now] = [money(problem.before, problem), money(problem.now, problem)]
      return `${problem.line.title} now costs ${toAmount(now)} ${now.currencyCode}, not ${toAmount(before)}.`
    },
    before: (problem: Problem<'priceChanged'>) => money(problem.before, problem),
    now: (problem: Problem<'priceChanged'>) => money(problem.now, problem),
  },
  NotForSale: {
    ...ofLine,
    message: ({ line }: Problem<'notForSale'>) => `${line.title} cannot be bought at the moment.`,
  },
  TotalTooLarge: { message: () => 'The total of the cart is beyond what the shop can count: take something out.' },
  CartOutOfStock: { ...ofLine, message: ({ line }: Problem<'outOfStock'>) => `${line.title} is sold out.` },
  CartInsufficientStock: {
    ...ofLine,
    requested: ({ line }: Problem<'insufficientStock'>) => line.quantity,
    available: ({ available }: Problem<'insufficientStock'>, _: unknown, { viewer }: CheckoutContext) =>
      available <= SHOWN_STOCK || hasScope(viewer, 'inventory:read') ? available : null,
    message: ({ line }: Problem<'insufficientStock'>) => `There are not ${line.quantity} of ${line.title}.`,
  },
  QuantityNotAllowed: {
    ...ofLine,
    message: ({ line, terms }: Problem<'quantityNotAllowed'>) => `${line.title} is sold ${quantityRule(terms)}.`,
  },
  DiscountNotApplicable: { ...message, reason: ({ why }: Problem<'discountNotApplicable'>) => why },
  AddressIncomplete: message,
  ShippingNotSelected: message,
  ShippingOptionGone: { ...message, optionId: ({ choice }: Problem<'shippingOptionGone'>) => choice.id },
  ShippingPriceChanged: {
    ...message,
    optionId: ({ choice }: Problem<'shippingPriceChanged'>) => choice.id,
    before: ({ choice }: Problem<'shippingPriceChanged'>) => money(choice.minorUnits, choice),
    now: ({ choice, now }: Problem<'shippingPriceChanged'>) => money(now, choice),
  },
  ProviderUnavailable: message,
}

function money(minorUnits: bigint, { currencyCode }: { currencyCode: string }): Money {
  return { minorUnits, currencyCode }
}
