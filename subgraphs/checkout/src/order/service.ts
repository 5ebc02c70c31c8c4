import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { maySeeOrder, type Order } from './order.ts'
import { findOrder, findOrdersOfCarts, findOrdersOfViewer, type OrderPage } from './repository.ts'

type Viewer = { id: string; scopes: readonly string[] } | null

export type OrderService = ReturnType<typeof createOrderService>

/** Placed orders, for those who may see them. */
export function createOrderService(database: Prisma.TransactionClient) {
  const ofCart = createBatch((cartIds) => findOrdersOfCarts(database, cartIds))
  const shown = (order: Order | null, viewer: Viewer) => (order && maySeeOrder(order, viewer) ? order : null)
  return {
    /** The order, or null when there is none that the viewer may see. */
    async find(id: string, viewer: Viewer): Promise<Order | null> {
      return shown(await findOrder(database, id), viewer)
    },
    /** The order that was placed from a cart, or null when there is none that the viewer may see. */
    async ofCart(cartId: string, viewer: Viewer): Promise<Order | null> {
      return shown(await ofCart(cartId), viewer)
    },
    /** One page of the orders that the viewer placed. */
    ofViewer: (viewerId: string, page: OrderPage): Promise<Order[]> => findOrdersOfViewer(database, viewerId, page),
  }
}
