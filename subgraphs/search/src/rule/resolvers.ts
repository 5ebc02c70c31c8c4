import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { encodeId } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { Context } from '../context.ts'
import { filtersValue } from '../search/choice.ts'
import type { Rule, RuleWish, StoredBoost } from './rule.ts'

const productsOf = (ids: readonly string[]): { id: string }[] => ids.map((id) => ({ id: encodeId('Product', id) }))

/** GraphQL's view of merchandising rules; all for staff. */
export const ruleResolvers: Resolvers = {
  Query: {
    async searchRules(_: unknown, args: PageArguments, { viewer, discovery }: Context) {
      requireScope(viewer, 'search:read')
      const page = pageFrom(args)
      const rows = await discovery.lists.rules({ ...page, position: page.position?.[0] ?? null })
      return toConnection<Rule>(rows, page, ({ code }) => [code])
    },
  },
  Mutation: {
    searchRuleSet(_: unknown, { input }: { input: RuleWish }, { viewer, discovery }: Context) {
      requireScope(viewer, 'search:write')
      return discovery.rules.set(input)
    },
    searchRuleDelete(
      _: unknown,
      { input }: { input: { code: string; expectedVersion?: number | null } },
      { viewer, discovery }: Context,
    ) {
      requireScope(viewer, 'search:write')
      return discovery.rules.delete(input)
    },
  },
  SearchRule: {
    pins: ({ pins }: Rule) => productsOf(pins),
    buried: ({ buried }: Rule) => productsOf(buried),
  },
  SearchBoost: {
    filters: ({ filters }: StoredBoost) => filters && filtersValue(filters),
    products: ({ productIds }: StoredBoost) => productsOf(productIds),
  },
}
