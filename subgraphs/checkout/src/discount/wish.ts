import type { Money } from '@commerce/service/money.ts'
import { isSku } from '@commerce/service/sku.ts'
import { invalid, isTitle, ppmFrom, type StaffFault } from '../staff.ts'
import { codeFrom, type Promotion, type PromotionRule } from './promotion.ts'

/** What a promotion gives, as staff say it: exactly one of these. */
export interface RuleWish {
  percentage?: { percent: string } | null | undefined
  amount?: { off: Money } | null | undefined
  buyXGetY?: { buy: number; get: number; percent: string } | null | undefined
  freeShipping?: boolean | null | undefined
}

/** A promotion as staff wish it. */
export interface PromotionWish {
  title: string
  code: string | null
  rule: RuleWish
  skus: readonly string[]
  minimum: Money | null
  startsAt: Date
  endsAt: Date | null
  stacking: Promotion['stacking']
  priority: number
  usageLimit: number | null
  usageLimitPerCustomer: number | null
}

const MAX_SKUS = 1_000
const MAX_COUNT = 1_000_000
const MAX_SET = 100

/** The promotion that staff wish for, or everything that speaks against it. */
export function promotionFrom(
  wish: PromotionWish,
): Omit<Promotion, 'id' | 'uses' | 'version'> | { faults: readonly StaffFault[] } {
  const faults: StaffFault[] = []
  const need = (right: boolean, field: string, message: string) => {
    if (!right) faults.push(invalid([field], message))
  }
  const code = wish.code === null ? null : codeFrom(wish.code)
  const rule = ruleFrom(wish.rule)
  need(isTitle(wish.title), 'title', 'A title has 1 to 200 characters, none of them control characters.')
  need(wish.code === null || code !== null, 'code', 'A code has 3 to 50 letters, digits, "-" and "_".')
  need(wish.skus.length <= MAX_SKUS && wish.skus.every(isSku), 'skus', `Expected at most ${MAX_SKUS} SKUs.`)
  need(wish.minimum === null || wish.minimum.minorUnits > 0n, 'minimum', 'A minimum is more than zero.')
  need(wish.endsAt === null || wish.endsAt > wish.startsAt, 'endsAt', 'A promotion ends after it starts.')
  need(Math.abs(wish.priority) <= MAX_COUNT, 'priority', `A priority is between ${-MAX_COUNT} and ${MAX_COUNT}.`)
  for (const field of ['usageLimit', 'usageLimitPerCustomer'] as const) {
    const limit = wish[field]
    need(limit === null || (limit >= 1 && limit <= 2 ** 31 - 1), field, 'A limit is at least 1.')
  }
  if (typeof rule === 'string') faults.push(invalid(['rule'], rule))
  if (faults.length > 0 || typeof rule === 'string') return { faults }
  return { ...wish, title: wish.title.trim(), code, rule, skus: [...new Set(wish.skus)] }
}

// A sentence when it is none.
function ruleFrom({ percentage, amount, buyXGetY, freeShipping }: RuleWish): PromotionRule | string {
  const given = [percentage, amount, buyXGetY, freeShipping].filter((each) => each != null && each !== false)
  if (given.length !== 1) {
    return `Expected exactly one of \`percentage\`, \`amount\`, \`buyXGetY\` and \`freeShipping\`, got ${given.length}.`
  }
  if (percentage) {
    const ppm = ppmFrom(percentage.percent)
    return ppm ? { is: 'percentage', ppm } : PERCENT
  }
  if (amount) return amount.off.minorUnits > 0n ? { is: 'amount', ...amount.off } : 'An amount is more than zero.'
  if (!buyXGetY) return { is: 'freeShipping' }
  const { buy, get, percent } = buyXGetY
  const ppm = ppmFrom(percent)
  if (!ppm) return PERCENT
  const right = [buy, get].every((count) => count >= 1 && count <= MAX_SET)
  return right ? { is: 'buyXGetY', buy, get, ppm } : `\`buy\` and \`get\` are between 1 and ${MAX_SET}.`
}

const PERCENT = 'A percentage is more than 0 and at most 100, with at most four decimals.'
