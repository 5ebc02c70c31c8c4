import Stripe from 'stripe'
import { Unreachable } from '../provider/unreachable.ts'
import { PaymentUnknown } from './payment.ts'

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])

/** Whether Stripe itself failed: it answers so again to the same idempotency key. */
export function isStripesFault(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500
}

/**
 * What an error of Stripe's client says of the call: `Unreachable` when Stripe certainly did nothing, `PaymentUnknown` when it may have. What is
 * neither (a declined card, a request that makes no sense) is answered as it is.
 */
export function meaningOf(error: unknown): unknown {
  const { errors } = Stripe
  if (error instanceof errors.StripeConnectionError) {
    const { code } = (error.detail ?? {}) as { code?: string }
    return code && NEVER_CONNECTED.has(code)
      ? new Unreachable(`Stripe cannot be reached (${code}).`)
      : new PaymentUnknown(`Stripe gave no answer: ${error.message}`)
  }
  if (!(error instanceof errors.StripeError)) return error
  // Somebody else is at the same object, or at the same call.
  if (error.code === 'lock_timeout' || error.code === 'idempotency_key_in_use' || isStripesFault(error)) {
    return new PaymentUnknown(`Stripe answered ${error.statusCode}: ${error.message}`)
  }
  const turnedAway =
    error instanceof errors.StripeRateLimitError ||
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError
  return turnedAway ? new Unreachable(`Stripe takes no calls from us: ${error.message}`) : error
}

/** The sentence for the shopper when a card was declined or is none, otherwise null. */
export function whyDeclined(error: unknown): string | null {
  if (error instanceof Stripe.errors.StripeCardError) return error.message
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null
  return error.param === 'payment_method' || error.param === 'confirmation_token'
    ? 'This way to pay is not known.'
    : null
}

/** Stripe's sentence when what was asked makes no sense for the payment as it stands, otherwise null. */
export function whyRefused(error: unknown): string | null {
  return error instanceof Stripe.errors.StripeInvalidRequestError ? error.message : null
}
