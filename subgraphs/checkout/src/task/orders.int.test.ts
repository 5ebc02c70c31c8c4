// Long because each thing that can be asked of an order has its scenes.
import { randomUUID } from 'node:crypto'
import type { EventData } from '@commerce/events/contracts.ts'
import { eventually } from '@commerce/local/testing.ts'
import { decodeId, encodeId } from '@commerce/service/ids.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { type PlayedInventory, playInventory } from '../../test/played-inventory.ts'
import { shopper } from '../../test/shopper.ts'
import { desk, parcel, STAFF } from '../../test/staff.ts'
import { hear } from '../../test/told.ts'

let world: World
let ask: Ask
let inventory: PlayedInventory
let staff: ReturnType<typeof desk>
let toldOf: (id: string) => EventData<'checkout.order.changed'>[]

const ANN: Viewer = { id: 'ann', scopes: [] }

beforeAll(async () => {
  world = await createWorld()
  inventory = await playInventory(world)
  ask = await startCheckout(world, { PLACE_WAIT_MS: '1000' }) // makes the stream
  toldOf = await hear(world, 'checkout.order.changed')
  staff = desk(ask)
  await Promise.all([world.sell('cup', 500), world.sell('pot', 900)])
})

/** A placed order of two cups and a pot (19.00 USD); settled unless told otherwise. */
async function placed({ token = 'tok_ok', viewer = null as Viewer | null, status = 'CONFIRMED' } = {}) {
  const by = shopper(ask, viewer)
  const id = await by.ordered({ cup: 2, pot: 1 }, { paymentToken: token })
  await eventually(status, async () => (await by.order(id))?.status === status)
  return id
}

const kinds = ({ timeline }: { timeline: { kind: string }[] }) => timeline.map(({ kind }) => kind)
const booked = async (id: string, kind: string) => {
  const { round } = await world.database.order.findUniqueOrThrow({ where: { id: decodeId(id)?.key ?? '' } })
  return world.database.localPayment.findMany({ where: { authorizationKey: `${round}:authorize`, kind } })
}
const refundedOf = async (id: string) =>
  (await booked(id, 'refund')).reduce(
    (sum, { outcome, minorUnits }) => sum + (outcome === 'refunded' ? minorUnits : 0n),
    0n,
  )

describe('sending an order', () => {
  it('goes parcel by parcel, is told of, and shows who did it', async () => {
    const id = await placed()
    const first = await staff.fulfill(id, { parcels: [parcel({ cup: 1 }, { trackingUrl: 'https://dhl.example/1' })] })
    expect(first.order).toMatchObject({ status: 'CONFIRMED', fulfilment: { state: 'PARTIALLY_FULFILLED' } })
    const { order } = await staff.fulfill(id, { parcels: [parcel({ cup: 1 }), parcel({ pot: 1 }, { carrier: 'UPS' })] })
    expect(order).toMatchObject({
      status: 'FULFILLED',
      fulfilment: { state: 'FULFILLED', parcels: [{ carrier: 'DHL' }, { carrier: 'DHL' }, { carrier: 'UPS' }] },
      lines: [
        { sku: 'cup', fulfilledQuantity: 2 },
        { sku: 'pot', fulfilledQuantity: 1 },
      ],
      version: 4,
    })
    expect(order?.timeline).toMatchObject([
      { version: 1, kind: 'PLACED', by: 'CUSTOMER' },
      { version: 2, kind: 'CONFIRMED', by: 'SHOP' },
      { version: 3, kind: 'SENT', by: 'STAFF', actorId: 'sam', note: '1 × cup' },
      { version: 4, kind: 'SENT', by: 'STAFF', actorId: 'sam' },
    ])
    await eventually('told', () => toldOf(id).length === 4)
    expect(toldOf(id).map(({ version, status, fulfilmentState }) => [version, status, fulfilmentState])).toEqual([
      [1, 'PLACED', 'UNFULFILLED'],
      [2, 'CONFIRMED', 'UNFULFILLED'],
      [3, 'CONFIRMED', 'PARTIALLY_FULFILLED'],
      [4, 'FULFILLED', 'FULFILLED'],
    ])
  })

  it('is one parcel for one key, and never more than was bought, however many send at once', async () => {
    const id = await placed()
    const once = { idempotencyKey: randomUUID(), parcels: [parcel({ cup: 1 })] }
    await Promise.all(Array.from({ length: 5 }, () => staff.fulfill(id, once)))
    expect((await staff.order(id)).fulfilment.parcels).toHaveLength(1)
    const other = await staff.fulfill(id, { ...once, parcels: [parcel({ pot: 1 })] })
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }])
    const race = await Promise.all(
      Array.from({ length: 5 }, () => staff.fulfill(id, { parcels: [parcel({ cup: 1 })] })),
    )
    expect(race.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect((await staff.order(id)).lines).toMatchObject([{ fulfilledQuantity: 2 }, { fulfilledQuantity: 0 }])
  })

  it('refuses what is no parcel, and what is not up to date', async () => {
    const id = await placed()
    const bad = await staff.fulfill(id, { parcels: [parcel({ cup: 1 }, { carrier: '', trackingUrl: 'javascript:1' })] })
    expect(bad.userErrors.map(({ code, field }) => [code, field?.at(-1)])).toEqual([
      ['INVALID_TEXT', 'carrier'],
      ['INVALID_TEXT', 'trackingUrl'],
    ])
    const stale = await staff.fulfill(id, { parcels: [parcel({ cup: 1 })], expectedVersion: 1 })
    expect(stale.userErrors).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    expect(await staff.order(id)).toMatchObject({ version: 2, fulfilment: { parcels: [] } })
  })
})

