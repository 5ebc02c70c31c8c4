import type { Money } from '@commerce/service/money.ts'
import type { Terms } from './terms.ts'

/** What can be bought under a SKU, as far as the events have told. */
export interface Offer {
  sku: string
  productTitle: string
  variantTitle: string
  /** Null: it exists but cannot be bought. */
  price: Money | null
  terms: Terms
  /** How many there are to sell, those included that may be promised before they arrive; null: the inventory has not told. */
  available: number | null
}

/** A product's state at a version, with everything it sells then. */
export interface ListedProduct {
  id: string
  version: number
  title: string
  variants: readonly { sku: string; title: string }[]
}

/** A SKU's price at a version. */
export interface ListedPrice {
  sku: string
  version: number
  price: Money | null
}

/** What a line is called: the product's title, with the variant's where it says more. */
export function titleOf({ productTitle, variantTitle }: Pick<Offer, 'productTitle' | 'variantTitle'>): string {
  return variantTitle === '' || variantTitle === productTitle ? productTitle : `${productTitle}, ${variantTitle}`
}

/** Of several states of the same entities only the newest, in key order, so that two writers never wait for each other crosswise. */
export function newest<T extends { version: number }>(states: readonly T[], keyOf: (state: T) => string): T[] {
  const byKey = new Map<string, T>()
  for (const state of states) {
    const known = byKey.get(keyOf(state))
    if (!known || known.version < state.version) byKey.set(keyOf(state), state)
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state)
}

/** How many units of a SKU can be sold, at a version of its stock. */
export interface ListedStock {
  sku: string
  version: number
  available: number
}
