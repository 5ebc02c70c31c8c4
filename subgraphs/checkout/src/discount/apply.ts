import { divide, MILLION, portion, shareOut } from '../totals/share.ts'
import { lineTotal } from '../totals/totals.ts'
import { byPrecedence, type Promotion, type Standing, type WhyNot, whyNotNow } from './promotion.ts'

/** A line at the price of one, before discounts; one for each SKU. */
export interface FullLine {
  sku: string
  unitMinorUnits: bigint
  quantity: number
}

/** What one promotion takes off one line, or off the delivery. */
export interface Discount {
  promotionId: string
  title: string
  minorUnits: bigint
}

/** What promotions do for a cart. */
export interface Discounts {
  /** By SKU, in the order in which they were applied; each positive. */
  bySku: ReadonlyMap<string, readonly Discount[]>
  /** What the lines get off together. */
  total: bigint
  /** The promotion that pays for the delivery, or null. */
  freeShipping: Pick<Promotion, 'id' | 'title'> | null
  /** The promotions that gave something, whose use an order takes; in key order. */
  used: readonly string[]
  /** Codes that give nothing, and why. */
  refused: readonly { code: string; why: WhyNot }[]
}

/** What promotions are applied to. */
export interface Shopping extends Standing {
  currencyCode: string
  lines: readonly FullLine[]
  codes: readonly string[]
  /** Whether there is a delivery to pay for. */
  ships: boolean
}

/**
 * Applies promotions one after the other, the higher priority first (of equals the lower id), each to what the ones before have left of a line. One
 * that is exclusive applies only when nothing has been applied before it, and nothing after it. Neither the order of the lines nor that of the
 * promotions matters. No line gets below zero.
 */
export function applyPromotions(promotions: readonly Promotion[], shopping: Shopping): Discounts {
  const left = new Map(shopping.lines.map((line) => [line.sku, lineTotal(line)]))
  const bySku = new Map<string, Discount[]>()
  const used: Promotion[] = []
  const refused: { code: string; why: WhyNot }[] = []
  let freeShipping: Promotion | null = null
  let total = 0n

  for (const promotion of byPrecedence(promotions.filter(({ code }) => isWanted(code, shopping.codes)))) {
    const why = whyNotNow(promotion, shopping) ?? combine(promotion, used)
    const offered = why ?? offer(promotion, shopping, left, freeShipping !== null)
    if (typeof offered === 'string') {
      if (promotion.code !== null) refused.push({ code: promotion.code, why: offered })
      continue
    }
    used.push(promotion)
    if (promotion.rule.is === 'freeShipping') freeShipping = promotion
    for (const [sku, minorUnits] of offered) {
      if (minorUnits === 0n) continue
      left.set(sku, (left.get(sku) ?? 0n) - minorUnits)
      bySku.set(sku, [...(bySku.get(sku) ?? []), { promotionId: promotion.id, title: promotion.title, minorUnits }])
      total += minorUnits
    }
  }
  const known = new Set(promotions.map(({ code }) => code))
  for (const code of shopping.codes) if (!known.has(code)) refused.push({ code, why: 'UNKNOWN_CODE' })
  return { bySku, total, freeShipping, used: used.map(({ id }) => id).sort(), refused }
}

function isWanted(code: string | null, codes: readonly string[]): boolean {
  return code === null || codes.includes(code)
}

function combine({ stacking }: Promotion, used: readonly Promotion[]): WhyNot | null {
  const [first] = used
  if (!first) return null
  return stacking === 'exclusive' || first.stacking === 'exclusive' ? 'NOT_COMBINABLE' : null
}

// What each SKU gets off, or why none does.
function offer(
  { rule, skus, minimum }: Promotion,
  { currencyCode, lines, ships }: Shopping,
  left: ReadonlyMap<string, bigint>,
  shipsFree: boolean,
): ReadonlyMap<string, bigint> | WhyNot {
  const about = skus.length === 0 ? lines : lines.filter(({ sku }) => skus.includes(sku))
  if (minimum !== null) {
    if (minimum.currencyCode !== currencyCode) return 'OTHER_CURRENCY'
    if (about.reduce((sum, line) => sum + lineTotal(line), 0n) < minimum.minorUnits) return 'MINIMUM_NOT_REACHED'
  }
  if (rule.is === 'freeShipping') return ships && !shipsFree && about.length > 0 ? new Map() : 'NOTHING_TO_DISCOUNT'
  if (rule.is === 'amount' && rule.currencyCode !== currencyCode) return 'OTHER_CURRENCY'
  const offered = rule.is === 'buyXGetY' ? cheapestUnits(rule, about, left) : fromWhole(rule, about, left)
  return [...offered.values()].some((minorUnits) => minorUnits > 0n) ? offered : 'NOTHING_TO_DISCOUNT'
}

function fromWhole(
  rule: Promotion['rule'] & { is: 'percentage' | 'amount' },
  about: readonly FullLine[],
  left: ReadonlyMap<string, bigint>,
): ReadonlyMap<string, bigint> {
  const weights = new Map(about.map(({ sku }) => [sku, left.get(sku) ?? 0n]))
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0n)
  const wanted = rule.is === 'amount' ? rule.minorUnits : portion(whole, BigInt(rule.ppm))
  return shareOut(wanted > whole ? whole : wanted, weights)
}

function cheapestUnits(
  { buy, get, ppm }: Promotion['rule'] & { is: 'buyXGetY' },
  about: readonly FullLine[],
  left: ReadonlyMap<string, bigint>,
): ReadonlyMap<string, bigint> {
  const cheapest = [...about].sort((a, b) =>
    a.unitMinorUnits === b.unitMinorUnits ? (a.sku < b.sku ? -1 : 1) : a.unitMinorUnits < b.unitMinorUnits ? -1 : 1,
  )
  const units = about.reduce((sum, { quantity }) => sum + quantity, 0)
  let reduced = Math.floor(units / (buy + get)) * get
  return new Map(
    cheapest.map(({ sku, quantity }) => {
      const count = Math.min(reduced, quantity)
      reduced -= count
      const worth = (left.get(sku) ?? 0n) * BigInt(count) * BigInt(ppm)
      return [sku, divide(worth, BigInt(quantity) * MILLION)]
    }),
  )
}
