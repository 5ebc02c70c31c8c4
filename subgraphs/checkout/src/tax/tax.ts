import type { Destination } from '../shipping/shipping.ts'
import { divide, MILLION, portion } from '../totals/share.ts'

/** What is taxed, and where: amounts after discounts, in minor units. */
export interface TaxRequest {
  currencyCode: string
  destination: Destination
  lines: readonly { sku: string; quantity: number; taxClass: string; minorUnits: bigint }[]
  shippingMinorUnits: bigint
}

/** The tax of one amount: on top of it, or within it. */
export interface Tax {
  minorUnits: bigint
  included: boolean
}

/** The taxes of a request: one for each SKU, and that of the delivery. */
export interface Taxes {
  bySku: ReadonlyMap<string, Tax>
  shipping: Tax
}

/** What checkout needs from whoever knows the taxes. */
export interface TaxProvider {
  /** Whether the shop charges tax at all: false means that nothing is asked of a cart. */
  isUsed(): Promise<boolean>
  /** The taxes of now. Rejects when they cannot be said. */
  taxes(request: TaxRequest): Promise<Taxes>
}

/** A rate in millionths (88_750 is 8.875 %); `region` empty: the whole country; `included`: the shop's prices contain it. */
export interface TaxRate {
  countryCode: string
  region: string
  taxClass: string
  ppm: number
  included: boolean
}

/** What a SKU is when nobody said otherwise. */
export const STANDARD = 'standard'
/** The class of the delivery; without a rate of its own it is taxed like what is standard. */
export const SHIPPING = 'shipping'

/** The taxes by a table of rates: each amount by itself, to the nearest minor unit, a half up. What no rate is about is not taxed. */
export function taxesOf(
  rates: readonly TaxRate[],
  { destination, lines, shippingMinorUnits }: Omit<TaxRequest, 'currencyCode'>,
): Taxes {
  const taxed = (taxClass: string, amount: bigint): Tax => {
    const rate = rateFor(rates, destination, taxClass)
    if (!rate) return { minorUnits: 0n, included: false }
    const ppm = BigInt(rate.ppm)
    const minorUnits = rate.included ? divide(amount * ppm, MILLION + ppm) : portion(amount, ppm)
    return { minorUnits, included: rate.included }
  }
  return {
    bySku: new Map(lines.map(({ sku, taxClass, minorUnits }) => [sku, taxed(taxClass, minorUnits)])),
    shipping: taxed(SHIPPING, shippingMinorUnits),
  }
}

/** The rate for a class at a place: of the region or else of the country; without one for the class, that for what is standard; null: none. */
export function rateFor(
  rates: readonly TaxRate[],
  { countryCode, region }: Pick<Destination, 'countryCode' | 'region'>,
  taxClass: string,
): TaxRate | null {
  const here = rates.filter((rate) => rate.countryCode === countryCode)
  for (const wanted of [taxClass, STANDARD]) {
    for (const place of [region, '']) {
      const rate = here.find((each) => each.taxClass === wanted && each.region === place)
      if (rate) return rate
    }
  }
  return null
}
