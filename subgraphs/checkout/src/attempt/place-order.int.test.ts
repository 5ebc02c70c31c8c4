// Long because it holds every answer of placeOrder, against the real inventory.
import { randomUUID } from 'node:crypto'
import { startConsumer } from '@commerce/events/consumer.ts'
import type { CommerceEvent } from '@commerce/events/contracts.ts'
import { eventually, whenDone } from '@commerce/local/testing.ts'
import { encodeCursor } from '@commerce/service/connection.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { type Stock, startStock, whileLocked } from '../../test/stock.ts'

let world: World
let stock: Stock
let ask: Ask
let otherAsk: Ask
let guest: ReturnType<typeof shopper>

beforeAll(async () => {
  world = await createWorld()
  stock = await startStock(world)
  ask = await startCheckout(world)
  otherAsk = await startCheckout(world)
  guest = shopper(ask)
})

let count = 0
/** A SKU that no other test touches, with a price and stock. */
async function newSku(onHand = 10, minorUnits = 1_250): Promise<string> {
  count += 1
  const sku = `sku ${count} / "odd".*`
  await world.sell(sku, minorUnits, { title: `Thing ${count}` })
  await stock.set(sku, onHand)
  return sku
}

const cartUuid = (cartId: string) => uuidFrom(cartId, 'Cart') ?? ''
const payments = (kind: string) => world.database.localPayment.count({ where: { kind } })

