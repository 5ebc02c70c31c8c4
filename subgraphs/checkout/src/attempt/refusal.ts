import type { Cart } from '../cart/cart.ts'
import { isText } from '../text.ts'
import type { Failure, PlaceRequest, RefusalCode } from './attempt.ts'

export type Refusal = Failure & { is: 'refused' }

const MAX_KEY = 200
/** The tokens of wallets are whole signed documents. */
const MAX_TOKEN = 10_000

const MESSAGES: Record<RefusalCode, string> = {
  CART_NOT_FOUND: 'There is no such cart.',
  CART_EMPTY: 'The cart is empty.',
  CART_COMPLETED: 'The order of this cart was placed before.',
  CART_BEING_PLACED: 'The order of this cart is being placed right now.',
  CART_INCOMPLETE: 'The cart lacks something that its order needs.',
  NOT_FOR_SALE: 'Something in the cart cannot be bought at the moment.',
  TOTAL_TOO_LARGE: 'The total is beyond what the shop can count.',
  INVALID_IDEMPOTENCY_KEY: `The idempotency key has 1 to ${MAX_KEY} characters, none of them control characters.`,
  INVALID_PAYMENT_TOKEN: `The payment token has 1 to ${MAX_TOKEN} characters, none of them control characters.`,
  IDEMPOTENCY_KEY_REUSED: 'This idempotency key was used with other input: a new try needs a new key.',
}

export function refusal(code: RefusalCode): Refusal {
  return { is: 'refused', code, message: MESSAGES[code] }
}

/** Why a request cannot be one, whatever the cart, or null. */
export function whyMalformed(idempotencyKey: string, { paymentToken }: PlaceRequest): Refusal | null {
  if (!isText(idempotencyKey, MAX_KEY)) return refusal('INVALID_IDEMPOTENCY_KEY')
  return isText(paymentToken, MAX_TOKEN) ? null : refusal('INVALID_PAYMENT_TOKEN')
}

/** Why the order of a cart cannot be placed now, or null. */
export function whyNot({ state, lines }: Pick<Cart, 'state' | 'lines'>): Refusal | null {
  if (state.is === 'completed') return refusal('CART_COMPLETED')
  if (state.is === 'placing') return refusal('CART_BEING_PLACED')
  return lines.length === 0 ? refusal('CART_EMPTY') : null
}
