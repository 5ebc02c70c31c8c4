/** The counters of a SKU at one location; always 0 <= reserved <= onHand + backorderLimit. */
export interface StockLevel {
  location: { code: string }
  /** Below 0 when units were sold that have still to arrive. */
  onHand: number
  reserved: number
  safety: number
  /** How far reserved may be above on hand; 0 when remembered from before there were backorders. */
  backorderLimit?: number
}

export type PolicyKind = 'DENY' | 'BACKORDER' | 'PREORDER'

/** What happens when nothing is available any more. */
export interface StockPolicy {
  kind: PolicyKind
  /** How many units may be promised beyond what is on hand, 0 for DENY. */
  limit: number
  /** The code of the location where they will arrive; null for DENY. */
  location: string | null
  /** RFC 3339; when a pre-order ends, null otherwise. */
  releaseAt: string | null
  /** RFC 3339; when more is expected, null when nobody knows. */
  restockAt: string | null
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
  policy: StockPolicy
  /** At so many available units or fewer staff are told; null: at DEFAULT_THRESHOLD. */
  lowStockThreshold: number | null
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

export type StockStatus = 'IN_STOCK' | 'LOW_STOCK' | 'OUT_OF_STOCK' | 'BACKORDER' | 'PREORDER'

/** Up to so many units shoppers are told how many are left. */
export const LOW_STOCK = 5

export const DENY: StockPolicy = { kind: 'DENY', limit: 0, location: null, releaseAt: null, restockAt: null }

/** The stock of a SKU that nobody ever counted. */
export function neverStocked(sku: string): Stock {
  return { sku, version: 0, changedAt: null, levels: [], policy: DENY, lowStockThreshold: null }
}

/** Units that can be bought at a location, at least 0. */
export function availableAt({ onHand, reserved, safety }: StockLevel): number {
  return Math.max(0, onHand - reserved - safety)
}

/** Units on hand that can be bought, over all locations. */
export function availableOf({ levels }: Pick<Stock, 'levels'>): number {
  return levels.reduce((sum, level) => sum + availableAt(level), 0)
}

/** Units promised at a location that have still to arrive. */
export function backorderedAt({ onHand, reserved }: StockLevel): number {
  return Math.max(0, reserved - onHand)
}

/** Units promised that have still to arrive, over all locations. */
export function backorderedOf({ levels }: Pick<Stock, 'levels'>): number {
  return levels.reduce((sum, level) => sum + backorderedAt(level), 0)
}

/** Units that the policy still lets be promised beyond the available ones. */
export function backorderableOf({ levels, policy }: Pick<Stock, 'levels' | 'policy'>): number {
  if (policy.kind === 'DENY') return 0
  const level = levels.find(({ location: { code } }) => code === policy.location)
  if (!level) return policy.limit
  return Math.max(0, policy.limit + Math.min(0, level.onHand - level.reserved - level.safety))
}

/** The counters at a location, all 0 and not `known` where there never were units. */
export function levelAt(stock: Stock, location: string): Required<StockLevel> & { known: boolean } {
  const level = stock.levels.find(({ location: { code } }) => code === location)
  const none = { location: { code: location }, onHand: 0, reserved: 0, safety: 0, backorderLimit: 0 }
  return { ...none, ...level, known: level !== undefined }
}

/** The stock as it is after a change of its counters, still with the version that it had. */
export function applied(stock: Stock, { location, onHand = 0, reserved = 0, safety }: Posting): Stock {
  const { known, ...level } = levelAt(stock, location)
  const after = {
    ...level,
    onHand: level.onHand + onHand,
    reserved: level.reserved + reserved,
    safety: safety ?? level.safety,
  }
  const levels = known
    ? stock.levels.map((other) => (other.location.code === location ? after : other))
    : [...stock.levels, after].sort((a, b) => (a.location.code < b.location.code ? -1 : 1))
  return { ...stock, levels }
}

/** What a shopper is told. A pre-order is one until it ends, whatever has arrived before. */
export function statusOf(stock: Pick<Stock, 'levels' | 'policy'>): StockStatus {
  const available = availableOf(stock)
  const backorderable = backorderableOf(stock)
  if (stock.policy.kind === 'PREORDER') return available + backorderable > 0 ? 'PREORDER' : 'OUT_OF_STOCK'
  if (available > 0) return available <= LOW_STOCK ? 'LOW_STOCK' : 'IN_STOCK'
  return backorderable > 0 ? 'BACKORDER' : 'OUT_OF_STOCK'
}

/** What GraphQL's `Availability` shows; without `exact` numbers above LOW_STOCK and the counters of locations stay inside. */
export function availabilityOf(stock: Stock, exact: boolean) {
  const status = statusOf(stock)
  const ordered = status === 'BACKORDER' || status === 'PREORDER'
  const available = availableOf(stock) + (ordered ? backorderableOf(stock) : 0)
  return {
    status,
    available: exact || available <= LOW_STOCK ? available : null,
    restockAt: stock.policy.restockAt ?? stock.policy.releaseAt,
    byLocation: exact ? stock.levels : null,
    asOf: stock.changedAt,
    version: stock.version,
  }
}
