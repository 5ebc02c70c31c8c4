import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { merchant, usd } from '../../test/merchant.ts'
import { amounts, shopper } from '../../test/shopper.ts'

/*
 * Promotions, as shoppers and staff meet them.
 */

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>
let shop: ReturnType<typeof merchant>

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  guest = shopper(ask)
  shop = merchant(ask)
  await Promise.all([world.sell('cup', 550), world.sell('pot', 2_000), world.sell('song', 99)])
})

interface PromotionPage {
  nodes: { code: string | null }[]
  pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean }
}

const codes = ({ userErrors }: { userErrors: { code: string }[] }) => userErrors.map(({ code }) => code)
describe('discounts', () => {
  it('are shown line by line, and the codes that give nothing say why', async () => {
    await shop.promote({ percentage: { percent: '12.5' } }, { title: 'Spring', code: 'spring', skus: ['cup', 'pot'] })
    await shop.promote({ amount: { off: usd('3.00') } }, { title: 'Rich', code: 'RICH', minimum: usd('100.00') })
    const cartId = await guest.cartWith({ cup: 1, pot: 1, song: 1 })
    await guest.change('cartDiscountApply', { cartId, code: ' Spring ' })
    await guest.change('cartDiscountApply', { cartId, code: 'RICH' })
    const bill = await guest.bill(cartId)
    expect(bill).toMatchObject({
      version: 3,
      discountCodes: ['SPRING', 'RICH'],
      lines: [
        { discounts: [{ promotion: { title: 'Spring' }, amount: { minorUnits: 69 } }] },
        { discounts: [{ amount: { minorUnits: 250 } }] },
        { discounts: [] },
      ],
      problems: [{ __typename: 'DiscountNotApplicable', code: 'RICH', reason: 'MINIMUM_NOT_REACHED' }],
    })
    expect(amounts(bill)).toMatchObject({ subtotal: 2_649, discount: 319, total: 2_330, estimated: false })
    await guest.change('cartDiscountRemove', { cartId, code: 'rich' })
    expect(await guest.bill(cartId)).toMatchObject({ version: 4, discountCodes: ['SPRING'], problems: [] })
  })

  it('are refused when there is no such code, not yet, not any more, or too many of them', async () => {
    const percentage = { percentage: { percent: '1' } }
    const cartId = await guest.cartWith({ cup: 1 })
    const apply = (code: string) => guest.change('cartDiscountApply', { cartId, code })
    await shop.promote(percentage, { code: 'LATER', startsAt: '2999-01-01T00:00:00Z' })
    await shop.end(await shop.promote(percentage, { code: 'GONE' }))
    for (const code of ['NOWHERE', 'LATER', 'GONE', '', 'nul \0']) {
      expect(codes(await apply(code))).toEqual(['DISCOUNT_CODE_UNKNOWN'])
    }
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await shop.promote(percentage, { code: `FEW-${n}` })
      expect(codes(await apply(`FEW-${n}`))).toEqual(n <= 5 ? [] : ['TOO_MANY_DISCOUNT_CODES'])
    }
    expect(codes(await apply('few-3'))).toEqual([])
    expect(codes(await guest.change('cartDiscountRemove', { cartId, code: 'FEW-6' }))).toEqual([
      'DISCOUNT_CODE_UNKNOWN',
    ])
  })

  it('without a code come and go by themselves', async () => {
    const cartId = await guest.cartWith({ song: 10 })
    const id = await shop.promote({ buyXGetY: { buy: 4, get: 1 } }, { title: '4 + 1', skus: ['song'] })
    expect(amounts(await guest.bill(cartId))).toMatchObject({ discount: 198, total: 792 })
    await shop.end(id)
    expect(amounts(await guest.bill(cartId))).toMatchObject({ discount: 0, total: 990 })
  })

  it('are listed for staff, the newest first, page by page in both directions, each with its rule', async () => {
    const rules = [
      { percentage: { percent: '8.875' } },
      { amount: { off: usd('3.00') } },
      { buyXGetY: { buy: 2, get: 1, percent: '50' } },
      { freeShipping: true },
    ]
    for (const [n, rule] of rules.entries()) {
      const more = {
        code: `LIST-${n}`,
        skus: ['cup'],
        stacking: 'EXCLUSIVE',
        priority: n,
        minimum: usd('1.00'),
        usageLimit: 9,
      }
      await shop.promote(rule, more)
    }
    const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
      promotions(first: $first, after: $after, last: $last, before: $before) {
        nodes { code skus stacking priority minimum { amount } usageLimit uses version rule { __typename
          ... on PercentageOff { percent } ... on AmountOff { off { amount } } ... on BuyXGetY { buy get reducedBy: percent }
          ... on FreeShipping { paysDelivery } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
    const sue = { id: 'sue', scopes: ['checkout:read'] }
    const page = async (args: object) => (await ask<{ promotions: PromotionPage }>(query, args, sue)).promotions
    const first = await page({ first: 2 })
    expect(first.nodes).toMatchObject([
      { code: 'LIST-3', rule: { __typename: 'FreeShipping', paysDelivery: true } },
      {
        code: 'LIST-2',
        rule: { __typename: 'BuyXGetY', buy: 2, get: 1, reducedBy: '50' },
        skus: ['cup'],
        stacking: 'EXCLUSIVE',
        minimum: { amount: '1.00' },
        usageLimit: 9,
        uses: 0,
        version: 1,
      },
    ])
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const second = await page({ first: 2, after: first.pageInfo.endCursor })
    expect(second.nodes).toMatchObject([
      { code: 'LIST-1', rule: { off: { amount: '3.00' } } },
      { code: 'LIST-0', rule: { percent: '8.875' } },
    ])
    expect((await page({ last: 2, before: second.pageInfo.startCursor })).nodes).toEqual(first.nodes)
    await expect(page({ after: 'nonsense' })).rejects.toThrow('cursor')
  })

  it('are for staff to set, who are told what cannot be', async () => {
    const nobody = merchant(ask, null)
    await expect(nobody.promote({ freeShipping: true })).rejects.toThrow('checkout:write')
    await expect(nobody.uses('SPRING')).rejects.toThrow('checkout:read')
    const wrong = { title: ' ', code: 'x', rule: {}, endsAt: '1999-01-01T00:00:00Z', usageLimit: 0, skus: [''] }
    expect((await shop.tried('promotionSet', wrong)).userErrors.map(({ field }) => field?.[0])).toEqual([
      'title',
      'code',
      'skus',
      'endsAt',
      'usageLimit',
      'rule',
    ])
    expect(
      codes(await shop.tried('promotionSet', { title: 'Again', code: 'Spring', rule: { freeShipping: true } })),
    ).toEqual(['CODE_TAKEN'])
    const { promotion } = await shop.set('promotionSet', {
      title: 'One',
      code: 'ONE',
      rule: { percentage: { percent: '1' } },
    })
    const one = { title: 'Same', code: 'SAME', rule: { freeShipping: true } }
    const same = await Promise.all([1, 2, 3, 4].map(() => shop.tried('promotionSet', one)))
    expect(same.flatMap(codes)).toEqual(['CODE_TAKEN', 'CODE_TAKEN', 'CODE_TAKEN'])
    const again = { id: promotion?.id, title: 'Two', code: 'ONE', rule: { percentage: { percent: '2' } } }
    expect((await shop.tried('promotionSet', { ...again, expectedVersion: 1 })).promotion).toMatchObject({ version: 2 })
    expect(codes(await shop.tried('promotionSet', { ...again, expectedVersion: 1 }))).toEqual(['VERSION_CONFLICT'])
    expect(codes(await shop.tried('promotionEnd', { id: 'nonsense' }))).toEqual(['NOT_FOUND'])
  })
})
