import { event, type NewEvent } from '@commerce/events/contracts.ts'
import { exponentOf, fromAmount, isCurrencyCode, type Money } from '@commerce/service/money.ts'
import { type Problem, problem } from '../product/text.ts'

/** What a variant costs: `compareAt` is the price before, in minor units of the same currency. */
export interface PriceValue {
  minorUnits: bigint
  currencyCode: string
  compareAt: bigint | null
}

/** The price of a variant that was set at least once; `value` is null when it was taken away. */
export interface PriceState {
  sku: string
  variantId: string
  productId: string
  value: PriceValue | null
  version: number
  setAt: Date
}

/** A price as somebody wrote it: decimal strings. */
export interface PriceWish {
  amount: string
  currencyCode: string
  compareAt?: string | null
}

const MAX_MINOR_UNITS = BigInt(Number.MAX_SAFE_INTEGER)

/** Reads a wish, or says what is wrong with it; `path` leads to the wish. */
export function readPrice(path: readonly string[], wish: PriceWish): PriceValue | Problem {
  const { currencyCode } = wish
  if (!isCurrencyCode(currencyCode)) {
    return problem([...path, 'currencyCode'], 'an ISO 4217 currency code such as USD', currencyCode)
  }
  const minorUnits = amount(wish.amount, currencyCode)
  if (minorUnits === null) {
    return problem(
      [...path, 'amount'],
      `an amount of ${currencyCode}, 0 or more, with at most ${exponentOf(currencyCode)} decimals`,
      wish.amount,
    )
  }
  if (wish.compareAt == null) return { minorUnits, currencyCode, compareAt: null }
  const compareAt = amount(wish.compareAt, currencyCode)
  if (compareAt === null || compareAt <= minorUnits) {
    return problem([...path, 'compareAt'], `an amount of ${currencyCode} above the price`, wish.compareAt)
  }
  return { minorUnits, currencyCode, compareAt }
}

function amount(text: string, currencyCode: string): bigint | null {
  const units = fromAmount(text, currencyCode)
  return units !== null && units >= 0n && units <= MAX_MINOR_UNITS ? units : null
}

/** Whether two prices are the same one; null is no price. */
export function isSamePrice(a: PriceValue | null, b: PriceValue | null): boolean {
  if (a === null || b === null) return a === b
  return a.minorUnits === b.minorUnits && a.currencyCode === b.currencyCode && a.compareAt === b.compareAt
}

/** From the lowest to the highest; null when there is no price, or when the currencies differ. */
export function priceRange(prices: readonly (PriceValue | null)[]): { min: Money; max: Money } | null {
  const set = prices.filter((price) => price !== null)
  const [first] = set
  if (!first || set.some(({ currencyCode }) => currencyCode !== first.currencyCode)) return null
  const sorted = set.map(({ minorUnits }) => minorUnits).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const money = (minorUnits: bigint | undefined): Money => ({
    minorUnits: minorUnits ?? first.minorUnits,
    currencyCode: first.currencyCode,
  })
  return { min: money(sorted[0]), max: money(sorted.at(-1)) }
}

/** What lists sort and filter a product by: its lowest price in the currency of its first priced variant. */
export function listedPrice(prices: readonly (PriceValue | null)[]): Money | null {
  const first = prices.find((price) => price !== null)
  if (!first) return null
  return priceRange(prices.filter((price) => price?.currencyCode === first.currencyCode))?.min ?? null
}

/** The fact that a price is now as `state` says. */
export function priceChanged({ sku, variantId, productId, version, value }: PriceState): NewEvent {
  return event('catalog.price.changed', {
    sku,
    variantId,
    productId,
    version,
    price: value && {
      minorUnits: Number(value.minorUnits),
      currencyCode: value.currencyCode,
      compareAtMinorUnits: value.compareAt === null ? null : Number(value.compareAt),
    },
  })
}
