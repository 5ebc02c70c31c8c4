import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { findRefunds } from './repository.ts'
import type { Task } from './task.ts'

/** Reads what was given back of orders, oldest first, many orders at once. */
export function createRefundReader(database: Prisma.TransactionClient): (orderId: string) => Promise<Task[]> {
  const read = createBatch(async (orderIds) => Map.groupBy(await findRefunds(database, orderIds), (o) => o.orderId))
  return async (orderId) => (await read(orderId)) ?? []
}