describe('placing an order', () => {
  it('takes the stock, captures the payment, completes the cart and says so to the world', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 2 })
    const heard: CommerceEvent<'checkout.order.placed'>[] = []
    const consumer = await startConsumer({
      connection: world.connection,
      name: 'test-orders',
      subjects: ['checkout.order.placed.*'],
      handle: async (events) => void heard.push(...(events as CommerceEvent<'checkout.order.placed'>[])),
    })
    whenDone(() => consumer.stop())

    const { __typename, order } = await guest.place(cartId)
    expect(__typename).toBe('OrderPlaced')
    expect(await guest.order(order?.id ?? '')).toMatchObject({
      number: expect.stringMatching(/^10000\d\d$/),
      status: 'CONFIRMED',
      payment: { state: 'CAPTURED' },
      totals: { subtotal: { minorUnits: 2_500 }, total: { amount: '25.00', currencyCode: 'USD' }, estimated: false },
      lines: [{ sku, quantity: 2, variant: { sku }, unitPrice: { amount: '12.50' }, lineTotal: { minorUnits: 2_500 } }],
    })
    expect(await stock.of(sku)).toEqual({ onHand: 8, reserved: 0 })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'COMPLETED' })
    expect(await guest.add(cartId, { [sku]: 1 })).toMatchObject({ userErrors: [{ code: 'CART_COMPLETED' }] })

    const fact = await eventually('the event', () => heard.find(({ data }) => data.cartId === cartUuid(cartId)))
    expect(fact.data).toMatchObject({
      id: uuidFrom(order?.id ?? '', 'Order'),
      number: order?.number,
      viewerId: null,
      totalMinorUnits: 2_500,
      lines: [{ sku, quantity: 2, unitMinorUnits: 1_250 }],
    })
  })

  it('of one key is one order, however often and on whatever replica it is asked at the same time', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 1 })
    const idempotencyKey = randomUUID()
    const asks = Array.from({ length: 20 }, (_, i) => shopper(i % 2 ? ask : otherAsk).place(cartId, { idempotencyKey }))
    const numbers = (await Promise.all(asks)).map(({ order }) => order?.number)
    expect(new Set(numbers).size).toBe(1)
    expect(numbers[0]).toBeDefined()
    expect((await guest.place(cartId, { idempotencyKey })).order?.number).toBe(numbers[0])
    expect(await stock.of(sku)).toEqual({ onHand: 9, reserved: 0 })
  })

  it('of one cart is one order, although many keys ask for it', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 1 })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => shopper(i % 2 ? ask : otherAsk).place(cartId)),
    )
    expect(answers.filter(({ __typename }) => __typename === 'OrderPlaced')).toHaveLength(1)
    const codes = answers.flatMap(({ code }) => code ?? [])
    expect(codes).toHaveLength(9)
    expect(codes.every((code) => code === 'CART_BEING_PLACED' || code === 'CART_COMPLETED')).toBe(true)
    expect(await stock.of(sku)).toEqual({ onHand: 9, reserved: 0 })
  })

  it('sells exactly what there is to a crowd that wants more', async () => {
    const sku = await newSku(5)
    const carts = await Promise.all(Array.from({ length: 12 }, () => guest.cartWith({ [sku]: 1 })))
    const answers = await Promise.all(carts.map((cartId, i) => shopper(i % 2 ? ask : otherAsk).place(cartId)))
    expect(answers.filter(({ __typename }) => __typename === 'OrderPlaced')).toHaveLength(5)
    expect(answers.filter(({ __typename }) => __typename === 'OutOfStock')).toHaveLength(7)
    expect(await stock.of(sku)).toEqual({ onHand: 0, reserved: 0 })
  })

  it('refuses a key that was used with other input, and tells nothing of the other', async () => {
    const sku = await newSku()
    const ann = shopper(ask, { id: 'ann', scopes: [] })
    const [cartId, other, third] = await Promise.all([1, 2, 3].map(() => guest.cartWith({ [sku]: 1 })))
    const idempotencyKey = randomUUID()
    await ann.place(cartId ?? '', { idempotencyKey })
    for (const answer of [
      await ann.place(cartId ?? '', { idempotencyKey, paymentToken: 'tok_decline' }),
      await ann.place(other ?? '', { idempotencyKey }),
    ]) {
      expect(answer).toMatchObject({ __typename: 'PlaceOrderRefused', code: 'IDEMPOTENCY_KEY_REUSED' })
    }
    for (const id of [other, third]) {
      expect(await guest.place(id ?? '', { idempotencyKey })).toMatchObject({ __typename: 'OrderPlaced' }) // guests share no keys
    }
    expect(await guest.place(third ?? '', { idempotencyKey, paymentToken: 'tok_decline' })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  })

  it('shows shoppers exact stock only where it is low', async () => {
    const [few, many] = [await newSku(5), await newSku(6)]
    const wanted = { [few]: 9, [many]: 9 }
    const seenBy = async (who: typeof guest) => {
      const { shortages } = await who.place(await who.cartWith(wanted))
      return new Map(shortages?.map(({ sku, available }) => [sku, available]))
    }
    expect(await seenBy(guest)).toEqual(
      new Map([
        [few, 5],
        [many, null],
      ]),
    )
    const staff = shopper(ask, { id: 'sue', scopes: ['inventory:read'] })
    expect(await seenBy(staff)).toEqual(
      new Map([
        [few, 5],
        [many, 6],
      ]),
    )
  })

  it('says again what it said, also when the world has changed', async () => {
    const sku = await newSku(0)
    const empty = await guest.cartWith({})
    const full = await guest.cartWith({ [sku]: 3 })
    const [a, b] = [randomUUID(), randomUUID()]
    const refused = await guest.place(empty, { idempotencyKey: a })
    const short = await guest.place(full, { idempotencyKey: b })
    expect(refused).toMatchObject({ code: 'CART_EMPTY' })
    expect(short).toEqual({ __typename: 'OutOfStock', shortages: [{ sku, requested: 3, available: 0 }] })
    await stock.set(sku, 10)
    await guest.add(empty, { [sku]: 1 })
    expect(await guest.place(empty, { idempotencyKey: a })).toEqual(refused)
    expect(await guest.place(full, { idempotencyKey: b })).toEqual(short)
    expect(await guest.place(full)).toMatchObject({ __typename: 'OrderPlaced' })
  })
})

