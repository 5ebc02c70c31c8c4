import type { Money } from '@commerce/service/money.ts'
import { describe, expect, it } from 'vitest'
import { USUAL_TERMS } from '../offer/terms.ts'
import type { BillProblem } from '../totals/billable.ts'
import type { Bill } from '../totals/service.ts'
import { NO_ADJUSTMENTS, sumUp } from '../totals/totals.ts'
import { compareQuote, type QuotedLines, type QuotedOffer, quoteLines } from './quote.ts'

const holdUntil = '2026-01-01T00:15:00.000Z'
const cart = {
  currencyCode: 'USD',
  lines: [{ id: 'line', sku: 'cup', title: 'Cup', quantity: 2, acceptedMinorUnits: 500n }],
}
const lines = [{ lineId: 'line', sku: 'cup', title: 'Cup', quantity: 2, unitMinorUnits: 500n }]
const usd = (minorUnits: bigint) => ({ minorUnits, currencyCode: 'USD' })
const at = (price: bigint) => [{ sku: 'cup', price: usd(price) }]
const terms = new Map([['cup', USUAL_TERMS]])

function compare(quote: QuotedOffer[], expected: Money | null, problems: BillProblem[] = [], shipping = 0n) {
  const quoted = quoteLines(cart, quote, terms) as QuotedLines
  const totals = sumUp('USD', quoted.lines, { ...NO_ADJUSTMENTS, shipping })
  const bill: Bill = { totals, lines: [], delivery: null, estimated: false, options: [], problems, used: ['p'] }
  return compareQuote(quoted, bill, { customer: 'viewer:ann', shippingAddress: null }, expected, holdUntil)
}

describe('a quote', () => {
  it('at the accepted prices lets the attempt go on, and keeps how the totals came about', () => {
    const details = { lines: [], delivery: null, used: ['p'], destination: null, customer: 'viewer:ann' }
    const totals = sumUp('USD', lines)
    expect(compare(at(500n), null)).toEqual({ is: 'quoted', lines, totals, holdUntil, details })
  })

  it('at another price ends it, and says which', () => {
    expect(compare(at(600n), null)).toMatchObject({
      failure: { is: 'pricesChanged', changes: [{ sku: 'cup', before: 500n, now: 600n }] },
    })
  })

  it('is measured by the expected total when there is one, delivery included', () => {
    expect(compare(at(600n), usd(1_200n))).toMatchObject({ is: 'quoted', totals: { total: 1_200n } })
    expect(compare(at(600n), usd(1_200n), [], 300n)).toMatchObject({ failure: { is: 'pricesChanged' } })
    expect(compare(at(600n), usd(1_500n), [], 300n)).toMatchObject({ is: 'quoted', totals: { shipping: 300n } })
    expect(compare(at(500n), usd(999n))).toMatchObject({ failure: { is: 'pricesChanged', changes: [] } })
    const euros = { minorUnits: 1_000n, currencyCode: 'EUR' }
    expect(compare(at(500n), euros)).toMatchObject({ failure: { is: 'pricesChanged' } })
  })

  it('without a discount that the cart was to have needs a yes to the total', () => {
    const problem: BillProblem = { is: 'discountNotApplicable', code: 'TEN', why: 'USED_UP' }
    expect(compare(at(500n), null, [problem])).toMatchObject({ failure: { is: 'pricesChanged', changes: [] } })
    expect(compare(at(500n), usd(1_000n), [problem])).toMatchObject({ is: 'quoted' })
  })

  it('of a cart that lacks something refuses, whatever total is expected, and says what', () => {
    const problems: BillProblem[] = [
      { is: 'addressIncomplete', kind: 'SHIPPING', missing: ['city'] },
      { is: 'shippingNotSelected', offered: true },
    ]
    expect(compare(at(500n), usd(1_000n), problems)).toMatchObject({
      failure: {
        is: 'refused',
        code: 'CART_INCOMPLETE',
        message: 'The delivery address is incomplete: city. No way of delivery has been chosen.',
      },
    })
  })

  it('beyond what the shop can count refuses', () => {
    const tooLarge = { failure: { is: 'refused', code: 'TOTAL_TOO_LARGE' } }
    expect(quoteLines(cart, at(BigInt(Number.MAX_SAFE_INTEGER)), terms)).toMatchObject(tooLarge)
    expect(compare(at(500n), null, [], BigInt(Number.MAX_SAFE_INTEGER))).toMatchObject(tooLarge)
  })

  it('without a price, or in another currency, refuses', () => {
    const euro = [{ sku: 'cup', price: { minorUnits: 500n, currencyCode: 'EUR' } }]
    for (const quote of [[], [{ sku: 'cup', price: null }], euro]) {
      expect(quoteLines(cart, quote, terms)).toMatchObject({ failure: { is: 'refused', code: 'NOT_FOR_SALE' } })
    }
  })

  it('of a quantity that is not sold refuses', () => {
    const sixpacks = new Map([['cup', { ...USUAL_TERMS, minQuantity: 6, step: 6 }]])
    expect(quoteLines(cart, at(500n), sixpacks)).toMatchObject({
      failure: { code: 'CART_INCOMPLETE', message: 'Cup is sold from 6 to 999 in steps of 6.' },
    })
  })
})
