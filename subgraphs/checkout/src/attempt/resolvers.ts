import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import type { Money } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope } from '@commerce/service/viewer.ts'
import type { CheckoutContext } from '../context.ts'
import { type MoneyInput, moneyFrom } from '../money-input.ts'
import type { PriceChange } from './attempt.ts'
import type { PlaceAnswer } from './service.ts'

interface PlaceOrderArguments {
  input: {
    cartId: string
    idempotencyKey: string
    paymentToken: string
    expectedTotal?: MoneyInput | null
  }
}

type Answer<I extends PlaceAnswer['is']> = PlaceAnswer & { is: I }

const TYPES: Record<PlaceAnswer['is'], string> = {
  placed: 'OrderPlaced',
  pending: 'OrderPending',
  actionRequired: 'PaymentActionRequired',
  outOfStock: 'OutOfStock',
  pricesChanged: 'OrderPriceChanged',
  declined: 'PaymentDeclined',
  unavailable: 'CheckoutUnavailable',
  refused: 'PlaceOrderRefused',
}

/** Shoppers see exact stock up to here, as in the inventory's `Availability`. */
const SHOWN_STOCK = 5

const ASK_AGAIN_SECONDS = { pending: 2, unavailable: 5 }

/** Placing orders in GraphQL. */
export const attemptResolvers: Resolvers = {
  Mutation: {
    placeOrder(_: unknown, { input }: PlaceOrderArguments, { placing, viewer }: CheckoutContext) {
      return placing.place({
        cartId: uuidFrom(input.cartId, 'Cart'),
        viewerId: viewer?.id ?? null,
        idempotencyKey: input.idempotencyKey,
        request: {
          paymentToken: input.paymentToken,
          expectedTotal: input.expectedTotal ? moneyFrom('expectedTotal', input.expectedTotal) : null,
        },
      })
    },
  },
  PlaceOrderResult: { __resolveType: ({ is }: PlaceAnswer) => TYPES[is] },
  OrderPlaced: {
    order: ({ orderId }: Answer<'placed'>, _: unknown, { orders, viewer }: CheckoutContext) =>
      orders.find(orderId, viewer),
  },
  OrderPending: {
    attemptId: ({ attemptId }: Answer<'pending'>) => encodeId('Attempt', attemptId),
    retryAfterSeconds: () => ASK_AGAIN_SECONDS.pending,
  },
  PaymentActionRequired: {
    attemptId: ({ attemptId }: Answer<'actionRequired'>) => encodeId('Attempt', attemptId),
  },
  Shortage: {
    variant: ({ sku }: Shortage) => ({ sku }),
    available: ({ available }: Shortage, _: unknown, { viewer }: CheckoutContext) =>
      available <= SHOWN_STOCK || hasScope(viewer, 'inventory:read') ? available : null,
  },
  OrderPriceChanged: {
    cart: ({ cartId }: Answer<'pricesChanged'>, _: unknown, { carts, viewer }: CheckoutContext) =>
      carts.find(cartId, viewer?.id ?? null),
    changes: ({ changes, currencyCode }: Answer<'pricesChanged'>) =>
      changes.map((change) => ({ ...change, currencyCode })),
  },
  PriceChange: {
    lineId: ({ lineId }: PriceChange) => encodeId('CartLine', lineId),
    before: ({ before, currencyCode }: ShownChange): Money => ({ minorUnits: before, currencyCode }),
    now: ({ now, currencyCode }: ShownChange): Money => ({ minorUnits: now, currencyCode }),
  },
  CheckoutUnavailable: { retryAfterSeconds: () => ASK_AGAIN_SECONDS.unavailable },
}

type Shortage = Answer<'outOfStock'>['shortages'][number]
type ShownChange = PriceChange & { currencyCode: string }
