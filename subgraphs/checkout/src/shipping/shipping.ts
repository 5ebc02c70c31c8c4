/** Where something is sent: what a provider needs of an address to name its prices. */
export interface Destination {
  countryCode: string
  region: string | null
  postalCode: string | null
  city: string | null
}

/** What is to be sent, and where to. `goodsMinorUnits` is what it costs after discounts. */
export interface ShippingRequest {
  currencyCode: string
  destination: Destination
  lines: readonly { sku: string; quantity: number; weightGrams: number }[]
  goodsMinorUnits: bigint
}

/** A way to deliver: its price, and in how many days it arrives after the order. */
export interface ShippingOption {
  id: string
  title: string
  minorUnits: bigint
  currencyCode: string
  earliestDays: number
  latestDays: number
}

/** What checkout needs from whoever knows the ways to deliver. */
export interface ShippingProvider {
  /** Whether the shop delivers at all: false means that nothing is asked of a cart. */
  isUsed(): Promise<boolean>
  /** The ways to deliver this there, the cheapest first; empty: there is none. Rejects when that cannot be said now. */
  options(request: ShippingRequest): Promise<readonly ShippingOption[]>
}

/** What a shopper chose, at the price that was shown. */
export type ShippingChoice = Pick<ShippingOption, 'id' | 'title' | 'minorUnits' | 'currencyCode'>

/** A price for delivering into a zone. Bounds are inclusive below and exclusive above; null: none. */
export interface ShippingRate {
  code: string
  title: string
  minorUnits: bigint
  currencyCode: string
  /** Of the goods after discounts, in minor units of the rate's currency. */
  goodsFrom: bigint | null
  goodsBelow: bigint | null
  gramsFrom: number | null
  gramsBelow: number | null
  earliestDays: number
  latestDays: number
}

/** A part of the world, by countries and their regions (`regions` empty: all of it), and what delivery there costs. */
export interface ShippingZone {
  code: string
  title: string
  places: readonly { countryCode: string; regions: readonly string[] }[]
  rates: readonly ShippingRate[]
}

/**
 * What zones offer for a request: the rates of the zone that names the region, or else of those that name the whole country. Of zones that name the
 * place equally well all rates count. A weight is the sum of what staff have said of each SKU; one of which nothing was said weighs nothing.
 */
export function optionsOf(
  zones: readonly ShippingZone[],
  { currencyCode, destination, lines, goodsMinorUnits }: ShippingRequest,
): ShippingOption[] {
  const grams = lines.reduce((sum, { weightGrams, quantity }) => sum + weightGrams * quantity, 0)
  const { countryCode, region } = destination
  const places = zones.map((zone) => ({ zone, place: zone.places.find((each) => each.countryCode === countryCode) }))
  const exact = places.filter(({ place }) => region !== null && place?.regions.includes(region))
  const broad = places.filter(({ place }) => place?.regions.length === 0)
  return (exact.length > 0 ? exact : broad)
    .flatMap(({ zone }) => zone.rates.map((rate) => ({ id: `${zone.code}/${rate.code}`, rate })))
    .filter(({ rate }) => rate.currencyCode === currencyCode)
    .filter(({ rate }) => isWithin(goodsMinorUnits, rate.goodsFrom, rate.goodsBelow))
    .filter(({ rate }) => isWithin(grams, rate.gramsFrom, rate.gramsBelow))
    .map(({ id, rate: { title, minorUnits, earliestDays, latestDays } }) => {
      return { id, title, minorUnits, currencyCode, earliestDays, latestDays }
    })
    .sort(cheapestFirst)
}

/** Orders options by price, then by arrival. */
export function cheapestFirst(a: ShippingOption, b: ShippingOption): number {
  if (a.minorUnits !== b.minorUnits) return a.minorUnits < b.minorUnits ? -1 : 1
  return a.latestDays - b.latestDays || (a.id < b.id ? -1 : 1)
}

function isWithin<T extends bigint | number>(value: T, from: T | null, below: T | null): boolean {
  return (from === null || value >= from) && (below === null || value < below)
}
