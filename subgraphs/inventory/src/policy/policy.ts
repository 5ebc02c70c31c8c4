import { isSku } from '@commerce/service/sku.ts'
import { refuseVersion } from '../stock/change.ts'
import {
  inactiveLocation,
  invalidSku,
  MAX_UNITS,
  outOfRange,
  type Refusal,
  refused,
  unknownLocation,
} from '../stock/refusal.ts'
import { backorderedAt, DENY, type PolicyKind, type Stock, type StockPolicy } from '../stock/stock.ts'

/** What staff want to happen when nothing of a SKU is available. */
export interface PolicyChange {
  sku: string
  kind: PolicyKind
  limit?: number | null
  location: string
  releaseAt?: Date | null
  restockAt?: Date | null
  lowStockThreshold?: number | null
  expectedVersion?: number | null
}

export type PolicyCode =
  | 'INVALID_SKU'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'QUANTITY_OUT_OF_RANGE'
  | 'LIMIT_MISSING'
  | 'LIMIT_UNUSED'
  | 'RELEASE_DATE_MISSING'
  | 'RELEASE_DATE_UNUSED'
  | 'RELEASE_DATE_PAST'
  | 'UNKNOWN_LOCATION'
  | 'LOCATION_INACTIVE'
  | 'BACKORDERED_ELSEWHERE'
  | 'VERSION_CONFLICT'

export type PolicyRefusal = Refusal<PolicyCode>

/** What is wrong with a wanted policy whatever the stock is. */
export function refusePolicy(wanted: PolicyChange, now: Date): PolicyRefusal | null {
  const { sku, kind, limit, releaseAt, lowStockThreshold } = wanted
  if (!isSku(sku)) return invalidSku
  if (kind === 'DENY' && limit)
    return refused('LIMIT_UNUSED', 'limit', `DENY promises nothing, got a limit of ${limit}.`)
  if (kind !== 'DENY' && limit == null) {
    return refused('LIMIT_MISSING', 'limit', `${kind} needs a limit: how many units may be promised.`)
  }
  if (kind !== 'DENY' && limit != null && (limit < 1 || limit > MAX_UNITS)) {
    return refused('QUANTITY_OUT_OF_RANGE', 'limit', `A limit is 1 to ${MAX_UNITS} units, got ${limit}.`)
  }
  if (kind === 'PREORDER' && !releaseAt) {
    return refused('RELEASE_DATE_MISSING', 'releaseAt', 'PREORDER needs the moment of the release.')
  }
  if (kind !== 'PREORDER' && releaseAt) {
    return refused('RELEASE_DATE_UNUSED', 'releaseAt', `Only PREORDER has a release date, not ${kind}.`)
  }
  if (releaseAt && releaseAt <= now) {
    return refused(
      'RELEASE_DATE_PAST',
      'releaseAt',
      `The release has to be later than now, got ${releaseAt.toISOString()}.`,
    )
  }
  if (lowStockThreshold != null && (lowStockThreshold < 0 || lowStockThreshold > MAX_UNITS)) {
    return outOfRange('lowStockThreshold', lowStockThreshold)
  }
  return null
}

/** What the policy is to be, or why it cannot. */
export function decidePolicy(
  stock: Stock,
  wanted: PolicyChange,
  location: { active: boolean } | undefined,
): { policy: StockPolicy; lowStockThreshold: number | null } | { refusal: PolicyRefusal } {
  const { kind, limit, location: code, releaseAt, restockAt } = wanted
  const conflict = refuseVersion(stock, wanted.expectedVersion)
  if (conflict) return { refusal: { ...conflict, code: 'VERSION_CONFLICT' } }
  const lowStockThreshold = wanted.lowStockThreshold === undefined ? stock.lowStockThreshold : wanted.lowStockThreshold
  const dates = { releaseAt: releaseAt?.toISOString() ?? null, restockAt: restockAt?.toISOString() ?? null }
  if (!location) return { refusal: unknownLocation('location', code) }
  if (kind === 'DENY') return { policy: { ...DENY, ...dates }, lowStockThreshold }
  if (!location.active) return { refusal: inactiveLocation('location', code) }
  // Units that are promised elsewhere already would not be counted against the limit here.
  const elsewhere = stock.levels.find((level) => level.location.code !== code && backorderedAt(level) > 0)
  if (elsewhere) {
    const message = `${backorderedAt(elsewhere)} units are to arrive at "${elsewhere.location.code}" already: let all of them arrive at one location.`
    return { refusal: refused('BACKORDERED_ELSEWHERE', 'location', message) }
  }
  return { policy: { kind, limit: limit ?? 0, location: code, ...dates }, lowStockThreshold }
}

/** Whether nothing would change. */
export function isSamePolicy(stock: Stock, policy: StockPolicy, lowStockThreshold: number | null): boolean {
  const { kind, limit, location, releaseAt, restockAt } = stock.policy
  return (
    stock.lowStockThreshold === lowStockThreshold &&
    kind === policy.kind &&
    limit === policy.limit &&
    location === policy.location &&
    releaseAt === policy.releaseAt &&
    restockAt === policy.restockAt
  )
}
