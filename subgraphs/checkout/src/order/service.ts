import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { findParcels, findTimelines } from './history/repository.ts'
import { maySeeOrder, type Order, type OrderStatus, type Parcel, type TimelineEntry } from './order.ts'
import { findOrders, findOrdersById, findOrdersOfCarts, type OrderPage } from './repository.ts'

type Viewer = { id: string; scopes: readonly string[] } | null

export type OrderService = ReturnType<typeof createOrderService>

/** Placed orders, for those who may see them. */
export function createOrderService(database: Prisma.TransactionClient) {
  const byId = createBatch((ids) => findOrdersById(database, ids))
  const ofCart = createBatch((cartIds) => findOrdersOfCarts(database, cartIds))
  const timeline = createBatch((orderIds) => findTimelines(database, orderIds))
  const parcels = createBatch((orderIds) => findParcels(database, orderIds))
  const shown = (order: Order | null, viewer: Viewer) => (order && maySeeOrder(order, viewer) ? order : null)
  return {
    /** The order, or null when there is none that the viewer may see. */
    async find(id: string, viewer: Viewer): Promise<Order | null> {
      return shown(await byId(id), viewer)
    },
    /** The order that was placed from a cart, or null when there is none that the viewer may see. */
    async ofCart(cartId: string, viewer: Viewer): Promise<Order | null> {
      return shown(await ofCart(cartId), viewer)
    },
    /** One page of the orders that the viewer placed. */
    ofViewer: (viewerId: string, page: OrderPage): Promise<Order[]> => findOrders(database, { viewerId }, page),
    /** One page of everybody's orders, of these statuses; null: of all. */
    all: (statuses: readonly OrderStatus[] | null, page: OrderPage): Promise<Order[]> =>
      findOrders(database, statuses ? { statuses } : {}, page),
    /** What happened to an order, oldest first. */
    timeline: async (orderId: string): Promise<TimelineEntry[]> => (await timeline(orderId)) ?? [],
    /** The parcels of an order, in the order in which they left. */
    parcels: async (orderId: string): Promise<Parcel[]> => (await parcels(orderId)) ?? [],
  }
}
