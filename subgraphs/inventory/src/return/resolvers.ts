import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { InventoryContext } from '../context.ts'
import type { Return } from './return.ts'

/** GraphQL's view of returns. */
export const returnResolvers: Resolvers = {
  Mutation: {
    stockReturn(
      _: unknown,
      { input }: { input: Return & { idempotencyKey: string } },
      { viewer, returnService }: InventoryContext,
    ) {
      requireScope(viewer, 'inventory:write')
      return returnService.byStaff(input)
    },
  },
}
