import { customerOf } from '../discount/promotion.ts'
import type { Offer } from '../offer/offer.ts'
import { isQuantityAllowed, type Terms, USUAL_TERMS } from '../offer/terms.ts'
import type { Billable } from '../totals/billable.ts'
import { lineTotal, MAX_MINOR_UNITS, sumUp } from '../totals/totals.ts'
import type { Cart, CartLine } from './cart.ts'

/** Something about the lines of a cart that stands between it and its order. */
export type CartProblem =
  | { is: 'priceChanged'; line: CartLine; currencyCode: string; before: bigint; now: bigint }
  | { is: 'notForSale'; line: CartLine }
  | { is: 'outOfStock'; line: CartLine }
  | { is: 'insufficientStock'; line: CartLine; available: number }
  | { is: 'quantityNotAllowed'; line: CartLine; terms: Terms }
  | { is: 'totalTooLarge' }

/** A line at the price of now; `unitMinorUnits` null: it cannot be bought now; `totalMinorUnits` null: that, or beyond what can be said. */
export interface PricedLine extends CartLine {
  currencyCode: string
  unitMinorUnits: bigint | null
  totalMinorUnits: bigint | null
  terms: Terms
  problems: readonly CartProblem[]
}

/** A cart at the prices of now; `billable` null: no line has a price, or they are beyond what can be said. */
export interface PricedCart extends Omit<Cart, 'lines'> {
  lines: readonly PricedLine[]
  billable: Billable | null
  problems: readonly CartProblem[]
}

/** Puts the prices of now on a cart, and names what the shopper should know. A price in another currency is none. */
export function priceCart(cart: Cart, offers: ReadonlyMap<string, Offer>): PricedCart {
  const currencyCode = cart.currencyCode ?? ''
  const lines = cart.lines.map((line): PricedLine => priceLine(line, currencyCode, offers.get(line.sku)))
  const sold = lines.flatMap(({ sku, unitMinorUnits, quantity, terms }) =>
    unitMinorUnits === null ? [] : [{ sku, unitMinorUnits, quantity, terms }],
  )
  const tooLarge = sumUp(currencyCode, sold).total > MAX_MINOR_UNITS
  const problems = [...lines.flatMap((line) => line.problems), ...(tooLarge ? [{ is: 'totalTooLarge' } as const] : [])]
  const billable = sold.length === 0 || tooLarge ? null : billableOf(cart, sold)
  return { ...cart, lines, billable, problems }
}

/** What a cart's bill is made from, with these lines. */
export function billableOf(cart: Cart, lines: Billable['lines']): Billable {
  const { discountCodes, shippingAddress, billingAddress, shippingChoice } = cart
  return {
    currencyCode: cart.currencyCode ?? '',
    lines,
    discountCodes,
    customer: customerOf(cart.viewerId, cart.buyerEmail),
    shippingAddress,
    billingAddress,
    shippingChoice,
  }
}

function priceLine(line: CartLine, currencyCode: string, offer: Offer | undefined): PricedLine {
  const terms = offer?.terms ?? USUAL_TERMS
  if (!offer || offer.price === null || offer.price.currencyCode !== currencyCode) {
    const problems: CartProblem[] = [{ is: 'notForSale', line }]
    return { ...line, currencyCode, unitMinorUnits: null, totalMinorUnits: null, terms, problems }
  }
  const { minorUnits: now } = offer.price
  const total = lineTotal({ unitMinorUnits: now, quantity: line.quantity })
  return {
    ...line,
    currencyCode,
    unitMinorUnits: now,
    totalMinorUnits: total > MAX_MINOR_UNITS ? null : total,
    terms,
    problems: problemsOf(line, currencyCode, now, offer),
  }
}

function problemsOf(line: CartLine, currencyCode: string, now: bigint, { available, terms }: Offer): CartProblem[] {
  const problems: CartProblem[] = []
  const before = line.acceptedMinorUnits
  if (now !== before) problems.push({ is: 'priceChanged', line, currencyCode, before, now })
  if (available !== null && available <= 0) problems.push({ is: 'outOfStock', line })
  else if (available !== null && available < line.quantity) problems.push({ is: 'insufficientStock', line, available })
  if (!isQuantityAllowed(line.quantity, terms)) problems.push({ is: 'quantityNotAllowed', line, terms })
  return problems
}
