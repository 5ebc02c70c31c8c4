import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { encodeId, requireUuid, uuidFrom } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope, requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { PricedCart } from '../cart/priced-cart.ts'
import type { CheckoutContext } from '../context.ts'
import { notFound } from '../not-found.ts'
import { lineTotal } from '../totals/totals.ts'
import {
  fulfilmentOf,
  type Order,
  type OrderLine,
  type OrderStatus,
  type Parcel,
  READ_ANY_ORDER,
  type TimelineEntry,
} from './order.ts'
import type { OrderPage, OrderPosition } from './repository.ts'

/** Placed orders in GraphQL. */
export const orderResolvers: Resolvers = {
  Query: {
    order(_: unknown, { id }: { id: string }, { orders, viewer }: CheckoutContext) {
      const uuid = uuidFrom(id, 'Order')
      return uuid === null ? null : orders.find(uuid, viewer)
    },
    async orderStates(_: unknown, { id }: { id: string }, { orders, viewer }: CheckoutContext) {
      const order = await orders.find(requireUuid(id, 'Order', 'id'), viewer)
      if (!order) throw notFound('order')
      return [{ id, version: order.version, order }]
    },
    async orders(_: unknown, args: PageArguments, { orders, viewer }: CheckoutContext) {
      if (!viewer)
        throw refused('UNAUTHENTICATED', '`orders` are those of the signed-in viewer, and nobody is signed in.')
      return connection(args, (page) => orders.ofViewer(viewer.id, page))
    },
    allOrders(_: unknown, { statuses, ...args }: AllArguments, { orders, viewer }: CheckoutContext) {
      requireScope(viewer, READ_ANY_ORDER)
      return connection(args, (page) => orders.all(statuses ?? null, page))
    },
  },
  Cart: {
    order: ({ id, state }: PricedCart, _: unknown, { orders, viewer }: CheckoutContext) =>
      state.is === 'completed' ? orders.ofCart(id, viewer) : null,
  },
  Order: {
    id: ({ id }: Order) => encodeId('Order', id),
    number: ({ number }: Order) => String(number),
    lines: ({ lines, totals: { currencyCode } }: Order) => lines.map((line) => ({ ...line, currencyCode })),
    totals: ({ totals }: Order) => ({ ...totals, estimated: false }),
    payment: (order: Order) => order,
    fulfilment: (order: Order) => order,
    hold: ({ hold }: Order) => hold,
    buyer: ({ buyerEmail }: Order) => buyerEmail && { email: buyerEmail },
    timeline: ({ id }: Order, _: unknown, { orders }: CheckoutContext) => orders.timeline(id),
  },
  OrderPayment: { state: ({ paymentState }: Order) => paymentState },
  OrderFulfilment: {
    state: ({ lines }: Order) => fulfilmentOf(lines),
    parcels: ({ id }: Order, _: unknown, { orders }: CheckoutContext) => orders.parcels(id),
  },
  OrderParcel: { id: ({ id }: Parcel) => encodeId('OrderParcel', id) },
  OrderHold: {
    reason: ({ reason }: { reason: string }, _: unknown, { viewer }: CheckoutContext) =>
      hasScope(viewer, READ_ANY_ORDER) ? reason : null,
  },
  OrderTimelineEntry: {
    by: ({ by }: TimelineEntry) => by.is,
    actorId: ({ by }: TimelineEntry, _: unknown, { viewer }: CheckoutContext) =>
      hasScope(viewer, READ_ANY_ORDER) ? by.id : null,
    // What staff and the shop say about it is for staff.
    note: ({ note, kind, by }: TimelineEntry, _: unknown, { viewer }: CheckoutContext) =>
      hasScope(viewer, READ_ANY_ORDER) || kind === 'SENT' || by.is === 'CUSTOMER' ? note : null,
  },
  OrderLine: {
    fulfilledQuantity: ({ fulfilled }: OrderLine) => fulfilled,
    returnedQuantity: ({ returned }: OrderLine) => returned,
    variant: ({ sku }: OrderLine) => ({ sku }),
    unitPrice: ({ unitMinorUnits, currencyCode }: ShownLine) => ({ minorUnits: unitMinorUnits, currencyCode }),
    lineTotal: (line: ShownLine) => ({ minorUnits: lineTotal(line), currencyCode: line.currencyCode }),
    discounts: ({ discounts, currencyCode }: ShownLine) => discounts.map((each) => ({ ...each, currencyCode })),
    tax: ({ taxMinorUnits, currencyCode }: ShownLine) => ({ minorUnits: taxMinorUnits, currencyCode }),
    taxIncluded: ({ taxIncludedMinorUnits, currencyCode }: ShownLine) => ({
      minorUnits: taxIncludedMinorUnits,
      currencyCode,
    }),
  },
}

type ShownLine = OrderLine & { currencyCode: string }
type AllArguments = PageArguments & { statuses?: OrderStatus[] | null }

async function connection(args: PageArguments, read: (page: OrderPage) => Promise<Order[]>) {
  const page = pageFrom(args)
  const rows = await read({ ...page, position: page.position && positionFrom(page.position) })
  return toConnection(rows, page, ({ placedAt, number }) => [placedAt.toISOString(), String(number)])
}

function positionFrom([placedAt = '', number = '']: readonly string[]): OrderPosition {
  const date = new Date(placedAt)
  if (Number.isNaN(date.getTime()) || !/^\d{1,18}$/.test(number)) {
    throw refused('BAD_USER_INPUT', 'The cursor is not one of a list of orders.')
  }
  return { placedAt: date, number: BigInt(number) }
}

function refused(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}
