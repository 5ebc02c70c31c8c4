import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { Context } from '../context.ts'
import { InputError } from '../search/filters.ts'
import { type Demand, dayOf } from './demand.ts'

interface Period {
  from?: Date | null
  until?: Date | null
  withoutResults: boolean
}

const LAST_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** What shoppers search for, for staff. */
export const demandResolvers: Resolvers = {
  Query: {
    async searchQueries(_: unknown, args: Period & PageArguments, { viewer, discovery }: Context) {
      requireScope(viewer, 'search:read')
      const page = pageFrom(args)
      const until = dayOf((args.until ?? new Date()).getTime())
      const from = dayOf(args.from?.getTime() ?? until.getTime() - (LAST_DAYS - 1) * DAY_MS)
      if (from > until) throw new InputError('`from` is later than `until`.')
      const { withoutResults } = args
      const rank = (one: Demand): number => (withoutResults ? one.withoutResults : one.searches)
      const position = positionOf(page.position)
      const rows = await discovery.demand.list({ ...page, from, until, withoutResults, position })
      return toConnection<Demand>(rows, page, (one) => [String(rank(one)), one.query])
    },
  },
}

function positionOf(position: readonly string[] | null): [number, string] | null {
  if (position === null) return null
  const [count, query] = position
  if (position.length !== 2 || query === undefined || !/^\d{1,9}$/.test(count ?? '') || query.includes('\0')) {
    throw new InputError(
      'The cursor belongs to another list: use one of a page of `searchQueries` with the same period.',
    )
  }
  return [Number(count), query]
}
