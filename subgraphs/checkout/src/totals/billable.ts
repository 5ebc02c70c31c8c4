import type { Address, AddressPart } from '../cart/address.ts'
import { missingParts } from '../cart/address.ts'
import type { FullLine } from '../discount/apply.ts'
import { REASONS, type WhyNot } from '../discount/promotion.ts'
import type { Terms } from '../offer/terms.ts'
import type { ProviderDown } from '../provider/http.ts'
import type { Destination, ShippingChoice, ShippingOption } from '../shipping/shipping.ts'

/** What is asked of a cart for its bill: its lines at a price, and what the shopper has told. */
export interface Billable {
  currencyCode: string
  lines: readonly (FullLine & { terms: Terms })[]
  discountCodes: readonly string[]
  /** Who counts the uses of promotions that are limited for each customer; null: not known. */
  customer: string | null
  shippingAddress: Address | null
  billingAddress: Address | null
  shippingChoice: ShippingChoice | null
}

/** What stands between a cart and its order, besides its lines. */
export type BillProblem =
  | { is: 'discountNotApplicable'; code: string; why: WhyNot }
  | { is: 'addressIncomplete'; kind: 'SHIPPING' | 'BILLING'; missing: readonly AddressPart[] }
  /** `offered`: whether there is any way of delivery to choose. */
  | { is: 'shippingNotSelected'; offered: boolean }
  | { is: 'shippingOptionGone'; choice: ShippingChoice; offered: boolean }
  | { is: 'shippingPriceChanged'; choice: ShippingChoice; now: bigint }
  | { is: 'providerUnavailable'; provider: 'SHIPPING' | 'TAX'; error: ProviderDown }

/** What an address is worth for who delivers or taxes. */
export function destinationOf({ countryCode, region, postalCode, city }: Address): Destination {
  return { countryCode, region, postalCode, city }
}

/** Whether something has to be sent. */
export function ships({ lines }: Pick<Billable, 'lines'>): boolean {
  return lines.some(({ terms }) => terms.ships)
}

/** What the address of a delivery lacks, as a problem; null: nothing. */
export function deliveryAddressProblem(address: Address | null): BillProblem | null {
  const missing = address === null ? (['countryCode'] as const) : missingParts(address)
  return missing.length === 0 ? null : { is: 'addressIncomplete', kind: 'SHIPPING', missing }
}

/** What there is to say about a choice, given the options of now. */
export function choiceProblem(choice: ShippingChoice | null, options: readonly ShippingOption[]): BillProblem | null {
  const offered = options.length > 0
  if (choice === null) return { is: 'shippingNotSelected', offered }
  const option = options.find(({ id }) => id === choice.id)
  if (!option) return { is: 'shippingOptionGone', choice, offered }
  return option.minorUnits === choice.minorUnits ? null : { is: 'shippingPriceChanged', choice, now: option.minorUnits }
}

/** One sentence for people; the shopper reads it. */
export function sentenceOf(problem: BillProblem): string {
  switch (problem.is) {
    case 'discountNotApplicable':
      return `The code ${problem.code} gives nothing: ${REASONS[problem.why]}.`
    case 'addressIncomplete': {
      const address = problem.kind === 'SHIPPING' ? 'delivery address' : 'billing address'
      if (problem.missing.includes('countryCode')) return `There is no ${address}.`
      return `The ${address} is incomplete: ${problem.missing.join(', ')}.`
    }
    case 'shippingNotSelected':
      return problem.offered ? 'No way of delivery has been chosen.' : NOT_DELIVERED
    case 'shippingOptionGone':
      return problem.offered
        ? `${problem.choice.title} is not offered any more: choose another way of delivery.`
        : NOT_DELIVERED
    case 'shippingPriceChanged':
      return `${problem.choice.title} has another price than when it was chosen.`
    case 'providerUnavailable':
      return `${problem.provider === 'SHIPPING' ? 'The price of delivery' : 'The tax'} cannot be found out at the moment; the total is an estimate.`
  }
}

const NOT_DELIVERED =
  "This cart cannot be delivered to this address: there is no way of delivery for it there in the cart's currency."
