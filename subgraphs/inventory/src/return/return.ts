import { isSku } from '@commerce/service/sku.ts'
import { type Decision, exceedsTotal } from '../stock/change.ts'
import {
  invalidReason,
  invalidSku,
  isName,
  MAX_UNITS,
  notPositive,
  outOfRange,
  overTotal,
  type Refusal,
  type RefusalCode,
  refused,
} from '../stock/refusal.ts'
import { levelAt, type Stock } from '../stock/stock.ts'

/** Sold units that came back and can be sold again. */
export interface Return {
  sku: string
  location: string
  quantity: number
  reason?: string | null
  /** With which they were sold. */
  reservationId?: string | null
}

export type ReturnRefusal = Refusal<RefusalCode | 'INVALID_RESERVATION_ID' | 'NOT_SOLD'>

/** What is wrong with a return whatever the stock is. */
export function refuseReturn({ sku, quantity, reason, reservationId }: Return): ReturnRefusal | null {
  if (!isSku(sku)) return invalidSku
  if (quantity < 1 || quantity > MAX_UNITS) return notPositive('quantity', quantity)
  if (reason != null && !isName(reason, 500)) return invalidReason
  if (reservationId != null && !UUID.test(reservationId)) {
    const got = JSON.stringify(reservationId.slice(0, 100))
    return refused('INVALID_RESERVATION_ID', 'reservationId', `A reservation is named by a UUID, got ${got}.`)
  }
  return null
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What a return does to the stock. */
export function putBack(stock: Stock, { sku, location, quantity }: Return): Decision {
  const after = levelAt(stock, location).onHand + quantity
  if (after > MAX_UNITS) return { refusal: outOfRange('quantity', after) }
  if (exceedsTotal(stock, quantity)) return { refusal: overTotal('quantity') }
  return { postings: [{ sku, location, onHand: quantity }], kind: 'return' }
}

/** Why more cannot come back than a reservation sold; null when it can. */
export function refuseUnsold({ sku, quantity }: Return, outside: number): ReturnRefusal | null {
  if (quantity <= outside) return null
  const message = `${quantity} units of "${sku}" were to come back, but of what this reservation sold only ${outside} are still out.`
  return refused('NOT_SOLD', 'quantity', message)
}
