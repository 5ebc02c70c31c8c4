import { noFilters, type Rules } from '../port.ts'
import { checksOf } from './filters.ts'
import type { Products } from './products.ts'

/** Boosts as they are asked for each product. */
export function boostsOf(rules: Rules, products: Products): { factor: number; lifts(product: number): boolean }[] {
  return rules.boosts.map(({ filters, productIds, factor }) => {
    const checks = checksOf({ ...noFilters(''), ...filters }, products)
    const named = productIds && new Set(productIds.map(products.numberOf))
    return {
      factor: Math.min(10, Math.max(0.1, factor)),
      lifts: (product) => (!named || named.has(product)) && checks.every((check) => check.passes(product)),
    }
  })
}
