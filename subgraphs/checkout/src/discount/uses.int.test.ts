import { randomUUID } from 'node:crypto'
import { command } from '@commerce/events/command.ts'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { playInventory } from '../../test/inventory.ts'
import { merchant } from '../../test/merchant.ts'
import { type Placed, shopper } from '../../test/shopper.ts'
import { whileLocked } from '../../test/stock.ts'
import type { AttemptState } from '../attempt/attempt.ts'
import { keepAll } from '../attempt/keep.ts'
import { sumUp } from '../totals/totals.ts'
import { giveBackUses } from './repository.ts'

/*
 * How often promotions are used: counted by the transaction that commits the order.
 */

let world: World
let asks: Ask[]
let guest: ReturnType<typeof shopper>
let shop: ReturnType<typeof merchant>
let endInventory: () => Promise<void>

beforeAll(async () => {
  world = await createWorld()
  asks = [await startCheckout(world), await startCheckout(world)]
  guest = shopper(asks[0] as Ask)
  shop = merchant(asks[0] as Ask)
  await world.sell('cup', 1_000)
  endInventory = await playInventory(world)
})

const HALF = { percentage: { percent: '50' } }
const count = (answers: Placed[], type: string) => answers.filter(({ __typename }) => __typename === type).length
const at = (i: number) => asks[i % 2] as Ask

async function cartWithCode(who: ReturnType<typeof shopper>, code: string, email?: string): Promise<string> {
  const cartId = await who.cartWith({ cup: 1 })
  if (email) await who.change('cartBuyerSet', { cartId, email })
  const { userErrors } = await who.change('cartDiscountApply', { cartId, code })
  expect(userErrors).toEqual([])
  return cartId
}

describe('a promotion with a limit', () => {
  it('is used exactly so often by a crowd that places at the same time on two replicas', async () => {
    await shop.promote(HALF, { code: 'FIVE', usageLimit: 5 })
    const carts = await Promise.all(Array.from({ length: 14 }, () => cartWithCode(guest, 'FIVE')))
    const answers = await Promise.all(carts.map((cartId, i) => shopper(at(i)).place(cartId)))
    expect(count(answers, 'OrderPlaced')).toBe(5)
    expect(count(answers, 'OrderPriceChanged')).toBe(9)
    expect(answers.flatMap(({ order }) => order?.totals.total.amount ?? [])).toEqual(Array(5).fill('5.00'))
    expect(await shop.uses('FIVE')).toBe(5)
    expect(await world.database.promotionUse.count()).toBe(5)
    // What was authorized for the others is let go.
    expect(await world.database.localPayment.count({ where: { kind: 'capture' } })).toBe(5)
    const loser = carts[answers.findIndex(({ __typename }) => __typename === 'OrderPriceChanged')] as string
    expect(await guest.bill(loser)).toMatchObject({
      totals: { total: { minorUnits: 1_000 } },
      problems: [{ __typename: 'DiscountNotApplicable', code: 'FIVE', reason: 'USED_UP' }],
    })
    expect(await guest.place(loser, { expectedTotal: { amount: '10.00', currencyCode: 'USD' } })).toMatchObject({
      __typename: 'OrderPlaced',
    })
  })

  it('for each customer is used so often by each, whoever else does', async () => {
    await shop.promote(HALF, { code: 'ONCE', usageLimitPerCustomer: 1 })
    const ann = Array.from({ length: 6 }, (_, i) => shopper(at(i), { id: 'ann', scopes: [] }))
    const carts = await Promise.all(ann.map((who) => cartWithCode(who, 'ONCE')))
    const answers = await Promise.all(carts.map((cartId, i) => (ann[i] as typeof guest).place(cartId)))
    expect(count(answers, 'OrderPlaced')).toBe(1)
    const bob = shopper(at(0), { id: 'bob', scopes: [] })
    expect(await bob.place(await cartWithCode(bob, 'ONCE'))).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await shop.uses('ONCE')).toBe(2)
  })

  it('for each customer asks a guest for the e-mail address, and counts by it', async () => {
    await shop.promote(HALF, { code: 'MAIL', usageLimitPerCustomer: 1 })
    const unknown = await cartWithCode(guest, 'MAIL')
    expect((await guest.bill(unknown)).problems).toEqual([
      { __typename: 'DiscountNotApplicable', code: 'MAIL', reason: 'CUSTOMER_UNKNOWN' },
    ])
    expect(await guest.place(unknown)).toMatchObject({ __typename: 'OrderPriceChanged', changes: [] })
    const carts = [
      await cartWithCode(guest, 'MAIL', 'eve@example.com'),
      await cartWithCode(guest, 'MAIL', 'EVE@example.com'),
    ]
    const answers = await Promise.all(carts.map((cartId) => guest.place(cartId)))
    expect(count(answers, 'OrderPlaced')).toBe(1)
  })

  it('without a code is shared by all in the same way', async () => {
    const id = await shop.promote(HALF, { usageLimit: 2, title: 'First two' })
    const carts = await Promise.all(Array.from({ length: 6 }, () => guest.cartWith({ cup: 1 })))
    const expectedTotal = { amount: '5.00', currencyCode: 'USD' }
    const answers = await Promise.all(carts.map((cartId, i) => shopper(at(i)).place(cartId, { expectedTotal })))
    expect(count(answers, 'OrderPlaced')).toBe(2)
    await shop.end(id)
  })

  it('that ends while an order is on its way takes no more part', async () => {
    const id = await shop.promote(HALF, { code: 'ENDING' })
    const cartId = await cartWithCode(guest, 'ENDING')
    const { answer } = await whileLocked(world.databaseUrl, 'local_payment', async () => {
      const placing = guest.place(cartId)
      await eventually('quoted', () =>
        world.database.attempt.findFirst({ where: { cartId: uuidFrom(cartId, 'Cart') ?? '', phase: 'quoted' } }),
      )
      await shop.end(id)
      return { answer: placing }
    })
    expect(await answer).toMatchObject({ __typename: 'OrderPriceChanged', changes: [] })
    expect(await shop.uses('ENDING')).toBe(0)
  })
})

