import { randomUUID } from 'node:crypto'
import { encodeId } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  guest = shopper(ask)
  await world.sell('cup', 550)
  await world.sell('pot', 2_000)
  await world.sell('unpriced', null)
})

const codes = ({ userErrors }: { userErrors: { code: string }[] }) => userErrors.map(({ code }) => code)

describe('a cart', () => {
  it('is made with lines, grows, shrinks, and counts its versions', async () => {
    const { cart: made } = await guest.create({ cup: 2 })
    const id = made?.id as string
    expect(made).toMatchObject({
      status: 'OPEN',
      lines: [{ sku: 'cup', quantity: 2 }],
      totals: { total: { amount: '11.00' } },
    })

    const { cart: grown } = await guest.add(id, { pot: 1, cup: 1 })
    expect([made?.version, grown?.version]).toEqual([1, 2])
    expect(grown).toMatchObject({
      lines: [
        { sku: 'cup', quantity: 3 },
        { sku: 'pot', quantity: 1 },
      ],
      totals: { total: { amount: '36.50' } },
    })
    const [cup, pot] = grown?.lines ?? []
    const { cart: changed } = await guest.update(id, [{ id: cup?.id ?? '', quantity: 1 }])
    expect(changed?.totals?.total.amount).toBe('25.50')
    await guest.remove(id, [cup?.id ?? '', pot?.id ?? ''])
    expect(await guest.cart(id)).toMatchObject({ lines: [], totals: null, problems: [] })
  })

  it('says line by line why nothing was added', async () => {
    const answer = await guest.create({ cup: 1, nowhere: 1, unpriced: 1, pot: 1_000 })
    expect(answer).toEqual({
      cart: null,
      userErrors: [
        { code: 'UNKNOWN_SKU', field: ['lines', '1', 'sku'] },
        { code: 'NOT_FOR_SALE', field: ['lines', '2', 'sku'] },
        { code: 'QUANTITY_OUT_OF_RANGE', field: ['lines', '3', 'quantity'] },
      ],
      warnings: [],
    })
  })

  it('takes any text for a SKU or a key without failing', async () => {
    for (const sku of ['', 'nul \0', 'half \ud800', ' cup', 'x'.repeat(10_000)]) {
      expect(codes(await guest.create({ [sku]: 1 }))).toEqual(['UNKNOWN_SKU'])
    }
    const cartId = await guest.cartWith({ cup: 1 })
    for (const idempotencyKey of ['', 'nul \0', 'half \ud800', 'x'.repeat(201)]) {
      expect(await guest.place(cartId, { idempotencyKey })).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' })
    }
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
  })

  it('whose lines stay as they are keeps its version', async () => {
    const { cart } = await guest.create({ cup: 1 })
    const id = cart?.id ?? ''
    await guest.add(id, {})
    await guest.update(id, [{ id: cart?.lines[0]?.id ?? '', quantity: 1 }])
    await guest.remove(id, [])
    expect(await guest.cart(id)).toEqual(cart)
  })

  it('says so when more lines are named than a cart has', async () => {
    const id = await guest.cartWith({ cup: 1 })
    const lines = Array.from({ length: 101 }, () => encodeId('CartLine', randomUUID()))
    const update = await guest.update(
      id,
      lines.map((line) => ({ id: line, quantity: 1 })),
    )
    expect(codes(update)).toEqual(['TOO_MANY_LINES'])
    expect(codes(await guest.remove(id, lines))).toEqual(['TOO_MANY_LINES'])
  })

  it('whose total grew beyond what can be said shows its lines and names the problem', async () => {
    await world.sell('moon', 100)
    const id = await guest.cartWith({ moon: 2 })
    await world.sell('moon', Number.MAX_SAFE_INTEGER)
    expect(await guest.cart(id)).toMatchObject({
      lines: [{ sku: 'moon', lineTotal: null }],
      totals: null,
      problems: [{ __typename: 'CartPriceChanged' }, { __typename: 'TotalTooLarge' }],
    })
    expect(await guest.place(id)).toMatchObject({ __typename: 'PlaceOrderRefused', code: 'TOTAL_TOO_LARGE' })
  })

  it('is not changed by those who saw an older version', async () => {
    const { cart } = await guest.create({ cup: 1 })
    const expectedVersion = cart?.version ?? 0
    const id = cart?.id ?? ''
    expect(codes(await guest.add(id, { cup: 1 }, { expectedVersion }))).toEqual([])
    const late = await guest.add(id, { cup: 1 }, { expectedVersion })
    expect(codes(late)).toEqual(['VERSION_CONFLICT'])
    expect(late.cart?.lines).toMatchObject([{ quantity: 2 }])
  })

  it('loses nothing when many change it at the same time', async () => {
    const id = await guest.cartWith({ pot: 1 })
    await Promise.all(Array.from({ length: 20 }, () => guest.add(id, { cup: 1 })))
    expect((await guest.cart(id))?.lines).toMatchObject([{ sku: 'pot' }, { sku: 'cup', quantity: 20 }])
  })

  it('of a signed-in viewer looks to everyone else as if there were none', async () => {
    const ann = shopper(ask, { id: 'ann', scopes: [] })
    const id = await ann.cartWith({ cup: 1 })
    const others = [guest, shopper(ask, { id: 'bob', scopes: ['checkout:read'] })]
    for (const other of others) {
      expect(await other.cart(id)).toBeNull()
      expect(await other.add(id, { cup: 1 })).toEqual({
        cart: null,
        userErrors: [{ code: 'CART_NOT_FOUND', field: ['cartId'] }],
        warnings: [],
      })
      expect(await other.place(id)).toMatchObject({ __typename: 'PlaceOrderRefused', code: 'CART_NOT_FOUND' })
    }
    expect(await ann.cart(id)).toMatchObject({ id })
  })

  it('that does not exist is null, whatever the id looks like', async () => {
    for (const id of [encodeId('Cart', randomUUID()), encodeId('Order', randomUUID()), 'nonsense', '']) {
      expect(await guest.cart(id)).toBeNull()
    }
  })

  it('shows a new price at once and says that it changed, until the line is touched', async () => {
    await world.sell('moody', 100)
    const { cart } = await guest.create({ moody: 2 })
    await world.sell('moody', 120)
    const id = cart?.id ?? ''
    expect(await guest.cart(id)).toMatchObject({
      lines: [{ unitPrice: { amount: '1.20' } }],
      totals: { total: { amount: '2.40' } },
      problems: [{ __typename: 'CartPriceChanged', sku: 'moody' }],
    })
    const { cart: touched } = await guest.update(id, [{ id: cart?.lines[0]?.id ?? '', quantity: 2 }])
    expect(touched?.problems).toEqual([])
    await world.sell('moody', null)
    expect(await guest.cart(id)).toMatchObject({ totals: null, problems: [{ __typename: 'NotForSale', sku: 'moody' }] })
  })
})
