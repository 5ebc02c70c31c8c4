import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import type { Routes } from '@commerce/service/subgraph-server.ts'
import type { CheckoutConfig } from '../config.ts'
import { localPaymentPage } from './local-page.ts'
import { createLocalProvider } from './local-provider.ts'
import { guarded, type Payments } from './payment.ts'
import { createStripeProvider } from './stripe-provider.ts'
import { stripeWebhook } from './stripe-webhook.ts'

type Tx = Prisma.TransactionClient

interface Surroundings {
  database: Tx
  transact: Transact<Tx>
  log: Logger
  /** This subgraph's address; null as long as it does not listen. */
  ownUrl(): string | null
  /** Told when something happened to an authorization that nobody may be waiting for. */
  notify(authorizationKey: string): void
}

/** The payment provider that the configuration names, guarded, and what it needs at HTTP paths of its own. */
export function choosePayments(
  config: CheckoutConfig,
  { database, transact, log, ownUrl, notify }: Surroundings,
): { payments: Payments; routes: Routes } {
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
    }
  }
  const own = () => {
    const url = ownUrl()
    return url && `${url}/payments/local`
  }
  const actionUrl = () => config.PAYMENT_LOCAL_ACTION_URL ?? own()
  const provider = createLocalProvider(database, transact, { notify, actionUrl })
  return { payments: guarded(provider, timeoutMs), routes: { '/payments/local': localPaymentPage(provider) } }
}
