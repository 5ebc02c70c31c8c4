// Long because each kind of promotion, alone and with others, is tried.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineTotal } from '../totals/totals.ts'
import { applyPromotions, type FullLine, type Shopping } from './apply.ts'
import { codeFrom, type Promotion, type PromotionRule } from './promotion.ts'

const now = new Date('2026-06-01T00:00:00Z')
const promotion = (rule: PromotionRule, more: Partial<Promotion> = {}): Promotion => ({
  id: 'p',
  title: 'A promotion',
  code: null,
  rule,
  skus: [],
  minimum: null,
  startsAt: new Date(0),
  endsAt: null,
  stacking: 'stacks',
  priority: 0,
  usageLimit: null,
  usageLimitPerCustomer: null,
  uses: 0,
  version: 1,
  ...more,
})
const line = (sku: string, unit: number, quantity = 1): FullLine => ({ sku, unitMinorUnits: BigInt(unit), quantity })
const shopping = (lines: readonly FullLine[], more: Partial<Shopping> = {}): Shopping => ({
  currencyCode: 'USD',
  lines,
  codes: [],
  ships: true,
  customer: null,
  usesOfCustomer: new Map(),
  now,
  ...more,
})
const off = (promotions: Promotion[], given: Shopping) =>
  Object.fromEntries(
    [...applyPromotions(promotions, given).bySku].map(([sku, discounts]) => [
      sku,
      discounts.map(({ minorUnits }) => Number(minorUnits)),
    ]),
  )
const why = (one: Partial<Promotion>, given: Partial<Shopping> = {}) =>
  applyPromotions(
    [promotion({ is: 'percentage', ppm: 100_000 }, { code: 'TEN', ...one })],
    shopping([line('cup', 500)], { codes: ['TEN'], ...given }),
  ).refused.map((refusal) => refusal.why)

describe('a promotion', () => {
  it('of a percentage is rounded once and shared out over the lines to the cent', () => {
    const lines = [line('cup', 333), line('pot', 333), line('tea', 334)]
    expect(off([promotion({ is: 'percentage', ppm: 150_000 })], shopping(lines))).toEqual({
      cup: [50],
      pot: [50],
      tea: [50],
    })
    expect(off([promotion({ is: 'percentage', ppm: 1_000_000 })], shopping(lines))).toEqual({
      cup: [333],
      pot: [333],
      tea: [334],
    })
  })

  it('of an amount takes no more than there is, from nothing but what it is about', () => {
    const ten = { is: 'amount', minorUnits: 1_000n, currencyCode: 'USD' } as const
    const lines = [line('cup', 300, 2), line('pot', 5_000)]
    expect(off([promotion(ten, { skus: ['cup'] })], shopping(lines))).toEqual({ cup: [600] })
    expect(off([promotion(ten)], shopping(lines))).toEqual({ cup: [107], pot: [893] })
    expect(off([promotion({ ...ten, currencyCode: 'EUR' })], shopping(lines))).toEqual({})
  })

  it('of buying some reduces the cheapest, once for each full set', () => {
    const rule = { is: 'buyXGetY', buy: 2, get: 1, ppm: 1_000_000 } as const
    expect(off([promotion(rule)], shopping([line('cup', 500, 2), line('pot', 2_000)]))).toEqual({ cup: [500] })
    expect(off([promotion(rule)], shopping([line('cup', 500, 5)]))).toEqual({ cup: [500] })
    expect(off([promotion(rule)], shopping([line('cup', 500, 1), line('pot', 2_000, 5)]))).toEqual({
      cup: [500],
      pot: [2_000],
    })
    expect(off([promotion({ ...rule, ppm: 500_000 })], shopping([line('cup', 501, 3)]))).toEqual({ cup: [251] })
  })

  it('of free delivery needs something to deliver', () => {
    const free = promotion({ is: 'freeShipping' })
    expect(applyPromotions([free], shopping([line('cup', 500)])).freeShipping?.id).toBe('p')
    expect(applyPromotions([free], shopping([line('cup', 500)], { ships: false })).used).toEqual([])
  })

  it('says why its code gives nothing', () => {
    const usd = (minorUnits: bigint) => ({ minorUnits, currencyCode: 'USD' })
    expect(why({})).toEqual([])
    expect(why({ startsAt: new Date(now.getTime() + 1) })).toEqual(['NOT_STARTED'])
    expect(why({ endsAt: now })).toEqual(['ENDED'])
    expect(why({ usageLimit: 3, uses: 3 })).toEqual(['USED_UP'])
    expect(why({ usageLimitPerCustomer: 1 })).toEqual(['CUSTOMER_UNKNOWN'])
    expect(why({ usageLimitPerCustomer: 1 }, { customer: 'ann', usesOfCustomer: new Map([['p', 1]]) })).toEqual([
      'USED_UP_BY_CUSTOMER',
    ])
    expect(why({ minimum: usd(501n) })).toEqual(['MINIMUM_NOT_REACHED'])
    expect(why({ minimum: usd(500n) })).toEqual([])
    expect(why({ minimum: { minorUnits: 1n, currencyCode: 'EUR' } })).toEqual(['OTHER_CURRENCY'])
    expect(why({ skus: ['pot'] })).toEqual(['NOTHING_TO_DISCOUNT'])
    expect(why({}, { codes: ['TEN', 'ELEVEN'] })).toEqual(['UNKNOWN_CODE'])
  })

  it('with a code applies only to who has the code', () => {
    const ten = promotion({ is: 'percentage', ppm: 100_000 }, { code: 'TEN' })
    expect(off([ten], shopping([line('cup', 500)]))).toEqual({})
    expect(codeFrom(' summer-10 ')).toBe('SUMMER-10')
    expect(['', 'ab', 'with space', 'x'.repeat(51), 'ümlaut'].map(codeFrom)).toEqual([null, null, null, null, null])
  })
})