describe('the payment', () => {
  it('may come with the long token of a wallet', async () => {
    const cartId = await guest.cartWith({ [await newSku()]: 1 })
    const place = (length: number) => guest.place(cartId, { paymentToken: 'x'.repeat(length) })
    expect(await place(10_000)).toMatchObject({ __typename: 'PaymentDeclined' })
    expect(await place(10_001)).toMatchObject({ __typename: 'PlaceOrderRefused', code: 'INVALID_PAYMENT_TOKEN' })
  })

  it('declined gives the stock back and leaves the cart open for another card', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 2 })
    expect(await guest.place(cartId, { paymentToken: 'tok_decline' })).toEqual({
      __typename: 'PaymentDeclined',
      message: 'The bank declined the payment.',
    })
    expect(await stock.of(sku)).toEqual({ onHand: 10, reserved: 0 })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPlaced' })
  })

  it.each(['tok_timeout_once', 'tok_lost_once'])(
    'whose answer or request is lost (%s) is made once',
    async (paymentToken) => {
      const sku = await newSku()
      const before = [await payments('authorize'), await payments('capture')]
      const cartId = await guest.cartWith({ [sku]: 1 })
      expect(await guest.place(cartId, { paymentToken })).toMatchObject({
        __typename: 'OrderPlaced',
        order: { payment: { state: 'CAPTURED' } },
      })
      expect([await payments('authorize'), await payments('capture')]).toEqual(before.map((n) => n + 1))
    },
  )

  it('whose capture is lost is captured once', async () => {
    const sku = await newSku()
    const before = await payments('capture')
    const { order } = await guest.place(await guest.cartWith({ [sku]: 1 }), { paymentToken: 'tok_capture_lost_once' })
    await eventually('the capture', async () => (await guest.order(order?.id ?? ''))?.status === 'CONFIRMED')
    expect(await payments('capture')).toBe(before + 1)
  })
})

describe('the price', () => {
  it('that rose behind the cart stops the order, also the next one, until the shopper has agreed to it', async () => {
    const sku = await newSku(10, 100)
    const cartId = await guest.cartWith({ [sku]: 1 })
    await world.sell(sku, 130, { announce: false })
    expect(await guest.place(cartId)).toMatchObject({
      __typename: 'OrderPriceChanged',
      changes: [{ sku, before: { amount: '1.00' }, now: { amount: '1.30' } }],
      cart: {
        status: 'OPEN',
        lines: [{ unitPrice: { amount: '1.30' } }],
        problems: [{ __typename: 'CartPriceChanged', sku }],
      },
    })
    // The answer may have got lost: another try agrees to nothing.
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPriceChanged', changes: [{ sku }] })
    expect(await stock.of(sku)).toEqual({ onHand: 10, reserved: 0 })
    const expectedTotal = { amount: '1.30', currencyCode: 'USD' }
    expect(await guest.place(cartId, { expectedTotal })).toMatchObject({
      __typename: 'OrderPlaced',
      order: { totals: { total: { amount: '1.30' } } },
    })
  })

  it('that the shopper accepts line by line is the agreed one', async () => {
    const sku = await newSku(10, 100)
    const { cart } = await guest.create({ [sku]: 1 })
    await world.sell(sku, 130)
    const id = cart?.id ?? ''
    expect(await guest.place(id)).toMatchObject({ __typename: 'OrderPriceChanged' })
    await guest.update(id, [{ id: cart?.lines[0]?.id ?? '', quantity: 1 }])
    expect(await guest.place(id)).toMatchObject({ __typename: 'OrderPlaced' })
  })

  it('that the shopper names as expected total is enough, and nothing else is', async () => {
    const sku = await newSku(10, 100)
    const cartId = await guest.cartWith({ [sku]: 2 })
    await world.sell(sku, 130)
    const usd = (amount: string) => ({ expectedTotal: { amount, currencyCode: 'USD' } })
    expect(await guest.place(cartId, usd('2.00'))).toMatchObject({ __typename: 'OrderPriceChanged' })
    expect(await guest.place(cartId, usd('2.60'))).toMatchObject({ __typename: 'OrderPlaced' })
  })

  it('taken away refuses the order', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 1 })
    await world.sell(sku, null, { announce: false })
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'PlaceOrderRefused', code: 'NOT_FOR_SALE' })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN', problems: [{ __typename: 'NotForSale', sku }] })
  })
})

