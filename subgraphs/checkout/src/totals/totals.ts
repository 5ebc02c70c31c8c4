/** What there is to pay, in minor units of one currency. */
export interface Totals {
  currencyCode: string
  subtotal: bigint
  discount: bigint
  shipping: bigint
  /** Tax on top of the prices. */
  tax: bigint
  /** Tax that is within the prices, and so within the total already. */
  taxIncluded: bigint
  total: bigint
}

/** What is added to or taken off the subtotal, and the tax within it; each zero or positive. */
export interface Adjustments {
  discount: bigint
  shipping: bigint
  tax: bigint
  taxIncluded: bigint
}

/** Nothing off, free delivery, no tax. */
export const NO_ADJUSTMENTS: Adjustments = { discount: 0n, shipping: 0n, tax: 0n, taxIncluded: 0n }

/** The largest amount the API can say exactly: 2^53 - 1 minor units. */
export const MAX_MINOR_UNITS = BigInt(Number.MAX_SAFE_INTEGER)

/** Sums lines of one currency. A discount never takes off more than the subtotal. */
export function sumUp(
  currencyCode: string,
  lines: readonly { unitMinorUnits: bigint; quantity: number }[],
  { discount, shipping, tax, taxIncluded }: Adjustments = NO_ADJUSTMENTS,
): Totals {
  const subtotal = lines.reduce((sum, line) => sum + lineTotal(line), 0n)
  const off = discount > subtotal ? subtotal : discount
  return { currencyCode, subtotal, discount: off, shipping, tax, taxIncluded, total: subtotal - off + shipping + tax }
}

/** The price of one times the quantity. */
export function lineTotal({ unitMinorUnits, quantity }: { unitMinorUnits: bigint; quantity: number }): bigint {
  return unitMinorUnits * BigInt(quantity)
}