describe('several promotions', () => {
  const tenth = promotion({ is: 'percentage', ppm: 100_000 }, { id: 'a', priority: 1 })
  const half = promotion({ is: 'percentage', ppm: 500_000 }, { id: 'b' })

  it('each take from what the ones before have left, the higher priority first', () => {
    expect(off([half, tenth], shopping([line('cup', 1_000)]))).toEqual({ cup: [100, 450] })
  })

  it('of which one is exclusive: it is alone, or not at all', () => {
    const given = shopping([line('cup', 1_000)], { codes: ['X'] })
    const exclusive = { ...half, code: 'X', stacking: 'exclusive' } as const
    expect(off([{ ...exclusive, priority: 2 }, tenth], given)).toEqual({ cup: [500] })
    expect(off([exclusive, tenth], given)).toEqual({ cup: [100] })
    expect(applyPromotions([exclusive, tenth], given).refused).toEqual([{ code: 'X', why: 'NOT_COMBINABLE' }])
  })

  it('do not give way to an exclusive one that gives nothing', () => {
    const none = { ...half, stacking: 'exclusive', priority: 2, skus: ['pot'] } as const
    expect(off([none, tenth], shopping([line('cup', 1_000)]))).toEqual({ cup: [100] })
  })
})

describe('whatever the promotions', () => {
  const ppm = fc.integer({ min: 1, max: 1_000_000 })
  const rule: fc.Arbitrary<PromotionRule> = fc.oneof(
    fc.record({ is: fc.constant('percentage' as const), ppm }),
    fc.record({
      is: fc.constant('amount' as const),
      minorUnits: fc.bigInt(1n, 10n ** 6n),
      currencyCode: fc.constant('USD'),
    }),
    fc.record({
      is: fc.constant('buyXGetY' as const),
      buy: fc.integer({ min: 1, max: 3 }),
      get: fc.integer({ min: 1, max: 3 }),
      ppm,
    }),
    fc.record({ is: fc.constant('freeShipping' as const) }),
  )
  const sku = fc.constantFrom('cup', 'pot', 'tea', 'tin')
  const lines = fc.uniqueArray(
    fc.record({ sku, unitMinorUnits: fc.bigInt(0n, 10n ** 6n), quantity: fc.integer({ min: 1, max: 20 }) }),
    { selector: (each) => each.sku, maxLength: 4 },
  )
  const promotions = fc.uniqueArray(
    fc
      .record({
        id: fc.uuid(),
        rule,
        skus: fc.uniqueArray(sku, { maxLength: 2 }),
        stacking: fc.constantFrom('exclusive' as const, 'stacks' as const),
        priority: fc.integer({ min: 0, max: 3 }),
      })
      .map(({ rule: given, ...more }) => promotion(given, more)),
    { selector: ({ id }) => id, maxLength: 5 },
  )

  it('no line gets below zero, and the shares of the lines are the whole discount', () => {
    fc.assert(
      fc.property(promotions, lines, (given, bought) => {
        const { bySku, total } = applyPromotions(given, shopping(bought))
        let sum = 0n
        for (const each of bought) {
          const shares = bySku.get(each.sku) ?? []
          const taken = shares.reduce((all, { minorUnits }) => all + minorUnits, 0n)
          expect(shares.every(({ minorUnits }) => minorUnits > 0n)).toBe(true)
          expect(taken).toBeLessThanOrEqual(lineTotal(each))
          sum += taken
        }
        expect(total).toBe(sum)
      }),
    )
  })

  it('neither their order nor that of the lines changes anything', () => {
    fc.assert(
      fc.property(promotions, lines, fc.nat(), (given, bought, turn) => {
        const turned = <T>(list: readonly T[]) => {
          const at = list.length === 0 ? 0 : turn % list.length
          return [...list.slice(at), ...list.slice(0, at)].reverse()
        }
        const there = applyPromotions(given, shopping(bought))
        const back = applyPromotions(turned(given), shopping(turned(bought)))
        expect({ ...back, bySku: new Map([...back.bySku].sort()) }).toEqual({
          ...there,
          bySku: new Map([...there.bySku].sort()),
        })
      }),
    )
  })

  it('an exclusive one that is used is used alone', () => {
    fc.assert(
      fc.property(promotions, lines, (given, bought) => {
        const { used } = applyPromotions(given, shopping(bought))
        if (given.some(({ id, stacking }) => stacking === 'exclusive' && used.includes(id)))
          expect(used).toHaveLength(1)
      }),
    )
  })
})
