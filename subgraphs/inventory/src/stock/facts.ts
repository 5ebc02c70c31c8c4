import { event, type NewEvent } from '@commerce/events/contracts.ts'
import { availableOf, backorderableOf, backorderedOf, type Stock } from './stock.ts'

/** At so many available units or fewer staff are told, where a SKU has no threshold of its own. */
export const DEFAULT_THRESHOLD = 5

/** A stock after a change, and what of it was so before. */
export interface StockChange {
  stock: Stock
  before: { available: number; lowStockThreshold: number | null }
}

/** What there is to tell of a change: the stock as it is now, and whether it became low or came back. Of the very first change neither. */
export function factsOf({ stock, before }: StockChange): NewEvent[] {
  const { sku, version, lowStockThreshold } = stock
  const available = availableOf(stock)
  const threshold = lowStockThreshold ?? DEFAULT_THRESHOLD
  const wasLow = before.available <= (before.lowStockThreshold ?? DEFAULT_THRESHOLD)
  const facts: NewEvent[] = [stockChanged(stock)]
  if (version > 1 && !wasLow && available <= threshold) {
    facts.push(event('inventory.stock.low', { sku, version, available, threshold }))
  }
  if (version > 1 && before.available === 0 && available > 0) {
    facts.push(event('inventory.stock.back', { sku, version, available }))
  }
  return facts
}

/** The fact that this is the stock now. */
export function stockChanged(stock: Stock): NewEvent<'inventory.stock.changed'> {
  const { kind, limit, releaseAt, restockAt } = stock.policy
  return event('inventory.stock.changed', {
    sku: stock.sku,
    version: stock.version,
    locations: stock.levels.map(({ location: { code }, onHand, reserved, safety }) => ({
      code,
      onHand,
      reserved,
      safety,
    })),
    available: availableOf(stock),
    backordered: backorderedOf(stock),
    backorderable: backorderableOf(stock),
    policy: { kind, limit, releaseAt, restockAt },
  })
}
