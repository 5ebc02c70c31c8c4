import type { Money } from '@commerce/service/money.ts'
import type { Cart } from '../cart/cart.ts'
import { MAX_MINOR_UNITS, sumUp } from '../totals/totals.ts'
import type { AttemptLine, Fact, PriceChange } from './attempt.ts'
import { refusal } from './refusal.ts'

/** What the catalog asks for a SKU now; null: it cannot be bought. */
export interface QuotedOffer {
  sku: string
  price: Money | null
}

/**
 * Compares the catalog's prices of now with what the shopper agreed to: the expected total if there is one, otherwise the prices accepted in
 * the cart.
 */
export function compareQuote(
  cart: Pick<Cart, 'lines' | 'currencyCode'>,
  quote: readonly QuotedOffer[],
  expectedTotal: Money | null,
  holdUntil: string,
): Fact {
  const prices = new Map(quote.map(({ sku, price }) => [sku, price]))
  const currencyCode = cart.currencyCode ?? ''
  const lines: AttemptLine[] = []
  const changes: PriceChange[] = []
  const missing: string[] = []
  for (const { id, sku, title, quantity, acceptedMinorUnits: before } of cart.lines) {
    const price = prices.get(sku)
    if (!price || price.currencyCode !== currencyCode) missing.push(title)
    else {
      const { minorUnits: now } = price
      lines.push({ lineId: id, sku, title, quantity, unitMinorUnits: now })
      if (now !== before) changes.push({ lineId: id, sku, before, now })
    }
  }
  const totals = sumUp(currencyCode, lines)
  if (missing.length > 0) {
    const message = `${missing.join('; ')}: cannot be bought at the moment.`
    return { is: 'failed', failure: { ...refusal('NOT_FOR_SALE'), message } }
  }
  if (totals.total > MAX_MINOR_UNITS) return { is: 'failed', failure: refusal('TOTAL_TOO_LARGE') }
  const agreed = expectedTotal
    ? expectedTotal.minorUnits === totals.total && expectedTotal.currencyCode === currencyCode
    : changes.length === 0
  if (!agreed) return { is: 'failed', failure: { is: 'pricesChanged', currencyCode, changes } }
  return { is: 'quoted', lines, totals, holdUntil }
}
