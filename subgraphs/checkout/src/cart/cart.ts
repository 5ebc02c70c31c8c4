import { isDeepStrictEqual } from 'node:util'
import { event, type NewEvent } from '@commerce/events/contracts.ts'
import type { ShippingChoice } from '../shipping/shipping.ts'
import type { Address } from './address.ts'
import { type CartFault, fault } from './fault.ts'

/** One SKU of a cart; `acceptedMinorUnits` is the price of one that the shopper knows of. */
export interface CartLine {
  id: string
  sku: string
  title: string
  quantity: number
  acceptedMinorUnits: bigint
}

/** A cart is open, or one attempt is placing its order, or its order was placed, or its lines went into another cart. */
export type CartState =
  | { is: 'open' }
  | { is: 'placing'; attemptId: string }
  | { is: 'completed' }
  | { is: 'merged'; into: string }

/** What a shopper can change of a cart. `currencyCode` null: it is empty. */
export interface CartContent {
  lines: readonly CartLine[]
  currencyCode: string | null
  buyerEmail: string | null
  shippingAddress: Address | null
  billingAddress: Address | null
  shippingChoice: ShippingChoice | null
  /** In the order in which they were applied, each once. */
  discountCodes: readonly string[]
}

/** A cart in which nothing is yet. */
export const EMPTY: CartContent = {
  lines: [],
  currencyCode: null,
  buyerEmail: null,
  shippingAddress: null,
  billingAddress: null,
  shippingChoice: null,
  discountCodes: [],
}

/** What a shopper is about to buy. `viewerId` null: it belongs to whoever knows its id. */
export interface Cart extends CartContent {
  id: string
  viewerId: string | null
  state: CartState
  version: number
  createdAt: Date
  updatedAt: Date
}

/** What every change of a cart changes. */
export type CartStanding = Pick<Cart, 'id' | 'state' | 'version' | 'updatedAt'>

/** What a change makes another, or everything that speaks against it. */
export type Change = Partial<CartContent> | { faults: readonly CartFault[] }

/** A cart's content after a change. A way of delivery was chosen for a currency: an empty cart has none. */
export function changed(cart: CartContent, change: Partial<CartContent>): CartContent {
  const { lines, currencyCode, buyerEmail, shippingAddress, billingAddress, shippingChoice, discountCodes } = {
    ...cart,
    ...change,
  }
  return {
    lines,
    currencyCode,
    buyerEmail,
    shippingAddress,
    billingAddress,
    shippingChoice: currencyCode === null ? null : shippingChoice,
    discountCodes,
  }
}

/** Whether a change changes nothing. */
export function isUnchanged(cart: CartContent, after: CartContent): boolean {
  return isDeepStrictEqual(changed(cart, {}), after)
}

/** Whether this viewer (null: not signed in) may see and change the cart. */
export function isOpenTo(cart: { viewerId: string | null }, viewerId: string | null): boolean {
  return cart.viewerId === null || cart.viewerId === viewerId
}

/** The event of a cart that was made or changed. */
export function cartChanged({ id, state, version, updatedAt }: CartStanding): NewEvent<'checkout.cart.changed'> {
  return event('checkout.cart.changed', { id, version, status: statusOf(state), changedAt: updatedAt.toISOString() })
}

/** The state's name in the graph. */
export function statusOf({ is }: CartState): string {
  return is.toUpperCase()
}

/** Why the cart as a whole cannot be changed now, or null. */
export function whyClosed(cart: Cart, expectedVersion: number | null): CartFault | null {
  if (cart.state.is === 'completed') return fault('CART_COMPLETED', ['cartId'], 'The order of this cart was placed.')
  if (cart.state.is === 'placing') {
    return fault('CART_BEING_PLACED', ['cartId'], 'The order of this cart is being placed right now.')
  }
  if (cart.state.is === 'merged') return fault('CART_MERGED', ['cartId'], 'This cart went into another one.')
  if (expectedVersion === null || expectedVersion === cart.version) return null
  return fault(
    'VERSION_CONFLICT',
    ['expectedVersion'],
    `The cart has version ${cart.version}, not ${expectedVersion}: look at it again.`,
  )
}
