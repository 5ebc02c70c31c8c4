import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { InventoryContext } from '../context.ts'
import type { Location, LocationChange, NewLocation } from './location.ts'

type Input<T> = { input: T & { idempotencyKey: string } }

/** GraphQL's view of locations. */
export const locationResolvers: Resolvers = {
  Query: {
    async locations(_: unknown, args: PageArguments, { viewer, lists }: InventoryContext) {
      requireScope(viewer, 'inventory:read')
      const page = pageFrom(args)
      const rows = await lists.locations({ ...page, position: page.position?.[0] ?? null })
      return toConnection<Location>(rows, page, ({ code }) => [code])
    },
  },
  Mutation: {
    locationCreate(_: unknown, { input }: Input<NewLocation>, { viewer, locationService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return locationService.create(input)
    },
    locationUpdate(_: unknown, { input }: Input<LocationChange>, { viewer, locationService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return locationService.update(input)
    },
  },
}
