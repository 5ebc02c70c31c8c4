import { type Offer, titleOf } from '../offer/offer.ts'
import { isQuantityAllowed, MAX_QUANTITY } from '../offer/terms.ts'
import { lineTotal, MAX_MINOR_UNITS } from '../totals/totals.ts'
import type { CartLine } from './cart.ts'
import {
  type CartFault,
  fault,
  MAX_LINES,
  noSuchLine,
  notAllowed,
  outOfRange,
  tooManyLines,
  unknownSku,
} from './fault.ts'

/** What changes of lines are about. */
export interface Lines {
  lines: readonly CartLine[]
  currencyCode: string | null
}

/** The lines after a change, or everything that speaks against it. */
export type LinesChange = Lines | { faults: readonly CartFault[] }

/** Adds SKUs at the prices of their offers; what is in the cart already gets the quantity on top. All or none. */
export function addLines(
  cart: Lines,
  wanted: readonly { sku: string; quantity: number }[],
  offers: ReadonlyMap<string, Offer>,
  newId: () => string,
): LinesChange {
  const lines = new Map(cart.lines.map((line) => [line.sku, line]))
  const faults: CartFault[] = []
  let currencyCode = cart.lines.length === 0 ? null : cart.currencyCode
  if (wanted.length > MAX_LINES) return { faults: [tooManyLines('lines', wanted.length)] }

  for (const [index, { sku, quantity }] of wanted.entries()) {
    const at = ['lines', String(index)]
    const offer = offers.get(sku)
    if (!offer) {
      faults.push(unknownSku([...at, 'sku'], sku))
      continue
    }
    if (offer.price === null) {
      faults.push(fault('NOT_FOR_SALE', [...at, 'sku'], `${titleOf(offer)} cannot be bought at the moment.`))
      continue
    }
    const { minorUnits, currencyCode: currency } = offer.price
    currencyCode ??= currency
    if (currency !== currencyCode) {
      const message = `${titleOf(offer)} is sold in ${currency}, and this cart is in ${currencyCode}.`
      faults.push(fault('CURRENCY_MISMATCH', [...at, 'sku'], message))
      continue
    }
    const before = lines.get(sku)
    const total = (before?.quantity ?? 0) + quantity
    if (quantity < 1 || total > MAX_QUANTITY) {
      faults.push(outOfRange([...at, 'quantity'], quantity < 1 ? quantity : total))
    } else if (!isQuantityAllowed(total, offer.terms)) {
      faults.push(notAllowed([...at, 'quantity'], titleOf(offer), offer.terms, total))
    }
    lines.set(sku, {
      id: before?.id ?? newId(),
      sku,
      title: titleOf(offer),
      quantity: total,
      acceptedMinorUnits: minorUnits,
    })
  }
  if (lines.size > MAX_LINES) faults.push(tooManyLines('lines', lines.size))
  return outcome([...lines.values()], currencyCode, faults)
}

/** Sets quantities, 0 removes; a line whose variant can be bought takes the price of now as accepted. All or none. */
export function updateLines(
  cart: Lines,
  wanted: readonly { id: string | null; quantity: number }[],
  offers: ReadonlyMap<string, Offer>,
): LinesChange {
  if (wanted.length > MAX_LINES) return { faults: [tooManyLines('lines', wanted.length)] }
  const lines = new Map(cart.lines.map((line) => [line.id, line]))
  const faults: CartFault[] = []
  for (const [index, { id, quantity }] of wanted.entries()) {
    const at = ['lines', String(index)]
    const line = id === null ? undefined : lines.get(id)
    if (!line) faults.push(noSuchLine([...at, 'id']))
    else if (quantity === 0) lines.delete(line.id)
    else if (quantity < 0 || quantity > MAX_QUANTITY) faults.push(outOfRange([...at, 'quantity'], quantity))
    else {
      const offer = offers.get(line.sku)
      if (offer && !isQuantityAllowed(quantity, offer.terms)) {
        faults.push(notAllowed([...at, 'quantity'], line.title, offer.terms, quantity))
      }
      const price = offer?.price
      const accepted = price?.currencyCode === cart.currencyCode ? price?.minorUnits : undefined
      lines.set(line.id, { ...line, quantity, acceptedMinorUnits: accepted ?? line.acceptedMinorUnits })
    }
  }
  return outcome([...lines.values()], cart.currencyCode, faults)
}

/** Takes lines out. All or none. */
export function removeLines(cart: Lines, lineIds: readonly (string | null)[]): LinesChange {
  if (lineIds.length > MAX_LINES) return { faults: [tooManyLines('lineIds', lineIds.length)] }
  const known = new Set<string | null>(cart.lines.map(({ id }) => id))
  const faults = lineIds.flatMap((id, index) => (known.has(id) ? [] : [noSuchLine(['lineIds', String(index)])]))
  return outcome(
    cart.lines.filter(({ id }) => !lineIds.includes(id)),
    cart.currencyCode,
    faults,
  )
}

/** Lines after a change, unless something speaks against them. */
export function outcome(
  lines: readonly CartLine[],
  currencyCode: string | null,
  faults: readonly CartFault[],
): LinesChange {
  if (faults.length > 0) return { faults }
  const total = lines.reduce(
    (sum, { acceptedMinorUnits, quantity }) => sum + lineTotal({ unitMinorUnits: acceptedMinorUnits, quantity }),
    0n,
  )
  if (total > MAX_MINOR_UNITS) {
    return {
      faults: [
        fault('QUANTITY_OUT_OF_RANGE', ['lines'], 'The total of the cart would be beyond what the shop can count.'),
      ],
    }
  }
  return { lines, currencyCode: lines.length === 0 ? null : currencyCode }
}
