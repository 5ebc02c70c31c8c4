/** On which terms a SKU is sold, beside its price. */
export interface Terms {
  minQuantity: number
  /** Null: as many as a line may have. */
  maxQuantity: number | null
  /** Quantities are `minQuantity` and so many more each time. */
  step: number
  /** For rates by weight; nothing said weighs nothing. */
  weightGrams: number
  taxClass: string
  /** Whether it is something to be sent. */
  ships: boolean
}

export const USUAL_TERMS: Terms = {
  minQuantity: 1,
  maxQuantity: null,
  step: 1,
  weightGrams: 0,
  taxClass: 'standard',
  ships: true,
}

/** The most units of a SKU that a line can have, whatever its terms say. */
export const MAX_QUANTITY = 999

/** The most units of a SKU that its terms allow in a line. */
export function mostOf({ maxQuantity }: Pick<Terms, 'maxQuantity'>): number {
  return maxQuantity ?? MAX_QUANTITY
}

/** Whether so many may be in a line. */
export function isQuantityAllowed(quantity: number, terms: Terms): boolean {
  const { minQuantity, step } = terms
  return quantity >= minQuantity && quantity <= mostOf(terms) && (quantity - minQuantity) % step === 0
}

/** The next quantity that is allowed from here downwards; the smallest when there is none. */
export function nearestAllowed(quantity: number, terms: Terms): number {
  const { minQuantity, step } = terms
  const capped = Math.min(quantity, mostOf(terms))
  return capped <= minQuantity ? minQuantity : capped - ((capped - minQuantity) % step)
}

/** The rule in words: `from 6 to 60 in steps of 6`. */
export function quantityRule(terms: Terms): string {
  const steps = terms.step === 1 ? '' : ` in steps of ${terms.step}`
  return `from ${terms.minQuantity} to ${mostOf(terms)}${steps}`
}
