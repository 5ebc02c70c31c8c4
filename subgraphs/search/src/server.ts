import { consumerLag } from '@commerce/events/consumer.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { subgraphConfig } from '@commerce/service/config.ts'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { z } from 'zod'
import type { Context } from './context.ts'
import { createEngine } from './engine/postgres-engine.ts'
import { CONSUMER, indexConsumer } from './projection/consumer.ts'
import { caughtUpCheck } from './projection/readiness.ts'
import { projectionResolvers } from './projection/resolvers.ts'
import { searchResolvers } from './search/resolvers.ts'

/** What the search subgraph needs from its environment. */
export const searchConfig = subgraphConfig.extend({
  DATABASE_URL_SEARCH: z.string().startsWith('postgres'),
  /** The shop's currency: of prices in a search that names none. */
  CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD')
    .default('USD'),
})

/** Starts the search subgraph. */
export function start(config: z.infer<typeof searchConfig>, log: Logger): Promise<Running> {
  const databaseUrl = config.DATABASE_URL_SEARCH
  const options = '-c work_mem=32MB' // facets look at every document found, in memory
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 10, options }) })
  return startSubgraph({
    name: 'search',
    schemaFile: new URL('../schema.graphql', import.meta.url),
    config,
    databaseUrl,
    database,
    follows: [], // the index is what it remembers
    log,
    define({ connection }) {
      const engine = createEngine(database)
      const lag = (): Promise<number> => consumerLag(connection, CONSUMER)
      return {
        resolvers: { ...searchResolvers, Query: { ...searchResolvers.Query, ...projectionResolvers.Query } },
        context: (viewer): Context => ({ viewer, engine, currencyCode: config.CURRENCY, lag }),
        consumers: [indexConsumer(engine)],
        checks: { index: caughtUpCheck(lag) },
      }
    },
  })
}