describe('refunding an order', () => {
  it('gives parts back, and never more than was taken, however many ask at once', async () => {
    const id = await placed()
    const answers = await Promise.all(Array.from({ length: 8 }, () => staff.refund(id, '6.00')))
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(3)
    expect(answers.flatMap(({ userErrors }) => userErrors).map(({ code }) => code)).toEqual(
      Array(5).fill('AMOUNT_OUT_OF_RANGE'),
    )
    expect(await refundedOf(id)).toBe(1_800n)
    const { order } = await staff.refund(id)
    expect(order?.payment).toMatchObject({ state: 'REFUNDED', refunded: { amount: '19.00' } })
    expect(order?.payment.refunds.map(({ amount, state }) => [amount.amount, state])).toContainEqual([
      '1.00',
      'REFUNDED',
    ])
    expect(await refundedOf(id)).toBe(1_900n)
  })

  it('is one refund for one key, also when the provider’s answer is lost', async () => {
    const id = await placed({ token: 'tok_refund_timeout_once' })
    const once = { idempotencyKey: randomUUID(), reason: 'broken' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => staff.refund(id, '5.00', once)))
    for (const { userErrors } of answers) expect(userErrors).toEqual([])
    await eventually('refunded', async () => (await staff.order(id)).payment.refunded.amount === '5.00')
    expect(await refundedOf(id)).toBe(500n)
    expect((await staff.refund(id, '6.00', once)).userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }])
  })

  it('that the provider refuses says so, every time, and leaves the amount to be asked for again', async () => {
    const id = await placed({ token: 'tok_refund_refused' })
    const once = { idempotencyKey: randomUUID() }
    for (let n = 0; n < 2; n++) {
      const { order, userErrors } = await staff.refund(id, '19.00', once)
      expect(userErrors).toMatchObject([{ code: 'REFUND_REFUSED' }])
      expect(order?.payment).toMatchObject({ state: 'CAPTURED', refunds: [{ state: 'FAILED' }] })
    }
    expect(kinds(await staff.order(id)).slice(2)).toEqual(['REFUND_REQUESTED', 'REFUND_FAILED'])
    expect((await staff.refund(id, '19.00')).userErrors).toMatchObject([{ code: 'REFUND_REFUSED' }])
  })
})

