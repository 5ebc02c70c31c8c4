import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Money } from '@commerce/service/money.ts'
import type { Cart } from '../cart/cart.ts'
import { billableOf } from '../cart/priced-cart.ts'
import { findCarts } from '../cart/repository.ts'
import { findOffers } from '../offer/repository.ts'
import type { OfferService } from '../offer/service.ts'
import { isQuantityAllowed, quantityRule, type Terms, USUAL_TERMS } from '../offer/terms.ts'
import type { Remotes } from '../remotes.ts'
import { type Billable, type BillProblem, destinationOf, sentenceOf } from '../totals/billable.ts'
import type { Bill, BillingService } from '../totals/service.ts'
import { MAX_MINOR_UNITS, sumUp } from '../totals/totals.ts'
import type { AttemptLine, Fact, PlaceRequest, PriceChange, QuoteDetails } from './attempt.ts'
import { refusal } from './refusal.ts'

/** What the catalog asks for a SKU now; null: it cannot be bought. */
export interface QuotedOffer {
  sku: string
  price: Money | null
}

/** The lines of a cart at the prices of a quote. */
export interface QuotedLines {
  lines: readonly AttemptLine[]
  changes: readonly PriceChange[]
}

export interface QuoteDependencies {
  database: Prisma.TransactionClient
  offers: OfferService
  remotes: Pick<Remotes, 'quote'>
  billing: BillingService
}

/** Quotes a cart: the catalog's prices of now, promotions, delivery and tax, compared with what the shopper agreed to. Rejects when that cannot be said. */
export function createQuote({ database, offers, remotes, billing }: QuoteDependencies) {
  const cartOf = createBatch((ids) => findCarts(database, ids))
  const offerOf = createBatch((skus) => findOffers(database, skus))
  // Carts that are placed in the same moment are quoted in one call.
  const priceOf = createBatch(async (skus) => new Map((await remotes.quote(skus)).map((price) => [price.sku, price])))
  const allOf = async <V>(skus: readonly string[], one: (sku: string) => Promise<V | null>) => {
    return (await Promise.all(skus.map(one))).filter((found) => found !== null)
  }

  return async (cartId: string, { expectedTotal }: PlaceRequest, holdUntil: string): Promise<Fact> => {
    const cart = await cartOf(cartId)
    if (!cart) throw new Error(`Cart ${cartId} is gone.`)
    const skus = cart.lines.map(({ sku }) => sku)
    const [prices, offered] = await Promise.all([allOf(skus, priceOf), allOf(skus, offerOf)])
    const known = new Map(offered.map((offer) => [offer.sku, offer]))
    if (prices.some(({ sku, price }) => !isSame(price, known.get(sku)?.price ?? null))) await offers.take([], prices)
    const terms = new Map([...known].map(([sku, offer]) => [sku, offer.terms]))
    const quoted = quoteLines(cart, prices, terms)
    if ('is' in quoted) return quoted
    const lines = quoted.lines.map(({ sku, quantity, unitMinorUnits }) => {
      return { sku, quantity, unitMinorUnits, terms: terms.get(sku) ?? USUAL_TERMS }
    })
    const billable = billableOf(cart, lines)
    const bill = await billing.bill(billable)
    for (const problem of bill.problems) if (problem.is === 'providerUnavailable') throw problem.error
    return compareQuote(quoted, bill, billable, expectedTotal, holdUntil)
  }
}

function isSame(one: Money | null, other: Money | null): boolean {
  return one?.minorUnits === other?.minorUnits && one?.currencyCode === other?.currencyCode
}

/** The lines at the catalog's prices, or why they cannot be ordered. */
export function quoteLines(
  cart: Pick<Cart, 'lines' | 'currencyCode'>,
  quote: readonly QuotedOffer[],
  terms: ReadonlyMap<string, Terms>,
): QuotedLines | (Fact & { is: 'failed' }) {
  const prices = new Map(quote.map(({ sku, price }) => [sku, price]))
  const lines: AttemptLine[] = []
  const changes: PriceChange[] = []
  const missing: string[] = []
  const odd: string[] = []
  for (const { id, sku, title, quantity, acceptedMinorUnits: before } of cart.lines) {
    const price = prices.get(sku)
    if (!price || price.currencyCode !== cart.currencyCode) missing.push(title)
    else {
      const { minorUnits: now } = price
      lines.push({ lineId: id, sku, title, quantity, unitMinorUnits: now })
      if (now !== before) changes.push({ lineId: id, sku, before, now })
    }
    const rule = terms.get(sku)
    if (rule && !isQuantityAllowed(quantity, rule)) odd.push(`${title} is sold ${quantityRule(rule)}.`)
  }
  if (missing.length > 0) return refused('NOT_FOR_SALE', `${missing.join('; ')}: cannot be bought at the moment.`)
  if (odd.length > 0) return refused('CART_INCOMPLETE', odd.join(' '))
  if (sumUp(cart.currencyCode ?? '', lines).total > MAX_MINOR_UNITS) return refused('TOTAL_TOO_LARGE')
  return { lines, changes }
}

/**
 * Compares a quote with what the shopper agreed to: the expected total if there is one, otherwise the prices accepted in the cart, the codes that are in it
 * and the chosen way of delivery at its price.
 */
export function compareQuote(
  { lines, changes }: QuotedLines,
  bill: Bill,
  cart: Pick<Billable, 'customer' | 'shippingAddress'>,
  expectedTotal: Money | null,
  holdUntil: string,
): Fact {
  const { totals, problems } = bill
  const { currencyCode, total } = totals
  const incomplete = problems.filter(({ is }) => LACKS.has(is))
  if (incomplete.length > 0) return refused('CART_INCOMPLETE', incomplete.map(sentenceOf).join(' '))
  if (total > MAX_MINOR_UNITS) return refused('TOTAL_TOO_LARGE')
  const agreed = expectedTotal
    ? expectedTotal.minorUnits === total && expectedTotal.currencyCode === currencyCode
    : changes.length === 0 && problems.length === 0
  if (!agreed) return { is: 'failed', failure: { is: 'pricesChanged', currencyCode, changes } }
  return { is: 'quoted', lines, totals, holdUntil, details: detailsOf(bill, cart) }
}

// Without these there is nothing to agree to.
const LACKS = new Set<BillProblem['is']>(['addressIncomplete', 'shippingNotSelected', 'shippingOptionGone'])

function detailsOf(
  { lines, delivery, used }: Bill,
  { customer, shippingAddress }: Pick<Billable, 'customer' | 'shippingAddress'>,
): QuoteDetails {
  return { lines, delivery, used, destination: shippingAddress && destinationOf(shippingAddress), customer }
}

function refused(code: Parameters<typeof refusal>[0], message?: string): Fact & { is: 'failed' } {
  const failure = refusal(code)
  return { is: 'failed', failure: message === undefined ? failure : { ...failure, message } }
}
