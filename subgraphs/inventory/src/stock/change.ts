import { isSku } from '@commerce/service/sku.ts'
import type { Posting, Stock } from './stock.ts'

/** The biggest count of a SKU at a location; the sum over 20 locations still fits GraphQL's Int. */
export const MAX_UNITS = 100_000_000

/** Staff say how many units were counted. */
export interface Count {
  sku: string
  location: string
  onHand: number
  safety?: number | null
  expectedVersion?: number | null
}

/** Staff say how many units came or went. */
export interface Adjustment {
  sku: string
  location: string
  delta: number
  reason: string
}

export type RefusalCode =
  | 'INVALID_SKU'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_REASON'
  | 'UNKNOWN_LOCATION'
  | 'QUANTITY_OUT_OF_RANGE'
  | 'BELOW_ZERO'
  | 'BELOW_RESERVED'
  | 'VERSION_CONFLICT'

/** Why a change is not made: what GraphQL calls a user error. */
export interface Refusal {
  code: RefusalCode
  field: string[]
  message: string
}

/** What the ledger calls a change of the units on hand. */
export type MovementKind = 'count' | 'receipt' | 'correction' | 'sale'

/** What to write, or why not. A count that finds what was known has null to write. */
export type Decision = { posting: Posting | null; kind: MovementKind } | { refusal: Refusal }

/** Whether this can be a key, or the code of a location: 1 to 200 characters (or `max`), none of them a control character. */
export function isName(text: string, max = 200): boolean {
  return text.length > 0 && text.length <= max && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/** What is wrong with a count whatever the stock is. */
export function refuseCount({ sku, onHand, safety }: Count): Refusal | null {
  if (!isSku(sku)) return invalidSku
  if (onHand < 0) return belowZero('onHand', onHand)
  if (onHand > MAX_UNITS) return outOfRange('onHand', onHand)
  if (safety != null && (safety < 0 || safety > MAX_UNITS)) return outOfRange('safety', safety)
  return null
}

/** What is wrong with an adjustment whatever the stock is. */
export function refuseAdjustment({ sku, delta, reason }: Adjustment): Refusal | null {
  if (!isSku(sku)) return invalidSku
  if (delta === 0) return refused('QUANTITY_OUT_OF_RANGE', 'delta', 'A change of 0 units is none.')
  if (!isName(reason, 500)) return refused('INVALID_REASON', 'reason', 'A reason has 1 to 500 printable characters.')
  return null
}

/** What a count does to the stock. */
export function count(stock: Stock, { sku, location, onHand, safety, expectedVersion }: Count): Decision {
  if (expectedVersion != null && expectedVersion !== stock.version) {
    const message = `The stock of "${sku}" has version ${stock.version}, not ${expectedVersion}.`
    return { refusal: refused('VERSION_CONFLICT', 'expectedVersion', message) }
  }
  const before = levelAt(stock, location)
  if (onHand < before.reserved) return { refusal: belowReserved('onHand', onHand, before.reserved) }
  const delta = onHand - before.onHand
  const newSafety = safety ?? before.safety
  const same = before.known && delta === 0 && newSafety === before.safety
  return { posting: same ? null : { sku, location, onHand: delta, safety: newSafety }, kind: 'count' }
}

/** What an adjustment does to the stock. */
export function adjust(stock: Stock, { sku, location, delta }: Adjustment): Decision {
  const { onHand, reserved } = levelAt(stock, location)
  const after = onHand + delta
  if (after < 0) return { refusal: belowZero('delta', after) }
  if (after < reserved) return { refusal: belowReserved('delta', after, reserved) }
  if (after > MAX_UNITS) return { refusal: outOfRange('delta', after) }
  return { posting: { sku, location, onHand: delta }, kind: delta > 0 ? 'receipt' : 'correction' }
}

function levelAt(stock: Stock, location: string) {
  const level = stock.levels.find(({ location: { code } }) => code === location)
  return { onHand: 0, reserved: 0, safety: 0, ...level, known: level !== undefined }
}

/** A refusal about one field of the input. */
export function refused(code: RefusalCode, field: string, message: string): Refusal {
  return { code, field: [field], message }
}

const invalidSku = refused(
  'INVALID_SKU',
  'sku',
  'A SKU has 1 to 200 printable characters, no white space at either end.',
)

function belowZero(field: string, after: number): Refusal {
  return refused('BELOW_ZERO', field, `${after} units would be on hand; there cannot be fewer than 0.`)
}

function belowReserved(field: string, after: number, reserved: number): Refusal {
  const message = `${after} units would be on hand, but ${reserved} are held for orders that are being placed.`
  return refused('BELOW_RESERVED', field, message)
}

function outOfRange(field: string, units: number): Refusal {
  return refused('QUANTITY_OUT_OF_RANGE', field, `${units} is not a number of units between 0 and ${MAX_UNITS}.`)
}
