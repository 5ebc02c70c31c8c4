import { randomUUID } from 'node:crypto'
import { createLoader } from '@commerce/cache/loader.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { DateTime } from '@commerce/service/scalars.ts'
import { KEPT_PLANS, statementNames } from '@commerce/service/statements.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import type { InventoryConfig } from './config.ts'
import type { InventoryContext, Lists } from './context.ts'
import { startForgetting } from './forget.ts'
import { forgetKeys } from './idempotency/repository.ts'
import type { Location } from './location/location.ts'
import { listLocations, readLocations } from './location/repository.ts'
import { locationResolvers } from './location/resolvers.ts'
import { createLocationService } from './location/service.ts'
import { listMovements } from './movement/repository.ts'
import { movementResolvers } from './movement/resolvers.ts'
import { untilNextRelease } from './policy/repository.ts'
import { policyResolvers } from './policy/resolvers.ts'
import { createPolicyService, RELEASE_BATCH } from './policy/service.ts'
import { reconcile } from './reconciliation/repository.ts'
import { reconciliationResolvers } from './reconciliation/resolvers.ts'
import { orderConsumer, reservationCommands } from './reservation/consumer.ts'
import { startExpiry } from './reservation/expiry.ts'
import { forgetReservations, untilNextExpiry } from './reservation/repository.ts'
import { createReservationService, EXPIRY_BATCH } from './reservation/service.ts'
import { returnCommands } from './return/consumer.ts'
import { returnResolvers } from './return/resolvers.ts'
import { createReturnService } from './return/service.ts'
import { readStocks } from './stock/repository.ts'
import { stockResolvers } from './stock/resolvers.ts'
import { createStockService } from './stock/service.ts'
import type { Stock } from './stock/stock.ts'

const KEYS_KEPT_DAYS = 7
// Far longer than anyone asks about a reservation that ended: checkout is done with an order, or gives it up, within days. What was sold
// stays in the ledger, and `commitStock` finds it there: `checkout.order.placed` may be told again at any age, by a stream that was replayed.
const RESERVATIONS_KEPT_DAYS = 30
const STOCKS_CACHED = 50_000
const LOCATIONS_CACHED = 1_000

const resolvers = [
  stockResolvers,
  locationResolvers,
  policyResolvers,
  movementResolvers,
  returnResolvers,
  reconciliationResolvers,
]

/** Starts the inventory subgraph. */
export function start(config: InventoryConfig, log: Logger): Promise<Running> {
  const databaseUrl = config.DATABASE_URL_INVENTORY
  const database = new PrismaClient({
    adapter: new PrismaPg(
      { connectionString: databaseUrl, max: 10, options: KEPT_PLANS },
      { statementNameGenerator: statementNames() },
    ),
  })
  return startSubgraph({
    name: 'inventory',
    schemaFile: new URL('../schema.graphql', import.meta.url),
    config,
    databaseUrl,
    database,
    follows: ['inventory.>'],
    log,
    define({ transact, coherence }) {
      const stocks = createLoader<string, Stock>({
        coherence,
        fetch: async (skus) => {
          const found = await readStocks(database, skus)
          return skus.map((sku) => found.get(sku) ?? null)
        },
        subjectOf: (sku) => subjectOf('inventory.stock.changed', sku),
        versionOf: ({ version }) => version,
        max: STOCKS_CACHED,
      })
      const locations = createLoader<string, Location>({
        coherence,
        fetch: async (codes) => {
          const found = await readLocations(database, codes)
          return codes.map((code) => found.get(code) ?? null)
        },
        subjectOf: (code) => subjectOf('inventory.location.changed', code),
        versionOf: ({ version }) => version,
        max: LOCATIONS_CACHED,
      })
      const committed = (stock: Stock): void => stocks.prime(stock.sku, stock)
      const stockService = createStockService(transact, { newId: randomUUID, committed })
      const locationService = createLocationService(transact)
      const policyService = createPolicyService(transact, { now: () => new Date(), committed })
      const returnService = createReturnService(transact, committed)
      const reservations = createReservationService(transact, { strategy: config.ALLOCATION, committed })
      const lists: Lists = {
        locations: (page) => listLocations(database, page),
        movements: (sku, page) => listMovements(database, sku, page),
        reconciliation: () => reconcile(database),
      }
      const expiry = startExpiry({
        what: 'overdue reservations',
        expireOverdue: reservations.expireOverdue,
        untilNext: () => untilNextExpiry(database),
        batch: EXPIRY_BATCH,
        log,
      })
      const releases = startExpiry({
        what: 'pre-orders that were released',
        expireOverdue: policyService.release,
        untilNext: () => untilNextRelease(database),
        batch: RELEASE_BATCH,
        log,
      })
      return {
        resolvers: { DateTime, ...merged(resolvers) },
        context: (viewer): InventoryContext => ({
          viewer,
          stocks,
          locations,
          lists,
          stockService,
          locationService,
          policyService,
          returnService,
        }),
        commands: [...reservationCommands(reservations, expiry), ...returnCommands(returnService)],
        consumers: [orderConsumer(reservations, log)],
        background: [
          expiry,
          releases,
          startForgetting({
            what: 'idempotency keys',
            forget: (limit) => forgetKeys(database, KEYS_KEPT_DAYS, limit),
            log,
          }),
          startForgetting({
            what: 'reservations',
            forget: (limit) => forgetReservations(database, RESERVATIONS_KEPT_DAYS, limit),
            log,
          }),
        ],
      }
    },
  })
}

/** The resolvers of all concepts, whose root fields are in types that they share. */
function merged(parts: readonly Resolvers[]): Resolvers {
  const all: Resolvers = {}
  for (const part of parts) for (const [type, fields] of Object.entries(part)) all[type] = { ...all[type], ...fields }
  return all
}
