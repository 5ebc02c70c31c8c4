import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { Context } from '../context.ts'
import type { StoredSynonym, SynonymWish } from './synonym.ts'

/** GraphQL's view of synonyms; all for staff. */
export const synonymResolvers: Resolvers = {
  Query: {
    async searchSynonyms(_: unknown, args: PageArguments, { viewer, discovery }: Context) {
      requireScope(viewer, 'search:read')
      const page = pageFrom(args)
      const rows = await discovery.lists.synonyms({ ...page, position: page.position?.[0] ?? null })
      return toConnection<StoredSynonym>(rows, page, ({ code }) => [code])
    },
  },
  Mutation: {
    searchSynonymSet(_: unknown, { input }: { input: SynonymWish }, { viewer, discovery }: Context) {
      requireScope(viewer, 'search:write')
      return discovery.synonyms.set(input)
    },
    searchSynonymDelete(
      _: unknown,
      { input }: { input: { code: string; expectedVersion?: number | null } },
      { viewer, discovery }: Context,
    ) {
      requireScope(viewer, 'search:write')
      return discovery.synonyms.delete(input)
    },
  },
}
