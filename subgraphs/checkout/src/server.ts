import { randomUUID } from 'node:crypto'
import { PrismaClient } from '@commerce/prisma/checkout'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { moneyResolvers } from '@commerce/service/money.ts'
import { CurrencyCode, DateTime, Decimal, Int64 } from '@commerce/service/scalars.ts'
import { KEPT_PLANS, statementNames } from '@commerce/service/statements.ts'
import { startSubgraph } from '@commerce/service/subgraph.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { createDriver } from './attempt/driver.ts'
import { createQuote } from './attempt/quote.ts'
import { startRecovery } from './attempt/recovery.ts'
import { attemptResolvers } from './attempt/resolvers.ts'
import { createPlacingService } from './attempt/service.ts'
import { createSteps } from './attempt/steps.ts'
import { createMerge } from './cart/merge-service.ts'
import { cartResolvers } from './cart/resolvers.ts'
import { createCartService } from './cart/service.ts'
import type { CheckoutConfig } from './config.ts'
import type { CheckoutContext } from './context.ts'
import { promotionResolvers } from './discount/resolvers.ts'
import { createPromotionService } from './discount/service.ts'
import { offerConsumer, stockConsumer } from './offer/consumer.ts'
import { offerResolvers } from './offer/resolvers.ts'
import { createOfferService } from './offer/service.ts'
import { orderResolvers } from './order/resolvers.ts'
import { createOrderService } from './order/service.ts'
import { choosePayments } from './payment/choose.ts'
import { roundOf } from './payment/payment.ts'
import { chooseProviders } from './provider/choose.ts'
import { createRemotes } from './remotes.ts'
import { shippingResolvers } from './shipping/resolvers.ts'
import { createShippingService } from './shipping/service.ts'
import { createTaskDriver } from './task/driver.ts'
import { createRefundReader } from './task/refunds.ts'
import { taskResolvers } from './task/resolvers.ts'
import { createTaskService } from './task/service.ts'
import { createTaskSteps } from './task/steps.ts'
import { taxResolvers } from './tax/resolvers.ts'
import { createTaxService } from './tax/service.ts'
import { createBillingService } from './totals/service.ts'

const scalars = { Decimal, Int64, CurrencyCode, DateTime }
const now = (): Date => new Date()

/** Starts the checkout subgraph. */
export async function start(config: CheckoutConfig, log: Logger): Promise<Running> {
  if (config.PAYMENT_PROVIDER === 'local') log.warn('PAYMENT_PROVIDER is "local": orders are placed and no money moves')
  const databaseUrl = config.DATABASE_URL_CHECKOUT
  const openDatabase = (max: number) => {
    const adapter = new PrismaPg(
      { connectionString: databaseUrl, max, options: KEPT_PLANS },
      { statementNameGenerator: statementNames() },
    )
    return new PrismaClient({ adapter })
  }
  const database = openDatabase(10)
  let ownUrl: string | null = null
  const running = await startSubgraph({
    name: 'checkout',
    schemaFile: new URL('../schema.graphql', import.meta.url),
    config,
    databaseUrl,
    database,
    follows: [], // carts and orders are the viewer's: nothing here is cached
    log,
    define({ transact, connection }) {
      const offers = createOfferService(transact)
      const billing = createBillingService({ database, ...chooseProviders(config, database, log), now })
      const carts = createCartService({ database, transact, billing, newId: randomUUID, now })
      const mergeCarts = createMerge({ database, transact, newId: randomUUID })
      const promotions = createPromotionService({ database, transact, newId: randomUUID, now })
      const shipping = createShippingService(database, transact)
      const tax = createTaxService(database, transact)
      const orders = createOrderService(database)
      const provider = choosePayments(config, {
        database,
        openDatabase,
        log,
        ownUrl: () => ownUrl,
        notify: paymentMoved,
      })
      const { payments, routes } = provider
      const remotes = createRemotes(connection)
      const quote = createQuote({ database, offers, remotes, billing })
      const perform = createSteps({
        database,
        quote,
        remotes,
        payments,
        actionMs: config.PAYMENT_ACTION_MS,
        newId: randomUUID,
        now,
      })
      const driver = createDriver({
        database,
        transact,
        perform,
        leaseMs: config.ATTEMPT_LEASE_MS,
        patienceMs: config.ATTEMPT_PATIENCE_MS,
        paymentDown: config.PAYMENT_DOWN,
        newId: randomUUID,
        now,
        log,
      })
      const placing = createPlacingService({
        database,
        transact,
        driver,
        waitMs: config.PLACE_WAIT_MS,
        newId: randomUUID,
        now,
      })
      const taskDriver = createTaskDriver({
        database,
        transact,
        perform: createTaskSteps({ database, payments, remotes, finishAttempt: driver.finish }),
        leaseMs: config.ATTEMPT_LEASE_MS,
        newId: randomUUID,
        now,
        log,
      })
      const tasks = createTaskService({
        database,
        transact,
        driver: taskDriver,
        finishAttempt: driver.finish,
        waitMs: config.PLACE_WAIT_MS,
        newId: randomUUID,
        now,
      })
      const refundsOf = createRefundReader(database)
      return {
        resolvers: mergeResolvers(
          scalars,
          { Money: moneyResolvers },
          cartResolvers,
          promotionResolvers,
          shippingResolvers,
          taxResolvers,
          offerResolvers,
          orderResolvers,
          taskResolvers,
          attemptResolvers,
        ),
        context: (viewer): CheckoutContext => {
          const read = { carts, mergeCarts, promotions, offers, shipping, tax, orders, refundsOf }
          return { viewer, ...read, placing, tasks }
        },
        consumers: [offerConsumer(offers), stockConsumer(offers)],
        background: [provider, startRecovery([driver, taskDriver], log)],
        routes,
      }

      // Missed or lost, it costs a while: what waits looks again by itself.
      function paymentMoved(authorizationKey: string): void {
        const round = roundOf(authorizationKey)
        Promise.all([driver.lookAgain(round), taskDriver.lookAgain(round)]).catch((error: unknown) =>
          log.warn({ err: error }, 'a notification could not be followed'),
        )
      }
    },
  })
  ownUrl = running.url
  return running
}

// Query and Mutation have fields in several slices.
function mergeResolvers(...parts: Record<string, object>[]): Record<string, object> {
  const merged: Record<string, object> = {}
  for (const part of parts) {
    for (const [type, fields] of Object.entries(part)) {
      merged[type] = Object.getPrototypeOf(fields) === Object.prototype ? { ...merged[type], ...fields } : fields
    }
  }
  return merged
}
