import type { Prisma } from '@commerce/prisma/checkout'
import { maySeeOrder, type Order } from './order.ts'
import { findOrder } from './repository.ts'

export type OrderService = ReturnType<typeof createOrderService>

/** Placed orders, for those who may see them. */
export function createOrderService(database: Prisma.TransactionClient) {
  return {
    /** The order, or null when there is none that the viewer may see. */
    async find(id: string, viewer: { id: string; scopes: readonly string[] } | null): Promise<Order | null> {
      const order = await findOrder(database, id)
      return order && maySeeOrder(order, viewer) ? order : null
    },
  }
}
