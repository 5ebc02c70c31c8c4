import { availableAt, backorderableOf, type Stock } from '../stock/stock.ts'

/** What a buyer wants. */
export interface WantedLine {
  sku: string
  quantity: number
}

/** Units of one line, held at one location. */
export interface HeldLine extends WantedLine {
  location: string
  /** How many of them have still to arrive. */
  backordered: number
}

export interface Shortage {
  sku: string
  /** The most that one line could get. */
  available: number
}

/** Where a location is, or where units are to go, as far as it is known. */
export interface Place {
  country?: string | null
  region?: string | null
  /** Degrees. */
  latitude?: number | null
  longitude?: number | null
}

/** `most-stock`: the fullest location; `nearest`: the nearest to the destination; `fewest-parcels`: as few locations as possible. */
export const STRATEGIES = ['most-stock', 'nearest', 'fewest-parcels'] as const
export type Strategy = (typeof STRATEGIES)[number]

export interface Choice {
  strategy: Strategy
  /** Where the units are to go; null when the buyer did not say. */
  destination: Place | null
  /** Where the locations are, by code. */
  places: ReadonlyMap<string, Place>
}

export type Allocation = { held: HeldLine[] } | { shortages: Shortage[] }

/** A line of which something is on hand, and what of it can be taken where. */
interface Need extends WantedLine {
  offers: Map<string, number>
}

/**
 * Where each line is held, or, when one of them cannot be, what is short. A line is taken whole from the first location, in the order of the
 * strategy, that has enough; where none has, from several. What is available nowhere is promised beyond it where the policy says that it will arrive.
 */
export function allocate(lines: readonly WantedLine[], stocks: ReadonlyMap<string, Stock>, choice: Choice): Allocation {
  const shortages: Shortage[] = []
  const needs: Need[] = []
  const promised: HeldLine[] = []
  for (const { sku, quantity } of lines) {
    const stock = stocks.get(sku)
    const offers = new Map(
      (stock?.levels ?? []).map((level) => [level.location.code, availableAt(level)] as const).filter(([, n]) => n > 0),
    )
    const available = [...offers.values()].reduce((sum, n) => sum + n, 0)
    const beyond = stock ? backorderableOf(stock) : 0
    if (available + beyond < quantity) shortages.push({ sku, available: available + beyond })
    else {
      const late = Math.max(0, quantity - available)
      if (quantity > late) needs.push({ sku, quantity: quantity - late, offers })
      if (late > 0) {
        promised.push({ sku, quantity: late, location: stock?.policy.location ?? '', backordered: late })
      }
    }
  }
  if (shortages.length > 0) return { shortages }

  const allowed = choice.strategy === 'fewest-parcels' ? fewest(needs, choice) : null
  const held = needs.flatMap((need) => take(need, allowed, choice))
  return { held: joined([...held, ...promised]) }
}

function take({ sku, quantity, offers }: Need, allowed: ReadonlySet<string> | null, choice: Choice): HeldLine[] {
  const order = inOrder(
    [...offers].filter(([code]) => allowed === null || allowed.has(code)),
    choice,
  )
  const whole = order.find(([, available]) => available >= quantity)
  const held: HeldLine[] = []
  let left = quantity
  for (const [location, available] of whole ? [whole] : order) {
    if (left === 0) break
    const units = Math.min(left, available)
    held.push({ sku, quantity: units, location, backordered: 0 })
    left -= units
  }
  return held
}

/** Locations with their units, the one to prefer first: by distance where that counts and is known, then by units, then by code. */
function inOrder<T extends readonly [code: string, units: number]>(
  offers: T[],
  { strategy, destination, places }: Choice,
): T[] {
  const isNear = destination !== null && strategy !== 'most-stock'
  const far = new Map(offers.map(([code]) => [code, isNear ? distance(destination, places.get(code) ?? {}) : 0]))
  const by = (code: string): number => far.get(code) ?? 0
  return offers.sort(([a, m], [b, n]) => compare(by(a), by(b)) || n - m || (a < b ? -1 : 1))
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const EARTH_KM = 6_371
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/**
 * How far it is, in km along the surface (haversine). Where a position is not known: less than any distance in the same region, more than any in
 * the same country, and more still elsewhere.
 */
export function distance(from: Place, to: Place): number {
  if (from.latitude != null && from.longitude != null && to.latitude != null && to.longitude != null) {
    const [a, b] = [radians(from.latitude), radians(to.latitude)]
    const [dLat, dLon] = [b - a, radians(to.longitude - from.longitude)]
    const h = Math.sin(dLat / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(dLon / 2) ** 2
    return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)))
  }
  if (!from.country || from.country !== to.country) return 2 * FAR
  return from.region && from.region === to.region ? -1 : FAR
}

const FAR = 100_000 // km: more than twice around

/**
 * How many offers of locations are added up to find the smallest set that has everything (some milliseconds); beyond that the location with most of
 * what is missing is added until nothing is.
 */
const MOST_OFFERS = 200_000

/** The smallest set of locations that together have all that is needed; of equally small ones the first in the order of the strategy. */
function fewest(needs: readonly Need[], choice: Choice): ReadonlySet<string> {
  const units = new Map<string, number>()
  for (const { offers, quantity } of needs) {
    for (const [code, n] of offers) units.set(code, (units.get(code) ?? 0) + Math.min(n, quantity))
  }
  const codes = inOrder([...units], choice).map(([code]) => code)
  const isEnough = (set: readonly string[]): boolean =>
    needs.every(({ quantity, offers }) => set.reduce((sum, code) => sum + (offers.get(code) ?? 0), 0) >= quantity)
  let looked = 0
  for (let size = 0; size <= codes.length && looked < MOST_OFFERS; size++) {
    for (const set of subsets(codes, size)) {
      if (isEnough(set)) return new Set(set)
      looked += (size + 1) * needs.length
      if (looked >= MOST_OFFERS) break
    }
  }
  return greedy(needs, codes)
}

function* subsets(codes: readonly string[], size: number, from = 0): Generator<string[]> {
  if (size === 0) return yield []
  for (let i = from; i <= codes.length - size; i++) {
    for (const rest of subsets(codes, size - 1, i + 1)) yield [codes[i] as string, ...rest]
  }
}

function greedy(needs: readonly Need[], codes: readonly string[]): ReadonlySet<string> {
  const missing = needs.map(({ quantity }) => quantity)
  const gain = (code: string): number =>
    needs.reduce((sum, { offers }, i) => sum + Math.min(missing[i] ?? 0, offers.get(code) ?? 0), 0)
  const chosen = new Set<string>()
  while (missing.some((units) => units > 0)) {
    const left = codes.filter((code) => !chosen.has(code))
    const best = left.reduce((best, code) => (gain(code) > gain(best) ? code : best))
    for (const [i, { offers }] of needs.entries()) {
      missing[i] = Math.max(0, (missing[i] ?? 0) - (offers.get(best) ?? 0))
    }
    chosen.add(best)
  }
  return chosen
}

// Units on hand and units that have still to arrive can be of the same line at the same location.
function joined(lines: readonly HeldLine[]): HeldLine[] {
  const byCounters = new Map<string, HeldLine>()
  for (const line of lines) {
    const key = JSON.stringify([line.sku, line.location])
    const { quantity, backordered } = byCounters.get(key) ?? { quantity: 0, backordered: 0 }
    byCounters.set(key, { ...line, quantity: quantity + line.quantity, backordered: backordered + line.backordered })
  }
  return [...byCounters.values()]
}
