import { event, type NewEvent } from '@commerce/events/contracts.ts'

/** The counters of a SKU at one location; always 0 <= reserved <= onHand. */
export interface StockLevel {
  location: { code: string; name: string }
  onHand: number
  reserved: number
  safety: number
}

/** The stock of a SKU: the entity of `inventory.stock.changed`. */
export interface Stock {
  sku: string
  /** 0 until the first change. */
  version: number
  /** RFC 3339; null until the first change. */
  changedAt: string | null
  /** By location code. */
  levels: readonly StockLevel[]
}

/** A change of counters at one location, relative to what they are; an `onHand` other than 0 becomes a movement of the ledger. */
export interface Posting {
  sku: string
  location: string
  onHand?: number
  reserved?: number
  /** The new safety stock. */
  safety?: number
}

export type StockStatus = 'IN_STOCK' | 'LOW_STOCK' | 'OUT_OF_STOCK'

/** Up to so many units shoppers are told how many are left. */
export const LOW_STOCK = 5

/** The stock of a SKU that nobody ever counted. */
export function neverStocked(sku: string): Stock {
  return { sku, version: 0, changedAt: null, levels: [] }
}

/** Units that can be bought at a location, at least 0. */
export function availableAt({ onHand, reserved, safety }: StockLevel): number {
  return Math.max(0, onHand - reserved - safety)
}

/** Units that can be bought, over all locations. */
export function availableOf({ levels }: Stock): number {
  return levels.reduce((sum, level) => sum + availableAt(level), 0)
}

/** What a shopper is told about so many available units. */
export function statusOf(available: number): StockStatus {
  if (available === 0) return 'OUT_OF_STOCK'
  return available <= LOW_STOCK ? 'LOW_STOCK' : 'IN_STOCK'
}

/** What GraphQL's `Availability` shows; without `exact` numbers above LOW_STOCK and the counters of locations stay inside. */
export function availabilityOf(stock: Stock, exact: boolean) {
  const available = availableOf(stock)
  return {
    status: statusOf(available),
    available: exact || available <= LOW_STOCK ? available : null,
    restockAt: null,
    byLocation: exact ? stock.levels : null,
    asOf: stock.changedAt,
    version: stock.version,
  }
}

/** The fact that this is the stock now. */
export function stockChanged(stock: Stock): NewEvent<'inventory.stock.changed'> {
  return event('inventory.stock.changed', {
    sku: stock.sku,
    version: stock.version,
    locations: stock.levels.map(({ location, onHand, reserved, safety }) => ({
      code: location.code,
      onHand,
      reserved,
      safety,
    })),
    available: availableOf(stock),
  })
}
