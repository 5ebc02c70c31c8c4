import { randomUUID } from 'node:crypto'
import { command } from '@commerce/events/command.ts'
import { quotePrices } from '@commerce/events/commands.ts'
import { PrismaClient } from '@commerce/prisma/catalog'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import type { z } from 'zod'
import type { Catalog } from './catalog.ts'
import type { catalogConfig } from './config.ts'
import type { Context } from './context.ts'
import { createLoaders } from './loaders.ts'
import { quote } from './price/service.ts'
import { resolvers } from './resolvers.ts'

const CONNECTIONS = 10

/** Starts the catalog: its GraphQL endpoint, its outbox relay and the command `quotePrices`. */
export function start(config: z.infer<typeof catalogConfig>, log: Logger): Promise<Running> {
  const connectionString = config.DATABASE_URL_CATALOG
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: CONNECTIONS }) })
  return startSubgraph<typeof database, Context>({
    name: 'catalog',
    schemaFile: new URL('../schema.graphql', import.meta.url),
    config,
    databaseUrl: connectionString,
    database,
    follows: ['catalog.>'],
    log,
    define({ transact, coherence }) {
      const catalog: Catalog = { database, transact, log, now: () => new Date(), newId: randomUUID }
      const loaders = createLoaders(database, coherence)
      return {
        resolvers,
        context: (viewer) => ({ viewer, loaders, catalog }),
        commands: [command(quotePrices, async ({ skus }) => ({ offers: await quote(catalog, skus) }))],
      }
    },
  })
}
