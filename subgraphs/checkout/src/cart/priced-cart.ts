import type { Offer } from '../offer/offer.ts'
import { lineTotal, MAX_MINOR_UNITS, sumUp, type Totals } from '../totals/totals.ts'
import type { Cart, CartLine } from './cart.ts'

/** Something that stands between a cart and its order. */
export type CartProblem =
  | { is: 'priceChanged'; line: CartLine; currencyCode: string; before: bigint; now: bigint }
  | { is: 'notForSale'; line: CartLine }
  | { is: 'totalTooLarge' }

/** A line at the price of now; `unitMinorUnits` null: it cannot be bought now; `totalMinorUnits` null: that, or beyond what can be said. */
export interface PricedLine extends CartLine {
  currencyCode: string
  unitMinorUnits: bigint | null
  totalMinorUnits: bigint | null
  problems: readonly CartProblem[]
}

/** A cart at the prices of now; `totals` null: no line has a price, or they are beyond what can be said. */
export interface PricedCart extends Omit<Cart, 'lines'> {
  lines: readonly PricedLine[]
  totals: Totals | null
  problems: readonly CartProblem[]
}

/** Puts the prices of now on a cart, and names what the shopper should know. A price in another currency is none. */
export function priceCart(cart: Cart, offers: ReadonlyMap<string, Offer>): PricedCart {
  const currencyCode = cart.currencyCode ?? ''
  const lines = cart.lines.map((line): PricedLine => {
    const price = offers.get(line.sku)?.price ?? null
    if (price === null || price.currencyCode !== currencyCode) {
      const problems: CartProblem[] = [{ is: 'notForSale', line }]
      return { ...line, currencyCode, unitMinorUnits: null, totalMinorUnits: null, problems }
    }
    const { minorUnits: now } = price
    const before = line.acceptedMinorUnits
    const problems: CartProblem[] = now === before ? [] : [{ is: 'priceChanged', line, currencyCode, before, now }]
    const total = lineTotal({ unitMinorUnits: now, quantity: line.quantity })
    const totalMinorUnits = total > MAX_MINOR_UNITS ? null : total
    return { ...line, currencyCode, unitMinorUnits: now, totalMinorUnits, problems }
  })
  const sold = lines.flatMap(({ unitMinorUnits, quantity }) =>
    unitMinorUnits === null ? [] : [{ unitMinorUnits, quantity }],
  )
  const totals = sumUp(currencyCode, sold)
  const tooLarge = totals.total > MAX_MINOR_UNITS
  const problems = [...lines.flatMap((line) => line.problems), ...(tooLarge ? [{ is: 'totalTooLarge' } as const] : [])]
  return { ...cart, lines, totals: sold.length === 0 || tooLarge ? null : totals, problems }
}
