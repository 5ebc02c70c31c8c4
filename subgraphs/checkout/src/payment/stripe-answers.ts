import type Stripe from 'stripe'
import { type PaymentResult, PaymentUnknown } from './payment.ts'

/** What a PaymentIntent says of its authorization; null: it was never confirmed. */
export function authorizationOf(intent: Stripe.PaymentIntent): PaymentResult | null {
  switch (intent.status) {
    case 'requires_capture':
    case 'succeeded':
      return { is: 'authorized' }
    case 'canceled':
      return { is: 'voided' }
    case 'requires_action': {
      const redirectUrl = intent.next_action?.redirect_to_url?.url ?? null
      return { is: 'actionRequired', action: { clientSecret: intent.client_secret ?? '', redirectUrl } }
    }
    case 'requires_payment_method': {
      const error = intent.last_payment_error
      return error ? { is: 'declined', message: error.message ?? 'The payment was declined.' } : null
    }
    case 'requires_confirmation':
      return null
    default:
      return unclear(intent)
  }
}

/** What a refund says of itself. */
export function refundOf({ status, failure_reason }: Stripe.Refund): PaymentResult {
  if (status === 'succeeded') return { is: 'refunded' }
  if (status === 'failed' || status === 'canceled') {
    return { is: 'refused', message: `The refund failed at the bank (${failure_reason ?? status}).` }
  }
  return { is: 'refundPending' }
}

/** A PaymentIntent of which nothing can be said yet. */
export function unclear({ id, status }: Stripe.PaymentIntent): never {
  throw new PaymentUnknown(`${id} is "${status}": it remains to be seen what comes of it.`)
}
