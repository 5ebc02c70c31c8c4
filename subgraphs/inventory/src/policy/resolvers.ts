import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { InventoryContext } from '../context.ts'
import type { PolicyChange } from './policy.ts'

/** GraphQL's view of policies. */
export const policyResolvers: Resolvers = {
  Mutation: {
    stockPolicySet(
      _: unknown,
      { input }: { input: PolicyChange & { idempotencyKey: string } },
      { viewer, policyService }: InventoryContext,
    ) {
      requireScope(viewer, 'inventory:write')
      return policyService.set(input)
    },
  },
}
