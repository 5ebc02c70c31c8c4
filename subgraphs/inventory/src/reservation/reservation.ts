import { availableAt, type Posting, type Stock, type StockLevel } from '../stock/stock.ts'

/** What a buyer wants. */
export interface WantedLine {
  sku: string
  quantity: number
}

/** Units of one line, held at one location. */
export interface HeldLine extends WantedLine {
  location: string
}

export interface Shortage {
  sku: string
  /** The most that one line could get. */
  available: number
}

/** What a reservation is. `refused`: there were not enough units, and it stays so however often it is asked again. */
export type Reservation =
  | { state: 'held' | 'committed' | 'released' | 'expired' }
  | { state: 'refused'; shortages: readonly Shortage[] }

export type ReserveAnswer =
  | { outcome: 'reserved' }
  | { outcome: 'insufficient'; shortages: Shortage[] }
  | { outcome: 'closed'; state: 'committed' | 'released' | 'expired' }

export type ClosedState = 'committed' | 'released' | 'expired'

/** One line per SKU, in the order of SKUs. */
export function aggregate(lines: readonly WantedLine[]): WantedLine[] {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return [...bySku]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((a, b) => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0))
}

/** Where each line is held, or, when one of them cannot be, what is short. A line is held at one location, the one with most stock. */
export function allocate(
  lines: readonly WantedLine[],
  stocks: ReadonlyMap<string, Stock>,
): { held: HeldLine[] } | { shortages: Shortage[] } {
  const held: HeldLine[] = []
  const shortages: Shortage[] = []
  for (const { sku, quantity } of lines) {
    const best = fullest(stocks.get(sku)?.levels ?? [])
    const available = best ? availableAt(best) : 0
    if (best && available >= quantity) held.push({ sku, quantity, location: best.location.code })
    else shortages.push({ sku, available })
  }
  return shortages.length > 0 ? { shortages } : { held }
}

// Levels come by code, so that of equally full ones the same is taken each time.
function fullest(levels: readonly StockLevel[]): StockLevel | undefined {
  return levels.reduce<StockLevel | undefined>(
    (best, level) => (best && availableAt(best) >= availableAt(level) ? best : level),
    undefined,
  )
}

/** The answer to `reserveStock` for a reservation that exists. */
export function answerFor(reservation: Reservation): ReserveAnswer {
  if (reservation.state === 'held') return { outcome: 'reserved' }
  if (reservation.state === 'refused') return { outcome: 'insufficient', shortages: [...reservation.shortages] }
  return { outcome: 'closed', state: reservation.state }
}

/** Holding units: they stay on hand and can no longer be bought. */
export function hold(lines: readonly HeldLine[]): Posting[] {
  return sumByLevel(lines, ({ quantity }) => ({ reserved: quantity }))
}

/** Giving held units back. */
export function giveBack(lines: readonly HeldLine[]): Posting[] {
  return sumByLevel(lines, ({ quantity }) => ({ reserved: -quantity }))
}

/** Selling held units: they leave. */
export function sell(lines: readonly HeldLine[]): Posting[] {
  return sumByLevel(lines, ({ quantity }) => ({ onHand: -quantity, reserved: -quantity }))
}

// Lines of several reservations can be about the same counters: one posting each.
function sumByLevel(
  lines: readonly HeldLine[],
  effect: (line: HeldLine) => { onHand?: number; reserved: number },
): Posting[] {
  const postings = new Map<string, Posting & { onHand: number; reserved: number }>()
  for (const line of lines) {
    const { sku, location } = line
    const key = JSON.stringify([sku, location])
    const posting = postings.get(key) ?? { sku, location, onHand: 0, reserved: 0 }
    const { onHand = 0, reserved } = effect(line)
    posting.onHand += onHand
    posting.reserved += reserved
    postings.set(key, posting)
  }
  return [...postings.values()]
}
