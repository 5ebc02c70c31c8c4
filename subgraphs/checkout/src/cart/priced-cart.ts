import type { Offer } from '../offer/offer.ts'
import { sumUp, type Totals } from '../totals/totals.ts'
import type { Cart, CartLine } from './cart.ts'

/** Something that stands between a line and its order. */
export type CartProblem =
  | { is: 'priceChanged'; line: CartLine; currencyCode: string; before: bigint; now: bigint }
  | { is: 'notForSale'; line: CartLine }

/** A line at the price of now; `unitMinorUnits` null: it cannot be bought now. */
export interface PricedLine extends CartLine {
  currencyCode: string
  unitMinorUnits: bigint | null
  problems: readonly CartProblem[]
}

/** A cart at the prices of now; `totals` null: no line has a price. */
export interface PricedCart extends Omit<Cart, 'lines'> {
  lines: readonly PricedLine[]
  totals: Totals | null
}

/** Puts the prices of now on a cart, and names what the shopper should know. A price in another currency is none. */
export function priceCart(cart: Cart, offers: ReadonlyMap<string, Offer>): PricedCart {
  const currencyCode = cart.currencyCode ?? ''
  const lines = cart.lines.map((line): PricedLine => {
    const price = offers.get(line.sku)?.price ?? null
    if (price === null || price.currencyCode !== currencyCode) {
      return { ...line, currencyCode, unitMinorUnits: null, problems: [{ is: 'notForSale', line }] }
    }
    const { minorUnits: now } = price
    const before = line.acceptedMinorUnits
    const problems: CartProblem[] = now === before ? [] : [{ is: 'priceChanged', line, currencyCode, before, now }]
    return { ...line, currencyCode, unitMinorUnits: now, problems }
  })
  const sold = lines.flatMap(({ unitMinorUnits, quantity }) =>
    unitMinorUnits === null ? [] : [{ unitMinorUnits, quantity }],
  )
  return { ...cart, lines, totals: sold.length === 0 ? null : sumUp(currencyCode, sold) }
}
