import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Operation } from './operation.ts'
import { findRefunds } from './repository.ts'

/** Reads what was given back of orders, oldest first, many orders at once. */
export function createRefundReader(database: Prisma.TransactionClient): (orderId: string) => Promise<Operation[]> {
  const read = createBatch(async (orderIds) => Map.groupBy(await findRefunds(database, orderIds), (o) => o.orderId))
  return async (orderId) => (await read(orderId)) ?? []
}
