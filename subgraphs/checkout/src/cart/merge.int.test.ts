import { eventually } from '@commerce/local/testing.ts'
import { encodeId } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, idOf, startCheckout, type World } from '../../test/checkout.ts'
import { BERLIN, merchant } from '../../test/merchant.ts'
import { type ShownCart, shopper } from '../../test/shopper.ts'
import { hear } from '../../test/told.ts'

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  guest = shopper(ask)
  await Promise.all([world.sell('cup', 550), world.sell('pot', 2_000), world.sell('egg', 30)])
  await merchant(ask).terms({ sku: 'egg', minQuantity: 6, maxQuantity: 24, step: 6 })
})

let count = 0
/** A signed-in shopper that no other test knows. */
function somebody() {
  count += 1
  return shopper(ask, { id: `viewer ${count}`, scopes: [] })
}

const linesOf = (cart: ShownCart | null) => cart?.lines.map(({ sku, quantity }) => [sku, quantity])
const codes = ({ userErrors }: { userErrors: { code: string }[] }) => userErrors.map(({ code }) => code)

describe('merging the cart of before signing in', () => {
  it('makes it the cart of a viewer who has none', async () => {
    const ann = somebody()
    const sourceCartId = await guest.cartWith({ cup: 2 })
    const told = await hear(world, 'checkout.cart.changed')
    expect(await ann.change('cartMerge', { sourceCartId })).toMatchObject({
      cart: { id: sourceCartId, version: 2, status: 'OPEN', lines: [{ sku: 'cup', quantity: 2 }] },
      userErrors: [],
    })
    expect(await guest.cart(sourceCartId)).toBeNull()
    expect((await ann.change('cartMerge', { sourceCartId })).cart).toMatchObject({ version: 2 })
    await eventually('told', () => told(sourceCartId).at(-1)?.version === 2)
  })

  it.each([
    [
      'ADD',
      [
        ['cup', 3],
        ['pot', 1],
      ],
      2,
    ],
    ['KEEP_TARGET', [['cup', 1]], 1],
    [
      'REPLACE',
      [
        ['cup', 2],
        ['pot', 1],
      ],
      2,
    ],
  ])('with %s into the cart that the viewer has, once however often it is asked', async (mode, lines, version) => {
    const ann = somebody()
    const target = await ann.cartWith({ cup: 1 })
    const sourceCartId = await guest.cartWith({ cup: 2, pot: 1 })
    for (const _ of [1, 2]) {
      const { cart, userErrors } = await ann.change('cartMerge', { sourceCartId, mode })
      expect(userErrors).toEqual([])
      expect(cart).toMatchObject({ id: target, version })
      expect(linesOf(cart)).toEqual(lines)
    }
    expect(await guest.cart(sourceCartId)).toMatchObject({ status: 'MERGED', version: 2, lines: [] })
    expect(codes(await guest.add(sourceCartId, { cup: 1 }))).toEqual(['CART_MERGED'])
    expect(await guest.place(sourceCartId)).toMatchObject({ code: 'CART_EMPTY' })
  })

  it('keeps to what the terms allow, and says so', async () => {
    const ann = somebody()
    await ann.cartWith({ egg: 18 })
    const { cart, warnings } = await ann.change('cartMerge', { sourceCartId: await guest.cartWith({ egg: 12 }) })
    expect(linesOf(cart)).toEqual([['egg', 24]])
    expect(warnings).toEqual(['A egg: 24 and not 30, which is more than allowed.'])
  })

  it('takes over buyer and address where the target has none', async () => {
    const ann = somebody()
    const target = await ann.cartWith({ cup: 1 })
    await ann.change('cartBuyerSet', { cartId: target, email: 'ann@example.com' })
    const sourceCartId = await guest.cartWith({ pot: 1 })
    await guest.change('cartBuyerSet', { cartId: sourceCartId, email: 'guest@example.com' })
    await guest.change('cartAddressSet', { cartId: sourceCartId, shipping: BERLIN })
    await ann.change('cartMerge', { sourceCartId })
    expect(await ann.bill(target)).toMatchObject({
      buyer: { email: 'ann@example.com' },
      shippingAddress: { city: 'Berlin', countryCode: 'DE' },
    })
  })

  it('is refused by name: who is nobody, what is not there, what was seen in another version', async () => {
    const [ann, bob] = [somebody(), somebody()]
    const target = await ann.cartWith({ cup: 1 })
    const sourceCartId = await guest.cartWith({ pot: 1 })
    await expect(guest.change('cartMerge', { sourceCartId })).rejects.toThrow('nobody is signed in')
    const merge = async (input: object) => codes(await ann.change('cartMerge', { sourceCartId, ...input }))
    expect(await merge({ sourceCartId: await bob.cartWith({ cup: 1 }) })).toEqual(['SOURCE_NOT_FOUND'])
    expect(await merge({ sourceCartId: encodeId('Cart', idOf('nowhere')) })).toEqual(['SOURCE_NOT_FOUND'])
    expect(await merge({ targetCartId: await bob.cartWith({ cup: 1 }) })).toEqual(['CART_NOT_FOUND'])
    expect(await merge({ targetCartId: 'nonsense' })).toEqual(['CART_NOT_FOUND'])
    expect(await merge({ expectedVersion: 7 })).toEqual(['VERSION_CONFLICT'])
    expect(await merge({ expectedSourceVersion: 7 })).toEqual(['SOURCE_VERSION_CONFLICT'])
    expect(await guest.cart(sourceCartId)).toMatchObject({ status: 'OPEN', version: 1 })
    expect(await merge({ targetCartId: target })).toEqual([])
    expect(codes(await bob.change('cartMerge', { sourceCartId }))).toEqual(['CART_MERGED'])
  })

  it('many times at once adds the lines once', async () => {
    const ann = somebody()
    const targetCartId = await ann.cartWith({ cup: 1 })
    const sourceCartId = await guest.cartWith({ cup: 1 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ann.change('cartMerge', { sourceCartId, targetCartId })),
    )
    expect(answers.flatMap(codes)).toEqual([])
    expect(linesOf(await ann.cart(targetCartId))).toEqual([['cup', 2]])
  })
})

describe('the current cart', () => {
  const current = async (viewer: { id: string; scopes: string[] } | null) =>
    (await ask<{ currentCart: { id: string } | null }>('{ currentCart { id } }', {}, viewer)).currentCart

  it('is the one that the viewer changed last', async () => {
    const viewer = { id: 'ann of two carts', scopes: [] }
    const ann = shopper(ask, viewer)
    expect(await current(viewer)).toBeNull()
    const first = await ann.cartWith({ cup: 1 })
    const second = await ann.cartWith({ cup: 1 })
    expect(await current(viewer)).toEqual({ id: second })
    await ann.add(first, { pot: 1 })
    expect(await current(viewer)).toEqual({ id: first })
    await expect(current(null)).rejects.toThrow('nobody is signed in')
  })
})
