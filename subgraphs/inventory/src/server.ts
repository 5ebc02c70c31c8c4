import { createLoader } from '@commerce/cache/loader.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { DateTime } from '@commerce/service/scalars.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import type { InventoryConfig } from './config.ts'
import type { InventoryContext } from './context.ts'
import { startForgetting } from './forget.ts'
import { forgetKeys } from './idempotency/repository.ts'
import { orderConsumer, reservationCommands } from './reservation/consumer.ts'
import { startExpiry } from './reservation/expiry.ts'
import { forgetReservations, untilNextExpiry } from './reservation/repository.ts'
import { createReservationService, EXPIRY_BATCH } from './reservation/service.ts'
import { readStocks } from './stock/repository.ts'
import { stockResolvers } from './stock/resolvers.ts'
import { createStockService } from './stock/service.ts'
import type { Stock } from './stock/stock.ts'

const KEYS_KEPT_DAYS = 7
// Far longer than anyone asks about a reservation that ended: checkout is done with an order, or gives it up, within days. What was sold
// stays in the ledger, and `commitStock` finds it there: `checkout.order.placed` may be told again at any age, by a stream that was replayed.
const RESERVATIONS_KEPT_DAYS = 30
const STOCKS_CACHED = 50_000

/** Starts the inventory subgraph. */
export function start(config: InventoryConfig, log: Logger): Promise<Running> {
  const databaseUrl = config.DATABASE_URL_INVENTORY
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 10 }) })
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
      const stockService = createStockService(transact, (stock) => stocks.prime(stock.sku, stock))
      const reservations = createReservationService(transact)
      const expiry = startExpiry({
        expireOverdue: reservations.expireOverdue,
        untilNext: () => untilNextExpiry(database),
        batch: EXPIRY_BATCH,
        log,
      })
      return {
        resolvers: { DateTime, ...stockResolvers },
        context: (viewer): InventoryContext => ({ viewer, stocks, stockService }),
        commands: reservationCommands(reservations, expiry),
        consumers: [orderConsumer(reservations, log)],
        background: [
          expiry,
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