describe('cancelling an order', () => {
  it('by who placed it gives the money and the units back, once', async () => {
    const id = await placed({ viewer: ANN })
    const once = { idempotencyKey: randomUUID(), reason: 'changed my mind' }
    const answers = await Promise.all(Array.from({ length: 4 }, () => desk(ask, ANN).cancel(id, once)))
    for (const { userErrors } of answers) expect(userErrors).toEqual([])
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    const order = await staff.order(id)
    expect(order.payment).toMatchObject({ state: 'REFUNDED', refunds: [{ amount: { amount: '19.00' } }] })
    expect(kinds(order)).toEqual([
      'PLACED',
      'CONFIRMED',
      'CANCEL_REQUESTED',
      'REFUND_REQUESTED',
      'REFUNDED',
      'CANCELLED',
    ])
    expect(order.timeline[2]).toMatchObject({ by: 'CUSTOMER', actorId: 'ann', note: 'changed my mind' })
    expect(await refundedOf(id)).toBe(1_900n)
    const task = await world.database.orderTask.findFirstOrThrow({ where: once })
    expect(inventory.returned.get(task.id)).toEqual([
      { sku: 'cup', quantity: 2 },
      { sku: 'pot', quantity: 1 },
    ])
    expect((await staff.cancel(id)).userErrors).toMatchObject([{ code: 'CANCELLED' }])
  })

  it('after a part was refunded gives back the rest', async () => {
    const id = await placed()
    await staff.refund(id, '4.00')
    await staff.cancel(id)
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    expect(await refundedOf(id)).toBe(1_900n)
  })

  it('while its units are missing lets the payment go, and charges nothing', async () => {
    const commit = inventory.stall('commit')
    const id = await shopper(ask).ordered({ cup: 1 })
    inventory.sellOut(true)
    commit()
    await eventually('missing', async () => (await staff.order(id)).status === 'AWAITING_STOCK')
    await staff.cancel(id)
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    inventory.sellOut(false)
    expect(await staff.order(id)).toMatchObject({ payment: { state: 'VOIDED', captured: { amount: '0.00' } } })
    expect([await booked(id, 'capture'), (await booked(id, 'void')).length]).toEqual([[], 1])
  })

  it('is refused once something was sent', async () => {
    const id = await placed()
    await staff.fulfill(id, { parcels: [parcel({ cup: 1 })] })
    expect((await staff.cancel(id)).userErrors).toMatchObject([{ code: 'ALREADY_SENT' }])
  })

  it('whose money cannot be given back leaves the order to staff', async () => {
    const id = await placed({ token: 'tok_refund_refused' })
    expect((await staff.cancel(id)).userErrors).toMatchObject([{ code: 'REFUND_REFUSED' }])
    expect(await staff.order(id)).toMatchObject({
      status: 'CONFIRMED',
      hold: { reason: expect.stringContaining('refused') },
      payment: { state: 'CAPTURED' },
    })
  })

  it('goes on when the inventory is back, and says when it does not want the units', async () => {
    const id = await placed()
    const go = inventory.stall('giveBack')
    const { order, warnings } = await staff.cancel(id)
    expect(order).toMatchObject({ status: 'CANCELLING', payment: { state: 'REFUNDED' } })
    expect(warnings).toHaveLength(1)
    inventory.refuseReturns(true)
    go()
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED', 15_000)
    inventory.refuseReturns(false)
    expect((await staff.order(id)).timeline.at(-1)?.note).toContain('More than was sold.')
  }, 30_000)
})

describe('an order of nothing to pay', () => {
  it('asks nothing of the payment provider, to its end', async () => {
    await world.sell('gift', 0)
    const by = shopper(ask)
    const id = await by.ordered({ gift: 1 }, { paymentToken: 'tok_decline' })
    await eventually('confirmed', async () => (await staff.order(id)).status === 'CONFIRMED')
    await staff.cancel(id)
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    const { round } = await world.database.order.findUniqueOrThrow({ where: { id: decodeId(id)?.key ?? '' } })
    expect(await world.database.localPayment.count({ where: { authorizationKey: `${round}:authorize` } })).toBe(0)
  })
})

describe('returning what was sent', () => {
  it('puts it into the stock, or not, and gives no money back', async () => {
    const id = await placed()
    await staff.fulfill(id, { parcels: [parcel({ cup: 2, pot: 1 })] })
    const once = { idempotencyKey: randomUUID(), lines: [{ sku: 'cup', quantity: 1 }] }
    await staff.takeBack(id, once)
    const { id: returnId } = await world.database.orderTask.findFirstOrThrow({
      where: { idempotencyKey: once.idempotencyKey },
    })
    expect(inventory.returned.get(returnId)).toEqual([{ sku: 'cup', quantity: 1 }])
    const before = inventory.returned.size
    const { order } = await staff.takeBack(id, { lines: [{ sku: 'pot', quantity: 1 }], restock: false })
    expect(inventory.returned.size).toBe(before)
    expect(order).toMatchObject({
      fulfilment: { state: 'PARTIALLY_RETURNED' },
      payment: { state: 'CAPTURED' },
      lines: [{ returnedQuantity: 1 }, { returnedQuantity: 1 }],
    })
    expect((await staff.takeBack(id, { lines: [{ sku: 'cup', quantity: 2 }] })).userErrors).toMatchObject([
      { code: 'QUANTITY_OUT_OF_RANGE', field: ['lines', '0', 'quantity'] },
    ])
  })
})

