import type { Posting } from '../stock/stock.ts'
import type { HeldLine, Shortage, WantedLine } from './allocation.ts'

export type ClosedState = 'committed' | 'released' | 'expired'

/** What a reservation is. `refused`: there were not enough units, and it stays so however often it is asked again. */
export type Reservation =
  | { state: 'held'; expiresAt: string; lines: readonly HeldLine[] }
  | { state: ClosedState }
  | { state: 'refused'; shortages: readonly Shortage[] }

export type ReserveAnswer =
  | { outcome: 'reserved'; backordered?: WantedLine[] }
  | { outcome: 'insufficient'; shortages: Shortage[] }
  | { outcome: 'closed'; state: ClosedState }

export interface ExtendAnswer {
  state: 'held' | ClosedState | 'unknown'
  /** RFC 3339; null when nothing is held. */
  expiresAt: string | null
}

/** One line per SKU, in the order of SKUs. */
export function aggregate(lines: readonly WantedLine[]): WantedLine[] {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return [...bySku]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((a, b) => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0))
}

/** The answer to `reserveStock` for a reservation that exists. */
export function answerFor(reservation: Reservation): ReserveAnswer {
  if (reservation.state === 'held') return reserved(reservation.lines)
  if (reservation.state === 'refused') return { outcome: 'insufficient', shortages: [...reservation.shortages] }
  return { outcome: 'closed', state: reservation.state }
}

/** The units are held; which of them have still to arrive. */
export function reserved(lines: readonly HeldLine[]): ReserveAnswer {
  const late = aggregate(lines.map(({ sku, backordered }) => ({ sku, quantity: backordered })))
  const backordered = late.filter(({ quantity }) => quantity > 0)
  return { outcome: 'reserved', ...(backordered.length > 0 && { backordered }) }
}

/** Holding units: they stay on hand and can no longer be bought. */
export function hold(lines: readonly HeldLine[]): Posting[] {
  return lines.map(({ sku, location, quantity }) => ({ sku, location, reserved: quantity }))
}

/** Giving held units back. */
export function giveBack(lines: readonly HeldLine[]): Posting[] {
  return lines.map(({ sku, location, quantity }) => ({ sku, location, reserved: -quantity }))
}

/** Selling held units: they leave, also those that have still to arrive. */
export function sell(lines: readonly HeldLine[]): Posting[] {
  return lines.map(({ sku, location, quantity }) => ({ sku, location, onHand: -quantity, reserved: -quantity }))
}
