import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import { fromAmount, type Money } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope, requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { CheckoutContext } from '../context.ts'
import { CHANGE_ANY_ORDER, type Order, READ_ANY_ORDER } from '../order/order.ts'
import type { Asked, AskedByKey, NewParcel, OrderAnswer } from './service.ts'
import type { Task } from './task.ts'

interface OrderInput {
  orderId: string
  expectedVersion?: number | null
}
type KeyInput = OrderInput & { idempotencyKey: string }
type Input<I> = { input: I }
type Lines = readonly { sku: string; quantity: number }[]

const PENDING = 'It is recorded and on its way, but not done yet: follow the order, or ask again with the same key.'

/** Changes of placed orders in GraphQL. */
export const taskResolvers: Resolvers = {
  Mutation: {
    async orderFulfill(_: unknown, { input }: Input<KeyInput & { parcels: ParcelInput[] }>, context: CheckoutContext) {
      return payload(await context.tasks.fulfill(askedByStaff(input, context), input.parcels.map(parcelFrom)))
    },
    async orderReturn(_: unknown, { input }: Input<KeyInput & ReturnInput>, context: CheckoutContext) {
      const { lines, restock, reason } = input
      return payload(await context.tasks.takeBack(askedByStaff(input, context), lines, restock, reason ?? null))
    },
    async orderRefund(_: unknown, { input }: Input<KeyInput & RefundInput>, context: CheckoutContext) {
      const amount = input.amount ? moneyFrom(input.amount) : null
      return payload(await context.tasks.refund(askedByStaff(input, context), amount, input.reason ?? null))
    },
    async orderCancel(_: unknown, { input }: Input<KeyInput & { reason?: string | null }>, context: CheckoutContext) {
      return payload(await context.tasks.cancel(byKey(input, context), input.reason ?? null))
    },
    async orderHold(_: unknown, { input }: Input<OrderInput & { reason: string }>, context: CheckoutContext) {
      requireScope(context.viewer, CHANGE_ANY_ORDER)
      return payload(await context.tasks.hold(asked(input, context), input.reason))
    },
    async orderRelease(_: unknown, { input }: Input<OrderInput>, context: CheckoutContext) {
      requireScope(context.viewer, CHANGE_ANY_ORDER)
      return payload(await context.tasks.release(asked(input, context)))
    },
  },
  OrderPayment: {
    captured: ({ captured, totals }: Order) => money(captured, totals),
    refunded: ({ refunded, totals }: Order) => money(refunded, totals),
    refunds: async ({ id, totals }: Order, _: unknown, { refundsOf }: CheckoutContext) =>
      (await refundsOf(id)).map((refund) => ({ ...refund, currencyCode: totals.currencyCode })),
  },
  OrderRefund: {
    id: ({ id }: Task) => encodeId('OrderRefund', id),
    amount: ({ minorUnits, currencyCode }: ShownRefund) => money(minorUnits ?? 0n, { currencyCode }),
    // A cancellation goes on after its refund.
    state: ({ state }: Task) => (state.at === 'failed' ? 'FAILED' : state.at === 'refunding' ? 'PENDING' : 'REFUNDED'),
    reason: ({ reason }: Task, _: unknown, { viewer }: CheckoutContext) =>
      hasScope(viewer, READ_ANY_ORDER) ? reason : null,
    requestedAt: ({ createdAt }: Task) => createdAt,
  },
}

type ShownRefund = Task & { currencyCode: string }

interface ParcelInput {
  carrier: string
  trackingNumber?: string | null
  trackingUrl?: string | null
  lines: Lines
}
interface ReturnInput {
  lines: Lines
  restock: boolean
  reason?: string | null
}
interface RefundInput {
  amount?: { amount: string; currencyCode: string } | null
  reason?: string | null
}

function asked({ orderId, expectedVersion }: OrderInput, { viewer }: CheckoutContext): Asked {
  return { orderId: uuidFrom(orderId, 'Order'), viewer, expectedVersion: expectedVersion ?? null }
}

function byKey(input: KeyInput, context: CheckoutContext): AskedByKey {
  return { ...asked(input, context), idempotencyKey: input.idempotencyKey }
}

function askedByStaff(input: KeyInput, context: CheckoutContext): AskedByKey {
  requireScope(context.viewer, CHANGE_ANY_ORDER)
  return byKey(input, context)
}

function parcelFrom({ carrier, trackingNumber, trackingUrl, lines }: ParcelInput): NewParcel {
  const plain = lines.map(({ sku, quantity }) => ({ sku, quantity }))
  return { carrier, trackingNumber: trackingNumber ?? null, trackingUrl: trackingUrl ?? null, lines: plain }
}

function payload({ order, faults, pending }: OrderAnswer) {
  return { order, userErrors: faults, warnings: pending ? [PENDING] : [] }
}

function money(minorUnits: bigint, { currencyCode }: { currencyCode: string }): Money {
  return { minorUnits, currencyCode }
}

function moneyFrom({ amount, currencyCode }: { amount: string; currencyCode: string }): Money {
  const minorUnits = fromAmount(amount, currencyCode)
  if (minorUnits !== null) return { minorUnits, currencyCode }
  throw new GraphQLError(`\`amount\`: ${amount} is no amount of ${currencyCode}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