describe('a held order', () => {
  /** An order that is held before its units are taken. */
  async function heldEarly() {
    const go = inventory.stall('commit')
    const id = await shopper(ask).ordered({ cup: 1 })
    expect((await staff.hold(id)).userErrors).toEqual([])
    go()
    const attempt = { order: { id: decodeId(id)?.key ?? '' } }
    await eventually(
      'reviewing',
      async () => {
        return (await world.database.attempt.findFirst({ where: attempt }))?.phase === 'reviewing'
      },
      15_000,
    )
    return id
  }

  it('is not captured until it is released', async () => {
    const id = await heldEarly()
    expect(await booked(id, 'capture')).toEqual([])
    expect(await staff.order(id)).toMatchObject({ status: 'PLACED', payment: { state: 'AUTHORIZED' } })
    const { order } = await staff.release(id)
    expect(order).toMatchObject({ status: 'CONFIRMED', hold: null, payment: { state: 'CAPTURED' } })
  }, 30_000)

  it('can be cancelled: its payment is let go, and the units it took come back', async () => {
    const id = await heldEarly()
    await staff.cancel(id)
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    const { round } = await world.database.order.findUniqueOrThrow({ where: { id: decodeId(id)?.key ?? '' } })
    expect(inventory.returned.get(round)).toEqual([{ sku: 'cup', quantity: 1 }])
    expect((await staff.order(id)).payment.state).toBe('VOIDED')
  }, 30_000)

  it('is not sent', async () => {
    const id = await placed()
    await staff.hold(id)
    expect((await staff.fulfill(id, { parcels: [parcel({ cup: 1 })] })).userErrors).toMatchObject([{ code: 'ON_HOLD' }])
    await staff.release(id)
    expect((await staff.fulfill(id, { parcels: [parcel({ cup: 1 })] })).userErrors).toEqual([])
  })

  it('is what an order becomes whose capture is refused; cancelled, its payment is let go', async () => {
    const id = await placed({ token: 'tok_capture_refused', status: 'PLACED' })
    await eventually('refused', async () => (await staff.order(id)).payment.state === 'FAILED')
    expect(await staff.order(id)).toMatchObject({ hold: { reason: expect.stringContaining('could not be captured') } })
    await staff.cancel(id)
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED')
    expect((await booked(id, 'void')).length).toBe(1)
  })
})

describe('who may do what', () => {
  const errorOf = async (query: string, viewer: Viewer | null) =>
    (await ask.answer(query, {}, viewer)).errors as { extensions?: { code: string } }[] | undefined

  it('staff see all orders, by status; nobody else does', async () => {
    const id = await placed({ viewer: ANN })
    await staff.fulfill(id, { parcels: [parcel({ cup: 2, pot: 1 })] })
    const query = '{ allOrders(statuses: [FULFILLED], first: 100) { nodes { id status } } }'
    const { allOrders } = await ask<{ allOrders: { nodes: { id: string; status: string }[] } }>(query, {}, STAFF)
    expect(allOrders.nodes[0]).toEqual({ id, status: 'FULFILLED' })
    expect(new Set(allOrders.nodes.map(({ status }) => status))).toEqual(new Set(['FULFILLED']))
    expect(await errorOf(query, null)).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await errorOf(query, ANN)).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it('only staff change orders, but for cancelling one’s own', async () => {
    const id = await placed({ viewer: ANN })
    const orderId = JSON.stringify(id)
    const key = 'idempotencyKey: "k"'
    for (const mutation of [
      `orderFulfill(input: { orderId: ${orderId}, ${key}, parcels: [] })`,
      `orderReturn(input: { orderId: ${orderId}, ${key}, lines: [] })`,
      `orderRefund(input: { orderId: ${orderId}, ${key} })`,
      `orderHold(input: { orderId: ${orderId}, reason: "r" })`,
      `orderRelease(input: { orderId: ${orderId} })`,
    ]) {
      const reader = { id: 'bob', scopes: ['checkout:read'] }
      expect(await errorOf(`mutation { ${mutation} { warnings } }`, reader)).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ])
    }
    for (const viewer of [null, { id: 'bob', scopes: ['checkout:read'] }]) {
      expect((await desk(ask, viewer).cancel(id)).userErrors).toMatchObject([{ code: 'ORDER_NOT_FOUND' }])
    }
    expect((await staff.cancel(encodeId('Order', randomUUID()))).userErrors).toMatchObject([
      { code: 'ORDER_NOT_FOUND' },
    ])
    expect((await staff.order(id)).version).toBe(2)
  })

  it('a guest cancels by the order’s id, and sees nothing that staff say among themselves', async () => {
    const id = await placed()
    await staff.hold(id, 'Looks like fraud.')
    const seen = await desk(ask, null).order(id)
    expect(JSON.stringify(seen)).not.toContain('fraud')
    expect(JSON.stringify(seen)).not.toContain('sam')
    expect((await desk(ask, null).cancel(id)).userErrors).toEqual([])
  })
})
