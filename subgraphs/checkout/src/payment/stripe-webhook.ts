import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Prisma } from '@commerce/prisma/checkout'
import { answerError, answerJson, readBody } from '@commerce/service/http.ts'
import type { Logger } from '@commerce/service/log.ts'
import Stripe from 'stripe'
import { findAuthorizationKey, noteNotification } from './repository.ts'

const BODY_LIMIT = 1024 * 1024

export interface WebhookOptions {
  database: Prisma.TransactionClient
  /** The endpoint's signing secret (`whsec_…`). */
  secret: string
  /** Told which authorization something happened to. */
  notify(authorizationKey: string): void
  log: Logger
}

/**
 * Answers Stripe's signed notifications. One says only that something happened to a payment: what did is looked up, so that it makes no difference in
 * which order they come, nor what an old one claims. Each is heard once.
 */
export function stripeWebhook({ database, secret, notify, log }: WebhookOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return answerError(response, 405, 'BAD_REQUEST', 'Notifications are sent by POST.')
    const body = await readBody(request, BODY_LIMIT)
    const signature = request.headers['stripe-signature']
    let event: Stripe.Event
    try {
      event = Stripe.webhooks.constructEvent(body, typeof signature === 'string' ? signature : '', secret)
    } catch (error) {
      log.warn({ err: error }, 'a notification that Stripe did not sign was turned away')
      return answerError(response, 400, 'BAD_REQUEST', 'The signature does not fit this body, or it is too old.')
    }
    const reference = paymentIntentOf(event)
    const authorizationKey = reference && (await findAuthorizationKey(database, reference))
    if (authorizationKey && (await noteNotification(database, event.id, event.type))) notify(authorizationKey)
    answerJson(response, 200, { received: true })
  }
}

// Of a PaymentIntent itself, or of what names one: charges and refunds.
function paymentIntentOf({ data: { object } }: Stripe.Event): string | null {
  if (object.object === 'payment_intent') return object.id
  if (!('payment_intent' in object) || !object.payment_intent) return null
  return typeof object.payment_intent === 'string' ? object.payment_intent : object.payment_intent.id
}
