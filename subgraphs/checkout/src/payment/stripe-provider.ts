import { randomUUID } from 'node:crypto'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Money } from '@commerce/service/money.ts'
import Stripe from 'stripe'
import type { PaymentProvider, PaymentResult } from './payment.ts'
import { findNoted, noteFault, noteReference } from './repository.ts'
import { authorizationOf, refundOf, unclear } from './stripe-answers.ts'
import { isStripesFault, meaningOf, whyDeclined, whyRefused } from './stripe-errors.ts'
import { stripeAmount } from './stripe-money.ts'

export interface StripeOptions {
  secretKey: string
  /** `https://api.stripe.com`, or a server that speaks the same. */
  apiBase: string
  /** How long one request may take, in milliseconds. */
  timeoutMs: number
  /** Where a bank sends the shopper back to; null: only ways to pay that need no other page. */
  returnUrl: string | null
}

/**
 * Payments through Stripe. An authorization is a PaymentIntent: made first, which moves nothing, and noted; only then confirmed. So what became of
 * a call is always found by the PaymentIntent's id, which is never behind, as Stripe's search may be; and one PaymentIntent is charged once at most.
 */
export function createStripeProvider(database: Prisma.TransactionClient, options: StripeOptions): PaymentProvider {
  const { hostname, port, protocol } = new URL(options.apiBase)
  const stripe = new Stripe(options.secretKey, {
    host: hostname,
    ...(port && { port }),
    protocol: protocol === 'http:' ? 'http' : 'https',
    timeout: options.timeoutMs,
    maxNetworkRetries: 0, // what to do with an unknown outcome is not the client's to decide
    telemetry: false,
  })

  return {
    async authorize({ key, money, token }) {
      const made = await asked(key, () => createIntent(key, money))
      const { reference, faults } = await noteReference(database, key, made.id)
      if (reference === null) return { is: 'voided' } // let go before it began: what was made is never confirmed
      const how = token.startsWith('ctoken_') ? { confirmation_token: token } : { payment_method: token }
      const confirm = { ...how, ...(options.returnUrl && { return_url: options.returnUrl }) }
      try {
        const intent = await asked(key, () =>
          stripe.paymentIntents.confirm(reference, confirm, { idempotencyKey: numbered(`${key}:confirm`, faults) }),
        )
        return authorizationOf(intent) ?? unclear(intent)
      } catch (error) {
        const message = whyDeclined(error)
        if (message) return { is: 'declined', message }
        // Decided before, or let go meanwhile.
        const now = whyRefused(error) ? await authorizationNow(key) : null
        return now ?? raise(error)
      }
    },

    capture: ({ key, authorizationKey }) =>
      settled(authorizationKey, 'captured', (reference, faults) =>
        stripe.paymentIntents.capture(reference, {}, { idempotencyKey: numbered(key, faults) }),
      ),

    async void({ key, authorizationKey }) {
      // Without a name it was never confirmed, and with this note it never will be.
      const { reference } = await noteReference(database, authorizationKey, null)
      if (reference === null) return { is: 'voided' }
      return settled(authorizationKey, 'voided', (_, faults) =>
        stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: numbered(key, faults) }),
      )
    },

    async refund({ key, authorizationKey, money }) {
      const { reference, faults } = await referenceOf(authorizationKey)
      const { amount } = stripeAmount(money)
      try {
        const refund = await asked(authorizationKey, () =>
          stripe.refunds.create(
            { payment_intent: reference, amount, metadata: { key } },
            { idempotencyKey: numbered(key, faults) },
          ),
        )
        return refundOf(refund)
      } catch (error) {
        const message = whyRefused(error)
        return message ? { is: 'refused', message } : raise(error)
      }
    },

    async lookup({ kind, key, authorizationKey }) {
      const noted = await findNoted(database, authorizationKey)
      if (!noted) return null
      const { reference } = noted
      if (reference === null) return kind === 'authorize' || kind === 'void' ? { is: 'voided' } : null
      if (kind === 'refund') {
        const refunds = await asked(authorizationKey, () =>
          stripe.refunds.list({ payment_intent: reference, limit: 100 }).autoPagingToArray({ limit: 1_000 }),
        )
        const refund = refunds.find(({ metadata }) => metadata?.key === key)
        return refund ? refundOf(refund) : null
      }
      const intent = await asked(authorizationKey, () => stripe.paymentIntents.retrieve(reference))
      if (kind === 'authorize') return authorizationOf(intent)
      if (kind === 'capture' && intent.status === 'succeeded') return { is: 'captured' }
      return kind === 'void' && intent.status === 'canceled' ? { is: 'voided' } : null
    },
  }

  // Moves nothing: where Stripe failed, and would say so again to the same key, another one does no harm.
  async function createIntent(key: string, money: Money): Promise<Stripe.PaymentIntent> {
    const create = (idempotencyKey: string) =>
      stripe.paymentIntents.create(
        {
          ...stripeAmount(money),
          capture_method: 'manual',
          automatic_payment_methods: { enabled: true, allow_redirects: options.returnUrl ? 'always' : 'never' },
          metadata: { authorization_key: key },
        },
        { idempotencyKey },
      )
    try {
      return await create(`${key}:create`)
    } catch (error) {
      if (!isStripesFault(error)) throw error
      return create(`${key}:create:${randomUUID()}`)
    }
  }

  // Captures or cancels. A PaymentIntent that stands elsewhere refuses; where it stands then is the answer.
  async function settled(
    authorizationKey: string,
    wanted: 'captured' | 'voided',
    call: (reference: string, faults: number) => Promise<Stripe.PaymentIntent>,
  ): Promise<PaymentResult> {
    const { reference, faults } = await referenceOf(authorizationKey)
    try {
      await asked(authorizationKey, () => call(reference, faults))
      return { is: wanted }
    } catch (error) {
      const message = whyRefused(error)
      if (!message) throw error
      const { status } = await asked(authorizationKey, () => stripe.paymentIntents.retrieve(reference))
      const stands = status === 'succeeded' ? 'captured' : status === 'canceled' ? 'voided' : null
      return stands === wanted ? { is: wanted } : { is: 'refused', message }
    }
  }

  async function referenceOf(authorizationKey: string): Promise<{ reference: string; faults: number }> {
    const noted = await findNoted(database, authorizationKey)
    if (!noted?.reference) throw new Error(`${authorizationKey} was never authorized.`)
    return { reference: noted.reference, faults: noted.faults }
  }

  async function authorizationNow(key: string): Promise<PaymentResult | null> {
    const { reference } = await referenceOf(key)
    return authorizationOf(await asked(key, () => stripe.paymentIntents.retrieve(reference)))
  }

  // Stripe remembers its own failures by the key, too: the next try needs another one.
  async function asked<T>(authorizationKey: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (isStripesFault(error)) await noteFault(database, authorizationKey)
      throw meaningOf(error)
    }
  }
}

function raise(error: unknown): never {
  throw error
}

function numbered(key: string, faults: number): string {
  return faults === 0 ? key : `${key}:${faults}`
}
