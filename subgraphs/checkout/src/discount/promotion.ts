import type { Money } from '@commerce/service/money.ts'

/** What a promotion gives. `ppm` is a part in millionths: 200_000 is 20 %. */
export type PromotionRule =
  | { is: 'percentage'; ppm: number }
  | { is: 'amount'; minorUnits: bigint; currencyCode: string }
  /** Of each `buy + get` units, the `get` cheapest are reduced by `ppm`. */
  | { is: 'buyXGetY'; buy: number; get: number; ppm: number }
  | { is: 'freeShipping' }

/** Something off, for whoever meets its conditions. `code` null: it comes by itself. */
export interface Promotion {
  id: string
  title: string
  code: string | null
  rule: PromotionRule
  /** What it is about; empty: everything. */
  skus: readonly string[]
  /** What the lines that it is about must come to, before any discount; null: nothing. */
  minimum: Money | null
  startsAt: Date
  endsAt: Date | null
  /** `exclusive`: combines with no other. */
  stacking: 'exclusive' | 'stacks'
  /** The higher one comes first. */
  priority: number
  usageLimit: number | null
  usageLimitPerCustomer: number | null
  /** Orders that were placed with it and not cancelled. */
  uses: number
  version: number
}

/** Why a promotion does not apply to a cart. */
export type WhyNot =
  | 'UNKNOWN_CODE'
  | 'NOT_STARTED'
  | 'ENDED'
  | 'USED_UP'
  | 'USED_UP_BY_CUSTOMER'
  | 'CUSTOMER_UNKNOWN'
  | 'OTHER_CURRENCY'
  | 'MINIMUM_NOT_REACHED'
  | 'NOTHING_TO_DISCOUNT'
  | 'NOT_COMBINABLE'

export const REASONS: Record<WhyNot, string> = {
  UNKNOWN_CODE: 'there is no such code',
  NOT_STARTED: 'it has not started yet',
  ENDED: 'it has ended',
  USED_UP: 'it was used as often as it may be',
  USED_UP_BY_CUSTOMER: 'you have used it as often as you may',
  CUSTOMER_UNKNOWN: 'it is limited for each customer, so it needs your e-mail address',
  OTHER_CURRENCY: 'it is in another currency than the cart',
  MINIMUM_NOT_REACHED: 'the cart does not come to what it asks for',
  NOTHING_TO_DISCOUNT: 'nothing in the cart is reduced by it',
  NOT_COMBINABLE: 'it does not combine with another discount of this cart',
}

/** A code as it is stored and compared: `" summer-10 "` is `"SUMMER-10"`; null when it cannot be one. */
export function codeFrom(text: string): string | null {
  const code = text.trim().toUpperCase()
  return /^[A-Z0-9][A-Z0-9_-]{2,49}$/.test(code) ? code : null
}

/** The order in which promotions apply, whatever the order they are given in. */
export function byPrecedence(promotions: readonly Promotion[]): Promotion[] {
  return [...promotions].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
}

/** Who counts as one customer for limits: the signed-in viewer, otherwise the e-mail address; null: not known yet. */
export function customerOf(viewerId: string | null, email: string | null): string | null {
  if (viewerId !== null) return `viewer:${viewerId}`
  return email === null ? null : `email:${email.toLowerCase()}`
}

/** What a customer's use of a promotion depends on besides the cart. */
export interface Standing {
  now: Date
  customer: string | null
  /** By the promotion's id; left out: none. */
  usesOfCustomer: ReadonlyMap<string, number>
}

/** Why a promotion cannot be used by this customer at this time, whatever is in the cart, or null. */
export function whyNotNow(promotion: Promotion, { now, customer, usesOfCustomer }: Standing): WhyNot | null {
  if (now < promotion.startsAt) return 'NOT_STARTED'
  if (promotion.endsAt !== null && now >= promotion.endsAt) return 'ENDED'
  if (promotion.usageLimit !== null && promotion.uses >= promotion.usageLimit) return 'USED_UP'
  if (promotion.usageLimitPerCustomer === null) return null
  if (customer === null) return 'CUSTOMER_UNKNOWN'
  return (usesOfCustomer.get(promotion.id) ?? 0) >= promotion.usageLimitPerCustomer ? 'USED_UP_BY_CUSTOMER' : null
}
