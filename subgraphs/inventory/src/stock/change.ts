import { isSku } from '@commerce/service/sku.ts'
import {
  invalidReason,
  invalidSku,
  isName,
  MAX_TOTAL,
  MAX_UNITS,
  notPositive,
  outOfRange,
  overTotal,
  type Refusal,
  refused,
} from './refusal.ts'
import { levelAt, type Posting, type Stock } from './stock.ts'

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

/** Staff bring units from one location to another. */
export interface Transfer {
  sku: string
  from: string
  to: string
  quantity: number
  reason?: string | null
  expectedVersion?: number | null
}

/** What the ledger calls a change of the units on hand. */
export type MovementKind = 'count' | 'receipt' | 'correction' | 'sale' | 'transfer' | 'return'

/** What to write, or why not. A count that finds what was known has nothing to write. */
export type Decision = { postings: Posting[]; kind: MovementKind } | { refusal: Refusal }

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
  return refuseReason(reason)
}

/** What is wrong with a transfer whatever the stock is. */
export function refuseTransfer({ sku, from, to, quantity, reason }: Transfer): Refusal | null {
  if (!isSku(sku)) return invalidSku
  if (from === to) return refused('SAME_LOCATION', 'to', `Units that go from "${from}" to "${to}" stay where they are.`)
  if (quantity < 1 || quantity > MAX_UNITS) return notPositive('quantity', quantity)
  return reason == null ? null : refuseReason(reason)
}

/**
 * What a count does to the stock. Units that were sold before they arrived are not on the shelf that was counted, and not to be sold again:
 * they are taken off.
 */
export function count(stock: Stock, { sku, location, onHand, safety, expectedVersion }: Count): Decision {
  const conflict = refuseVersion(stock, expectedVersion)
  if (conflict) return { refusal: conflict }
  const before = levelAt(stock, location)
  const delta = onHand - Math.max(0, before.onHand)
  if (delta < 0 && tooFew(before, delta)) return { refusal: belowReserved('onHand', onHand, before.reserved) }
  if (exceedsTotal(stock, delta)) return { refusal: overTotal('onHand') }
  const newSafety = safety ?? before.safety
  const same = before.known && delta === 0 && newSafety === before.safety
  return { postings: same ? [] : [{ sku, location, onHand: delta, safety: newSafety }], kind: 'count' }
}

/** What an adjustment does to the stock. */
export function adjust(stock: Stock, { sku, location, delta }: Adjustment): Decision {
  const before = levelAt(stock, location)
  const after = before.onHand + delta
  if (delta < 0 && after < 0) return { refusal: belowZero('delta', after) }
  if (delta < 0 && tooFew(before, delta)) return { refusal: belowReserved('delta', after, before.reserved) }
  if (after > MAX_UNITS) return { refusal: outOfRange('delta', after) }
  if (exceedsTotal(stock, delta)) return { refusal: overTotal('delta') }
  return { postings: [{ sku, location, onHand: delta }], kind: delta > 0 ? 'receipt' : 'correction' }
}

/** What a transfer does to the stock: held units stay where they are. */
export function transfer(stock: Stock, { sku, from, to, quantity, expectedVersion }: Transfer): Decision {
  const conflict = refuseVersion(stock, expectedVersion)
  if (conflict) return { refusal: conflict }
  const before = levelAt(stock, from)
  const left = before.onHand - quantity
  if (left < 0) return { refusal: belowZero('quantity', left) }
  if (left < before.reserved) return { refusal: belowReserved('quantity', left, before.reserved) }
  const arrived = levelAt(stock, to).onHand + quantity
  if (arrived > MAX_UNITS) return { refusal: outOfRange('quantity', arrived) }
  return {
    postings: [
      { sku, location: from, onHand: -quantity },
      { sku, location: to, onHand: quantity },
    ],
    kind: 'transfer',
  }
}

/** A refusal unless the stock has the version that was expected, if any was. */
export function refuseVersion({ sku, version }: Stock, expected: number | null | undefined): Refusal | null {
  if (expected == null || expected === version) return null
  return refused(
    'VERSION_CONFLICT',
    'expectedVersion',
    `The stock of "${sku}" has version ${version}, not ${expected}.`,
  )
}

function refuseReason(reason: string): Refusal | null {
  return isName(reason, 500) ? null : invalidReason
}

function tooFew({ onHand, reserved, backorderLimit }: Required<ReturnType<typeof levelAt>>, delta: number): boolean {
  return reserved > onHand + delta + backorderLimit
}

/** Whether so many more units would be more than can be counted over all locations. */
export function exceedsTotal({ levels }: Stock, delta: number): boolean {
  return delta > 0 && levels.reduce((sum, { onHand }) => sum + Math.max(0, onHand), delta) > MAX_TOTAL
}

function belowZero(field: string, after: number): Refusal {
  return refused('BELOW_ZERO', field, `${after} units would be on hand; there cannot be fewer than 0.`)
}

function belowReserved(field: string, after: number, reserved: number): Refusal {
  const message = `${after} units would be on hand, but ${reserved} are held for orders that are being placed.`
  return refused('BELOW_RESERVED', field, message)
}