describe('the use of a promotion', () => {
  it('is given back once when its order is cancelled, and can be taken again', async () => {
    await shop.promote(HALF, { code: 'BACK', usageLimit: 1, usageLimitPerCustomer: 1 })
    const ann = shopper(at(0), { id: 'ann of cancelling', scopes: [] })
    const cartId = await cartWithCode(ann, 'BACK')
    const { order } = await ann.place(cartId)
    expect(await shop.uses('BACK')).toBe(1)
    expect((await ann.bill(cartId)).problems).toEqual([]) // although its own order has used the code up
    const orderId = uuidFrom(order?.id ?? '', 'Order') ?? ''
    await Promise.all([1, 2, 3].map(() => world.database.$transaction((tx) => giveBackUses(tx, orderId))))
    expect(await shop.uses('BACK')).toBe(0)
    await world.database.$transaction((tx) => giveBackUses(tx, randomUUID()))
    expect(await ann.place(await cartWithCode(ann, 'BACK'))).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await shop.uses('BACK')).toBe(1)
  })

  it('is not taken by a replica that was too slow and lost its lease', async () => {
    const id = uuidFrom(await shop.promote(HALF, { code: 'SLOW' }), 'Promotion') ?? ''
    const totals = sumUp('USD', [])
    const details = { lines: [], delivery: null, used: [id], destination: null, customer: null }
    const state: AttemptState = {
      at: 'authorized',
      request: { paymentToken: 'tok_ok', expectedTotal: null },
      round: randomUUID(),
      lines: [],
      totals,
      holdUntil: new Date().toISOString(),
      details,
    }
    const attempt = {
      id: randomUUID(),
      fingerprint: '',
      cartId: randomUUID(),
      viewerId: null,
      openedAt: new Date(),
      state,
    }
    const ordered = { is: 'ordered', orderId: randomUUID() } as const
    const lease = { token: randomUUID(), ms: 1_000 }
    const step = { attempt, stored: 'quoted', lease, found: ordered, emit: () => {} } as const
    expect(await world.database.$transaction((tx) => keepAll(tx, [step], new Date()))).toEqual([null])
    expect(await shop.uses('SLOW')).toBe(0)
  })

  it('is not taken by an order that does not come about', async () => {
    await shop.promote(HALF, { code: 'KEPT', usageLimit: 1 })
    const cartId = await cartWithCode(guest, 'KEPT')
    expect(await guest.place(cartId, { paymentToken: 'tok_decline' })).toMatchObject({ __typename: 'PaymentDeclined' })
    expect(await shop.uses('KEPT')).toBe(0)
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPlaced' })
  })

  it('comes back with the order that is given up for want of stock', async () => {
    await shop.promote(HALF, { code: 'LOST', usageLimit: 1 })
    const cartId = await cartWithCode(guest, 'LOST')
    await endInventory()
    let held = 0
    await world.play('inventory', [
      command(reserveStock, async () =>
        held++ === 0 ? { outcome: 'reserved' as const } : { outcome: 'insufficient' as const, shortages: [] },
      ),
      command(releaseStock, async () => ({ state: 'released' as const })),
      command(commitStock, async () => ({ state: 'expired' as const })),
    ])
    expect(await guest.place(cartId)).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await shop.uses('LOST')).toBe(1)
    const attempt = { cartId: uuidFrom(cartId, 'Cart') ?? '' }
    await world.database.attempt.updateMany({ where: attempt, data: { openedAt: new Date(0), nextTryAt: new Date(0) } })
    await eventually('cancelled', async () => (await guest.cart(cartId))?.order?.status === 'CANCELLED')
    expect(await shop.uses('LOST')).toBe(0)
  })
})
