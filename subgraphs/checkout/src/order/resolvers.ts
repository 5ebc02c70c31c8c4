import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import type { CheckoutContext } from '../context.ts'
import { lineTotal } from '../totals/totals.ts'
import type { Order, OrderLine } from './order.ts'

/** Placed orders in GraphQL. */
export const orderResolvers: Resolvers = {
  Query: {
    order(_: unknown, { id }: { id: string }, { orders, viewer }: CheckoutContext) {
      const uuid = uuidFrom(id, 'Order')
      return uuid === null ? null : orders.find(uuid, viewer)
    },
  },
  Order: {
    id: ({ id }: Order) => encodeId('Order', id),
    number: ({ number }: Order) => String(number),
    lines: ({ lines, totals: { currencyCode } }: Order) => lines.map((line) => ({ ...line, currencyCode })),
    totals: ({ totals }: Order) => ({ ...totals, estimated: false }),
    payment: ({ paymentState }: Order) => ({ state: paymentState }),
  },
  OrderLine: {
    variant: ({ sku }: OrderLine) => ({ sku }),
    unitPrice: ({ unitMinorUnits, currencyCode }: ShownLine) => ({ minorUnits: unitMinorUnits, currencyCode }),
    lineTotal: (line: ShownLine) => ({ minorUnits: lineTotal(line), currencyCode: line.currencyCode }),
  },
}

type ShownLine = OrderLine & { currencyCode: string }
