import { randomUUID } from 'node:crypto'
import type { EventData } from '@commerce/events/contracts.ts'
import { eventually } from '@commerce/local/testing.ts'
import { encodeId } from '@commerce/service/ids.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { type Stock, startStock } from '../../test/stock.ts'
import { hear } from '../../test/told.ts'

/*
 * What `orderStatusChanged` is fed by: the events of orders, and the field that answers their state.
 */

let world: World
let stock: Stock
let ask: Ask
let toldOfOrder: (id: string) => EventData<'checkout.order.changed'>[]
let toldOfCart: (id: string) => EventData<'checkout.cart.changed'>[]

beforeAll(async () => {
  world = await createWorld()
  stock = await startStock(world)
  toldOfOrder = await hear(world, 'checkout.order.changed')
  toldOfCart = await hear(world, 'checkout.cart.changed')
  ask = await startCheckout(world)
  await world.sell('cup', 550)
  await stock.set('cup', 10)
})

interface States {
  orderStates: { id: string; version: number; order: { id: string; version: number; status: string } }[] | null
}

function states(id: string, viewer: Viewer | null = null) {
  return ask.answer<States>(
    'query ($id: ID!) { orderStates(id: $id) { id version order { id version status payment { state } } } }',
    { id },
    viewer,
  )
}

/** A new order of a viewer and its cart, once everything is settled. */
async function settled(viewer: Viewer | null): Promise<{ id: string; cartId: string }> {
  const by = shopper(ask, viewer)
  const cartId = await by.cartWith({ cup: 1 })
  const { order } = await by.place(cartId)
  const id = order?.id ?? ''
  await eventually('the order is settled', async () => (await by.order(id))?.status === 'CONFIRMED')
  return { id, cartId }
}

describe('an order that is followed', () => {
  it('has its state, and one type of events tells of every change of it, its placing included', async () => {
    const { id, cartId } = await settled(null)
    await eventually('all is told', () => toldOfOrder(id).length === 2 && toldOfCart(cartId).length === 3)
    expect(toldOfOrder(id)).toMatchObject([
      { version: 1, status: 'PLACED' },
      { version: 2, status: 'CONFIRMED' },
    ])
    expect((await states(id)).data.orderStates).toEqual([
      { id, version: 2, order: { id, version: 2, status: 'CONFIRMED', payment: { state: 'CAPTURED' } } },
    ])
    // Its cart is done with it.
    expect(toldOfCart(cartId).map(({ version, status }) => [version, status])).toEqual([
      [1, 'OPEN'],
      [2, 'PLACING'],
      [3, 'COMPLETED'],
    ])
  })

  it('of a signed-in viewer is answered to that viewer and to staff, and to everyone else as if there were none', async () => {
    const ann = { id: 'ann', scopes: [] }
    const { id } = await settled(ann)
    for (const viewer of [ann, { id: 'support', scopes: ['checkout:read'] }]) {
      expect((await states(id, viewer)).data.orderStates).toMatchObject([{ id, version: 2 }])
    }
    const nowhere = await states(encodeId('Order', randomUUID()))
    expect(nowhere).toMatchObject({
      data: { orderStates: null },
      errors: [{ message: 'There is no order with this id that you may see.', extensions: { code: 'NOT_FOUND' } }],
    })
    for (const other of [null, { id: 'bob', scopes: ['catalog:write'] }]) {
      expect(await states(id, other)).toEqual(nowhere)
    }
  })

  it.each(['nonsense', '', encodeId('Cart', randomUUID()), encodeId('Order', '1000001')])(
    'has an id of its own: %j is refused',
    async (id) => {
      expect((await states(id)).errors).toMatchObject([
        { message: expect.stringContaining('expected an id of type Order'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    },
  )
})
