import type { Offer } from '../offer/offer.ts'
import { nearestAllowed, USUAL_TERMS } from '../offer/terms.ts'
import { type Cart, type CartContent, type CartLine, changed } from './cart.ts'
import { type CartFault, fault, MAX_CODES, MAX_LINES, tooManyLines } from './fault.ts'
import { outcome } from './lines.ts'

/** What becomes of two carts: `add` the quantities, `keepTarget` as it is, `replace` its lines by the source's. */
export type MergeMode = 'add' | 'keepTarget' | 'replace'

/** The target's content after a merge, and what the shopper should know of it; or what speaks against it. */
export type Merged = { content: CartContent; warnings: readonly string[] } | { faults: readonly CartFault[] }

/**
 * Brings a source cart into a target. Where both have a say the target's is kept: its accepted prices, its buyer, its addresses. A quantity beyond
 * what the terms of a SKU allow becomes the most that they do, with a warning.
 */
export function merge(
  source: Cart,
  target: Cart,
  mode: MergeMode,
  offers: ReadonlyMap<string, Offer>,
  newId: () => string,
): Merged {
  if (mode === 'keepTarget') return { content: changed(target, {}), warnings: [] }
  const anew = source.lines.map((line) => ({ ...line, id: newId() }))
  if (mode === 'replace') return { content: { ...withDetails(source, target), lines: anew }, warnings: [] }
  if (source.currencyCode !== null && target.currencyCode !== null && source.currencyCode !== target.currencyCode) {
    const message = `One cart is in ${source.currencyCode}, the other in ${target.currencyCode}: keep one of them.`
    return { faults: [fault('CURRENCY_MISMATCH', ['mode'], message)] }
  }
  const lines = new Map<string, CartLine>(target.lines.map((line) => [line.sku, line]))
  const warnings: string[] = []
  for (const line of anew) {
    const there = lines.get(line.sku)
    const wanted = (there?.quantity ?? 0) + line.quantity
    const quantity = there ? nearestAllowed(wanted, offers.get(line.sku)?.terms ?? USUAL_TERMS) : wanted
    if (quantity !== wanted) warnings.push(`${line.title}: ${quantity} and not ${wanted}, which is more than allowed.`)
    lines.set(line.sku, { ...(there ?? line), quantity })
  }
  const faults = lines.size > MAX_LINES ? [tooManyLines('sourceCartId', lines.size)] : []
  const sum = outcome([...lines.values()], target.currencyCode ?? source.currencyCode, faults)
  return 'faults' in sum ? sum : { content: changed(target, { ...withDetails(target, source), ...sum }), warnings }
}

// What the first has, and where it has nothing, what the second has.
function withDetails(first: Cart, second: Cart): CartContent {
  return changed(first, {
    buyerEmail: first.buyerEmail ?? second.buyerEmail,
    shippingAddress: first.shippingAddress ?? second.shippingAddress,
    billingAddress: first.billingAddress ?? second.billingAddress,
    shippingChoice: first.shippingChoice ?? second.shippingChoice,
    discountCodes: [...new Set([...first.discountCodes, ...second.discountCodes])].slice(0, MAX_CODES),
  })
}
