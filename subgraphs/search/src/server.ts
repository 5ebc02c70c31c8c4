import type { CommerceEvent } from '@commerce/events/contracts.ts'
import { consumerProgress } from '@commerce/events/progress.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { subgraphConfig } from '@commerce/service/config.ts'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { z } from 'zod'
import type { Context } from './context.ts'
import { demandResolvers } from './demand/resolvers.ts'
import { startDiscovery } from './discovery/discovery.ts'
import type { OrderFact } from './document/document.ts'
import { createStore } from './document/repository.ts'
import type { SearchCluster } from './engine/cluster.ts'
import { openCluster } from './engine/opensearch/cluster.ts'
import { createResidentEngine } from './engine/resident/engine.ts'
import { CONSUMER, indexConsumer, openIndex, rebuildEvents } from './projection/consumer.ts'
import { loadedCheck } from './projection/readiness.ts'
import { createProjectionRepository } from './projection/repository.ts'
import { projectionResolvers } from './projection/resolvers.ts'
import { startProjection } from './projection/service.ts'
import { createBoughtWith } from './related/loader.ts'
import { relatedResolvers } from './related/resolvers.ts'
import { ruleResolvers } from './rule/resolvers.ts'
import { readProducts } from './search/repository.ts'
import { searchResolvers } from './search/resolvers.ts'
import { suggestionResolvers } from './suggestion/resolvers.ts'
import { synonymResolvers } from './synonym/resolvers.ts'

/** What the search subgraph needs from its environment. */
export const searchConfig = subgraphConfig.extend({
  DATABASE_URL_SEARCH: z.string().startsWith('postgres'),
  /** The shop's currency: of prices in a search that names none. */
  CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD')
    .default('USD'),
  /** Of an OpenSearch cluster that is searched instead of the memory of this process. */
  OPENSEARCH_URL: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).optional(),
  /** What the names of its indices begin with. */
  OPENSEARCH_PREFIX: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'small letters, digits and hyphens')
    .default('commerce'),
  OPENSEARCH_SHARDS: z.coerce.number().int().min(1).max(100).default(1),
  OPENSEARCH_REPLICAS: z.coerce.number().int().min(0).max(10).default(1),
})

/** Starts the search subgraph. `cluster`: where the index is, instead of in this process; without it as the environment says. */
export function start(
  config: z.infer<typeof searchConfig>,
  log: Logger,
  cluster = clusterOf(config),
): Promise<Running> {
  const databaseUrl = config.DATABASE_URL_SEARCH
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 10 }) })
  return startSubgraph({
    name: 'search',
    schemaFile: new URL('../schema.graphql', import.meta.url),
    config,
    databaseUrl,
    database,
    follows: ['catalog.>', 'inventory.>'],
    log,
    async define({ connection, feed }) {
      if (!feed) throw new Error('The index lives by the events.')
      const currencyCode = config.CURRENCY
      const filling = {
        store: createStore(database),
        repository: createProjectionRepository(database),
        takeOrders: (orders: readonly OrderFact[]) => discovery.related.takeOrders(orders),
        takeIntoIndex: (events: readonly CommerceEvent[], generations: readonly number[]) =>
          projection.index.take(events, generations),
        log,
      }
      await openIndex(connection, filling)
      const projection = await startProjection({
        ...filling,
        feed,
        events: rebuildEvents(connection, filling),
        filled: () => consumerProgress(connection, CONSUMER),
        createEngine: () => createResidentEngine(),
        cluster,
      })
      const { engine } = projection.index
      const discovery = await startDiscovery({ database, engine, currencyCode, now: Date.now, log })
      return {
        resolvers: merged([
          searchResolvers,
          projectionResolvers,
          suggestionResolvers,
          synonymResolvers,
          ruleResolvers,
          demandResolvers,
          relatedResolvers,
        ]),
        context: (viewer): Context => ({
          viewer,
          engine,
          currencyCode,
          projection,
          discovery,
          products: (ids) => readProducts(database, ids),
          boughtWith: createBoughtWith(discovery.related),
        }),
        consumers: [indexConsumer(filling)],
        background: [projection, discovery],
        checks: { index: loadedCheck(() => projection.generation() !== null, projection.lag) },
        caughtUp: projection.index.caughtUp,
        routes: {
          async '/metrics'(_, response) {
            const text = await projection.metrics()
            response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
          },
        },
      }
    },
  })
}

function clusterOf(config: z.infer<typeof searchConfig>): SearchCluster | null {
  const { OPENSEARCH_URL: url, OPENSEARCH_PREFIX: prefix } = config
  const settings = { shards: config.OPENSEARCH_SHARDS, replicas: config.OPENSEARCH_REPLICAS }
  return url ? openCluster({ url, prefix, ...settings }) : null
}

/** One object of all slices' resolvers: each adds its fields to the root types. */
function merged(slices: readonly Resolvers[]): Resolvers {
  const all: Resolvers = {}
  for (const slice of slices) {
    for (const [type, fields] of Object.entries(slice)) {
      all[type] = type in all ? ({ ...all[type], ...fields } as Resolvers[string]) : (fields as Resolvers[string])
    }
  }
  return all
}
