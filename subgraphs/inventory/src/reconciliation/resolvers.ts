import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { InventoryContext } from '../context.ts'
import type { Reconciliation } from './repository.ts'

/** GraphQL's view of the proof that the books agree. */
export const reconciliationResolvers: Resolvers = {
  Query: {
    stockReconciliation(_: unknown, __: unknown, { viewer, lists }: InventoryContext) {
      requireScope(viewer, 'inventory:read')
      return lists.reconciliation()
    },
  },
  StockReconciliation: {
    agrees: ({ total }: Reconciliation) => total === 0,
  },
}
