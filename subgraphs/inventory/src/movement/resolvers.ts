import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { isSku } from '@commerce/service/sku.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { InventoryContext } from '../context.ts'
import type { Movement } from './repository.ts'

/** GraphQL's view of the ledger. */
export const movementResolvers: Resolvers = {
  Query: {
    async stockMovements(_: unknown, { sku, ...args }: PageArguments & { sku: string }, context: InventoryContext) {
      requireScope(context.viewer, 'inventory:read')
      const page = pageFrom(args)
      const position = page.position === null ? null : toId(page.position[0])
      const rows = isSku(sku) ? await context.lists.movements(sku, { ...page, position }) : []
      return toConnection<Movement>(rows, page, ({ id }) => [id])
    },
  },
  StockMovement: {
    kind: ({ kind }: Movement) => kind.toUpperCase(),
  },
}

// A cursor of another list is the end of this one.
function toId(text = ''): bigint {
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n
}
