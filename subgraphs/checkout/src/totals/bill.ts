import type { Discount, Discounts, FullLine } from '../discount/apply.ts'
import type { ShippingOption } from '../shipping/shipping.ts'
import type { Taxes } from '../tax/tax.ts'
import { lineTotal, sumUp, type Totals } from './totals.ts'

/** What a line's price became: what is taken off it, and its tax, on top or within. */
export interface BilledLine {
  sku: string
  discounts: readonly Discount[]
  discountMinorUnits: bigint
  taxMinorUnits: bigint
  taxIncludedMinorUnits: bigint
}

/** The delivery: its price, and the promotion that pays for it, if one does. */
export interface Delivery extends ShippingOption {
  discount: Discount | null
}

/** What there is to pay, and how it comes about. */
export interface Account {
  totals: Totals
  lines: readonly BilledLine[]
  delivery: Delivery | null
}

export interface AccountInput {
  currencyCode: string
  lines: readonly FullLine[]
  discounts: Discounts
  delivery: Delivery | null
  /** Null: none, or not known. */
  taxes: Taxes | null
}

/** What a delivery costs after its discount. */
export function deliveryPrice(delivery: Delivery | null): bigint {
  return delivery === null ? 0n : delivery.minorUnits - (delivery.discount?.minorUnits ?? 0n)
}

/** What a line costs after its discounts. */
export function netOf(line: FullLine, { bySku }: Pick<Discounts, 'bySku'>): bigint {
  return lineTotal(line) - sum(bySku.get(line.sku) ?? [])
}

/**
 * Puts together what there is to pay. Every amount that goes in was rounded by itself (half away from zero: a discount once and then shared out over
 * its lines, a tax line by line), so that all sums are exact: the lines' discounts are the discount, the lines' taxes and the delivery's are the tax.
 */
export function account({ currencyCode, lines, discounts, delivery, taxes }: AccountInput): Account {
  const billed = lines.map(({ sku }): BilledLine => {
    const off = discounts.bySku.get(sku) ?? []
    const tax = taxes?.bySku.get(sku)
    return {
      sku,
      discounts: off,
      discountMinorUnits: sum(off),
      taxMinorUnits: tax && !tax.included ? tax.minorUnits : 0n,
      taxIncludedMinorUnits: tax?.included ? tax.minorUnits : 0n,
    }
  })
  const onTop = taxes && !taxes.shipping.included ? taxes.shipping.minorUnits : 0n
  const within = taxes?.shipping.included ? taxes.shipping.minorUnits : 0n
  const totals = sumUp(currencyCode, lines, {
    discount: discounts.total,
    shipping: deliveryPrice(delivery),
    tax: billed.reduce((all, { taxMinorUnits }) => all + taxMinorUnits, onTop),
    taxIncluded: billed.reduce((all, { taxIncludedMinorUnits }) => all + taxIncludedMinorUnits, within),
  })
  return { totals, lines: billed, delivery }
}

function sum(discounts: readonly Discount[]): bigint {
  return discounts.reduce((all, { minorUnits }) => all + minorUnits, 0n)
}
