import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { Context } from '../context.ts'

/** How far the index is: `searchStatus`. */
export const projectionResolvers: Resolvers = {
  Query: {
    searchStatus(_: unknown, __: unknown, { viewer, engine, lag }: Context) {
      requireScope(viewer, 'catalog:write')
      return { lag: () => lag().catch(() => null), documents: () => engine.documents(), asOf: () => engine.asOf() }
    },
  },
}
