import { event, type NewEvent } from '@commerce/events/contracts.ts'
import type { Offer } from '../offer/offer.ts'
import { titleOf } from '../offer/offer.ts'
import { lineTotal, MAX_MINOR_UNITS } from '../totals/totals.ts'
import { type CartFault, fault, MAX_LINES, MAX_QUANTITY, noSuchLine, outOfRange, tooManyLines } from './fault.ts'

/** One SKU of a cart; `acceptedMinorUnits` is the price of one that the shopper knows of. */
export interface CartLine {
  id: string
  sku: string
  title: string
  quantity: number
  acceptedMinorUnits: bigint
}

/** A cart is open, or one attempt is placing its order, or its order was placed. */
export type CartState = { is: 'open' } | { is: 'placing'; attemptId: string } | { is: 'completed' }

/** What a shopper is about to buy. `viewerId` null: it belongs to whoever knows its id. `currencyCode` null: it is empty. */
export interface Cart {
  id: string
  viewerId: string | null
  state: CartState
  currencyCode: string | null
  version: number
  createdAt: Date
  updatedAt: Date
  lines: readonly CartLine[]
}

/** What every change of a cart changes. */
export type CartStanding = Pick<Cart, 'id' | 'state' | 'version' | 'updatedAt'>

/** The cart's lines after a change, or everything that speaks against it. */
export type Change = { lines: readonly CartLine[]; currencyCode: string | null } | { faults: readonly CartFault[] }

/** Whether this viewer (null: not signed in) may see and change the cart. */
export function isOpenTo(cart: { viewerId: string | null }, viewerId: string | null): boolean {
  return cart.viewerId === null || cart.viewerId === viewerId
}

/** The event of a cart that was made or changed. */
export function cartChanged({ id, state, version, updatedAt }: CartStanding): NewEvent<'checkout.cart.changed'> {
  return event('checkout.cart.changed', { id, version, status: statusOf(state), changedAt: updatedAt.toISOString() })
}

/** The state's name in the graph. */
export function statusOf({ is }: CartState): string {
  return is.toUpperCase()
}

/** Why the cart as a whole cannot be changed now, or null. */
export function whyClosed(cart: Cart, expectedVersion: number | null): CartFault | null {
  if (cart.state.is === 'completed') return fault('CART_COMPLETED', ['cartId'], 'The order of this cart was placed.')
  if (cart.state.is === 'placing') {
    return fault('CART_BEING_PLACED', ['cartId'], 'The order of this cart is being placed right now.')
  }
  if (expectedVersion === null || expectedVersion === cart.version) return null
  return fault(
    'VERSION_CONFLICT',
    ['expectedVersion'],
    `The cart has version ${cart.version}, not ${expectedVersion}: look at it again.`,
  )
}

/** Adds SKUs at the prices of their offers; what is in the cart already gets the quantity on top. All or none. */
export function addLines(
  cart: Pick<Cart, 'lines' | 'currencyCode'>,
  wanted: readonly { sku: string; quantity: number }[],
  offers: ReadonlyMap<string, Offer>,
  newId: () => string,
): Change {
  const lines = new Map(cart.lines.map((line) => [line.sku, line]))
  const faults: CartFault[] = []
  let currencyCode = cart.lines.length === 0 ? null : cart.currencyCode
  if (wanted.length > MAX_LINES) return { faults: [tooManyLines('lines', wanted.length)] }

  for (const [index, { sku, quantity }] of wanted.entries()) {
    const at = ['lines', String(index)]
    const offer = offers.get(sku)
    if (!offer) {
      faults.push(fault('UNKNOWN_SKU', [...at, 'sku'], `There is no SKU ${JSON.stringify(sku.slice(0, 100))}.`))
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
  cart: Pick<Cart, 'lines' | 'currencyCode'>,
  wanted: readonly { id: string | null; quantity: number }[],
  offers: ReadonlyMap<string, Offer>,
): Change {
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
      const price = offers.get(line.sku)?.price
      const accepted = price?.currencyCode === cart.currencyCode ? price?.minorUnits : undefined
      lines.set(line.id, { ...line, quantity, acceptedMinorUnits: accepted ?? line.acceptedMinorUnits })
    }
  }
  return outcome([...lines.values()], cart.currencyCode, faults)
}

/** Takes lines out. All or none. */
export function removeLines(cart: Pick<Cart, 'lines' | 'currencyCode'>, lineIds: readonly (string | null)[]): Change {
  if (lineIds.length > MAX_LINES) return { faults: [tooManyLines('lineIds', lineIds.length)] }
  const known = new Set<string | null>(cart.lines.map(({ id }) => id))
  const faults = lineIds.flatMap((id, index) => (known.has(id) ? [] : [noSuchLine(['lineIds', String(index)])]))
  return outcome(
    cart.lines.filter(({ id }) => !lineIds.includes(id)),
    cart.currencyCode,
    faults,
  )
}

/** Whether lines after a change are those of before. */
export function areSame(before: readonly CartLine[], after: readonly CartLine[]): boolean {
  const same = (line: CartLine, index: number) => CHANGEABLE.every((key) => line[key] === after[index]?.[key])
  return before.length === after.length && before.every(same)
}

const CHANGEABLE = ['id', 'title', 'quantity', 'acceptedMinorUnits'] as const

function outcome(lines: readonly CartLine[], currencyCode: string | null, faults: readonly CartFault[]): Change {
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