describe('an order', () => {
  it('of a viewer is seen by that viewer and by staff, one of a guest by whoever knows its id', async () => {
    const sku = await newSku()
    const ann = shopper(ask, { id: 'ann', scopes: [] })
    const bob = shopper(ask, { id: 'bob', scopes: [] })
    const staff = shopper(ask, { id: 'sue', scopes: ['checkout:read'] })
    const hers = (await ann.place(await ann.cartWith({ [sku]: 1 }))).order?.id ?? ''
    const anyones = (await guest.place(await guest.cartWith({ [sku]: 1 }))).order?.id ?? ''
    const seen = (id: string) =>
      Promise.all([ann, bob, staff, guest].map(async (who) => (await who.order(id)) !== null))
    expect(await seen(hers)).toEqual([true, false, true, false])
    expect(await seen(anyones)).toEqual([true, true, true, true])
    expect(await guest.order('nonsense')).toBeNull()
  })

  it('is found through its cart, by those who may see it', async () => {
    const sku = await newSku()
    const ann = shopper(ask, { id: 'ann', scopes: [] })
    const [open, guests, hers] = [
      await guest.cartWith({ [sku]: 1 }),
      await guest.cartWith({ [sku]: 1 }),
      await guest.cartWith({ [sku]: 1 }), // made before she signed in
    ]
    const placed = await guest.place(guests)
    const byAnn = await ann.place(hers)
    expect(await guest.cart(open)).toMatchObject({ order: null })
    expect(await guest.cart(guests)).toMatchObject({ order: { id: placed.order?.id, status: 'CONFIRMED' } })
    expect(await ann.cart(hers)).toMatchObject({ order: { id: byAnn.order?.id } })
    expect(await guest.cart(hers)).toMatchObject({ status: 'COMPLETED', order: null })
  })

  it('is listed for the viewer who placed it, newest first, page by page', async () => {
    const sku = await newSku()
    const [eve, mallory] = ['eve', 'mallory'].map((id) => shopper(ask, { id, scopes: ['checkout:read'] })) as [
      typeof guest,
      typeof guest,
    ]
    const numbers: (string | undefined)[] = []
    for (let n = 0; n < 3; n++) numbers.unshift((await eve.place(await eve.cartWith({ [sku]: 1 }))).order?.number)
    // Orders of the same millisecond have an order too.
    await world.database.order.updateMany({ where: { viewerId: 'eve' }, data: { placedAt: new Date(1) } })
    const first = await eve.orders({ first: 2 })
    expect(first).toMatchObject({
      nodes: numbers.slice(0, 2).map((number) => ({ number })),
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    })
    const rest = await eve.orders({ first: 2, after: first.pageInfo.endCursor })
    expect(rest).toMatchObject({ nodes: [{ number: numbers[2] }], pageInfo: { hasNextPage: false } })
    const back = await eve.orders({ last: 5, before: rest.pageInfo.startCursor })
    expect(back).toMatchObject({ nodes: first.nodes, pageInfo: { hasPreviousPage: false } })
    expect((await mallory.orders({})).nodes).toEqual([])
    await expect(eve.orders({ after: encodeCursor(['then', 'x']) })).rejects.toThrow('not one of a list of orders')
    await expect(guest.orders({})).rejects.toThrow('nobody is signed in')
  })

  it('keeps its cart from being changed while it is placed, and the version says so', async () => {
    const sku = await newSku()
    const cartId = await guest.cartWith({ [sku]: 1 })
    expect(await guest.place(cartId, { paymentToken: 'tok_decline' })).toMatchObject({ __typename: 'PaymentDeclined' })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN', version: 3 })
    const placing = await whileLocked(world.databaseUrl, 'local_payment', async () => {
      const answer = guest.place(cartId)
      const cart = await eventually('placing', async () => {
        const shown = await guest.cart(cartId)
        return shown?.status === 'PLACING' && shown
      })
      expect(cart.version).toBe(4)
      expect(await guest.add(cartId, { [sku]: 1 })).toMatchObject({ userErrors: [{ code: 'CART_BEING_PLACED' }] })
      return { answer }
    })
    expect(await placing.answer).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await guest.cart(cartId)).toMatchObject({ status: 'COMPLETED', version: 5 })
  })
})
