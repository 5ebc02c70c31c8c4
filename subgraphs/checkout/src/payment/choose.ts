import { createTransact } from '@commerce/events/outbox.ts'
import type { PrismaClient } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import type { Routes } from '@commerce/service/subgraph-server.ts'
import type { CheckoutConfig } from '../config.ts'
import { localPaymentPage } from './local-page.ts'
import { createLocalProvider } from './local-provider.ts'
import { guarded, type Payments } from './payment.ts'
import { createStripeProvider } from './stripe-provider.ts'
import { stripeWebhook } from './stripe-webhook.ts'

/** The local provider has connections of its own, as if it were elsewhere: when its books hang, nothing else waits for a connection. */
const LOCAL_CONNECTIONS = 6

interface Surroundings {
  database: PrismaClient
  /** Opens the database once more, with so many connections. */
  openDatabase(connections: number): PrismaClient
  log: Logger
  /** This subgraph's address; null as long as it does not listen. */
  ownUrl(): string | null
  /** Told when something happened to an authorization that nobody may be waiting for. */
  notify(authorizationKey: string): void
}

/** The payment provider that the configuration names, guarded, and what it needs at HTTP paths of its own. */
export function choosePayments(
  config: CheckoutConfig,
  { database, openDatabase, log, ownUrl, notify }: Surroundings,
): { payments: Payments; routes: Routes; stop(): Promise<void> } {
  const timeoutMs = config.PAYMENT_TIMEOUT_MS
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: secret } = config
  if (config.PAYMENT_PROVIDER === 'stripe' && secretKey && secret) {
    const returnUrl = config.PAYMENT_RETURN_URL ?? null
    const provider = createStripeProvider(database, {
      secretKey,
      apiBase: config.STRIPE_API_BASE,
      timeoutMs,
      returnUrl,
    })
    return {
      payments: guarded(provider, timeoutMs),
      routes: { '/payments/stripe': stripeWebhook({ database, secret, notify, log }) },
      stop: async () => {},
    }
  }
  const own = () => {
    const url = ownUrl()
    return url && `${url}/payments/local`
  }
  const actionUrl = () => config.PAYMENT_LOCAL_ACTION_URL ?? own()
  const books = openDatabase(LOCAL_CONNECTIONS)
  const provider = createLocalProvider(
    books,
    createTransact(books, () => {}),
    { notify, actionUrl },
  )
  return {
    payments: guarded(provider, timeoutMs),
    routes: { '/payments/local': localPaymentPage(provider) },
    stop: () => books.$disconnect(),
  }
}
