// Long because each life of a reservation is one test over the same stock.
import { randomUUID } from 'node:crypto'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { event } from '@commerce/events/contracts.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { contradictions, inMs, log, startInventory, type TestInventory } from '../../test/inventory.ts'

let inventory: TestInventory

beforeAll(async () => {
  inventory = await startInventory()
})

/** Asks to hold; unless said otherwise under a new id, for a minute. */
function reserve(lines: { [sku: string]: number }, { id = randomUUID() as string, expiresAt = inMs(60_000) } = {}) {
  const wanted = Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity }))
  return inventory.call(reserveStock, { reservationId: id, lines: wanted, expiresAt })
}

const release = (reservationId: string) => inventory.call(releaseStock, { reservationId })
const commit = (reservationId: string) => inventory.call(commitStock, { reservationId })

async function levelOf(sku: string) {
  const query = 'query ($sku: String!) { stock(sku: $sku) { version available locations { onHand reserved } } }'
  const { stock } = await inventory.ask<{
    stock: { version: number; available: number; locations: [{ onHand: number; reserved: number }] }
  }>(query, { sku })
  return { version: stock.version, available: stock.available, ...stock.locations[0] }
}

/** Publishes that an order was placed with this hold, as checkout does. */
async function tellOfOrder(reservationId: string): Promise<void> {
  const { subject, ...placed } = event('checkout.order.placed', {
    id: randomUUID(),
    version: 1,
    number: '1000001',
    cartId: randomUUID(),
    reservationId,
    viewerId: null,
    placedAt: inMs(0),
    currencyCode: 'USD',
    totalMinorUnits: 200,
    lines: [{ sku: 'ordered', title: 'Ordered', quantity: 2, unitMinorUnits: 100 }],
  })
  await inventory.connection.nats.jetstream().publish(subject, JSON.stringify(placed))
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await inventory.database.reservation.findUnique({ where: { id } }))?.state
}

describe('holding', () => {
  it('of 100 buyers at the same time exactly as many succeed as there are units', async () => {
    await inventory.stock('last', 12, 2)
    const answers = await Promise.all(Array.from({ length: 100 }, () => reserve({ last: 1 })))
    expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(10)
    expect(answers.filter(({ outcome }) => outcome === 'insufficient')).toHaveLength(90)
    expect(await levelOf('last')).toMatchObject({ available: 0, onHand: 12, reserved: 10 })
    expect(await contradictions(inventory.database)).toEqual([])
  })

  it('carts with the same SKUs in any order do not block each other and never get half', async () => {
    for (const sku of ['x', 'y', 'z']) await inventory.stock(sku, 20)
    const carts = [
      { x: 1, y: 2 },
      { y: 1, x: 1 },
      { z: 1, y: 1 },
      { x: 2, z: 1 },
      { z: 2, y: 1, x: 1 },
    ]
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const lines = carts[i % carts.length] as Record<string, number>
        return { lines, answer: await reserve(lines) }
      }),
    )
    for (const sku of ['x', 'y', 'z']) {
      const held = answers
        .filter(({ answer }) => answer.outcome === 'reserved')
        .reduce((n, { lines }) => n + (lines[sku] ?? 0), 0)
      expect(await levelOf(sku)).toMatchObject({ reserved: held, available: 20 - held })
    }
    expect(await contradictions(inventory.database)).toEqual([])
  })

  it('holds nothing when one line is short, and says what there is', async () => {
    await inventory.stock('enough', 5)
    await inventory.stock('short', 1)
    expect(await reserve({ enough: 2, short: 2, unheard: 1 })).toEqual({
      outcome: 'insufficient',
      shortages: [
        { sku: 'short', available: 1 },
        { sku: 'unheard', available: 0 },
      ],
    })
    expect(await levelOf('enough')).toMatchObject({ version: 1, available: 5 })
  })

  it('several lines of one SKU are one', async () => {
    await inventory.stock('twice', 5)
    const line = { sku: 'twice', quantity: 3 }
    const reservationId = randomUUID()
    expect(await inventory.call(reserveStock, { reservationId, lines: [line, line], expiresAt: inMs(60_000) })).toEqual(
      {
        outcome: 'insufficient',
        shortages: [{ sku: 'twice', available: 5 }],
      },
    )
  })

  it('takes a line from the location with most stock, and from several when none has enough', async () => {
    await inventory.database.$executeRaw`insert into location (code, name) values ('SHOP', 'Shop')`
    await inventory.stock('spread', 3)
    const input = { sku: 'spread', location: 'SHOP', onHand: 8, idempotencyKey: randomUUID() }
    await inventory.ask('mutation ($i: StockSetInput!) { stockSet(input: $i) { warnings } }', { i: input })
    const query = '{ stock(sku: "spread") { version available locations { location { code } onHand reserved } } }'
    const at = (code: string, onHand: number, reserved: number) => ({ location: { code }, onHand, reserved })
    expect(await reserve({ spread: 6 })).toEqual({ outcome: 'reserved' })
    expect(await inventory.ask(query)).toEqual({
      stock: { version: 3, available: 5, locations: [at('MAIN', 3, 0), at('SHOP', 8, 6)] },
    })
    expect(await reserve({ spread: 6 })).toEqual({
      outcome: 'insufficient',
      shortages: [{ sku: 'spread', available: 5 }],
    })
    const id = randomUUID()
    expect(await reserve({ spread: 4 }, { id })).toEqual({ outcome: 'reserved' })
    expect(await inventory.ask(query)).toMatchObject({
      stock: { available: 1, locations: [at('MAIN', 3, 3), at('SHOP', 8, 7)] },
    })
    expect(await commit(id)).toEqual({ state: 'committed' })
    expect(await inventory.ask(query)).toMatchObject({
      stock: { available: 1, locations: [at('MAIN', 0, 0), at('SHOP', 7, 6)] },
    })
  })

  it('the same request at the same time and again is answered alike and holds once', async () => {
    await inventory.stock('impatient', 10)
    const id = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => reserve({ impatient: 4 }, { id })))
    answers.push(await reserve({ impatient: 4 }, { id, expiresAt: inMs(90_000) }))
    expect(answers).toEqual(answers.map(() => ({ outcome: 'reserved' })))
    expect(await levelOf('impatient')).toEqual({ version: 2, available: 6, onHand: 10, reserved: 4 })
  })

  it('what was refused stays refused when it is asked again', async () => {
    await inventory.stock('late', 1)
    const id = randomUUID()
    const first = await reserve({ late: 2 }, { id })
    await inventory.stock('late', 9)
    expect(await reserve({ late: 2 }, { id })).toEqual(first)
    expect(await release(id)).toEqual({ state: 'released' })
    expect(await commit(id)).toEqual({ state: 'unknown' })
  })

  it('the same id for other lines fails', async () => {
    await inventory.stock('other', 9)
    const id = randomUUID()
    await reserve({ other: 2 }, { id })
    await expect(reserve({ other: 3 }, { id })).rejects.toMatchObject({ code: 'FAILED' })
    expect(await levelOf('other')).toMatchObject({ reserved: 2 })
  })

  it('a SKU that no database could hold is simply not there', async () => {
    expect(await reserve({ 'nul\u0000': 1 })).toEqual({
      outcome: 'insufficient',
      shortages: [{ sku: 'nul\u0000', available: 0 }],
    })
  })
})

describe('releasing', () => {
  it('gives the units back once', async () => {
    await inventory.stock('given', 5)
    const id = randomUUID()
    await reserve({ given: 3 }, { id })
    const answers = await Promise.all([release(id), release(id), release(id)])
    expect(answers).toEqual(answers.map(() => ({ state: 'released' })))
    expect(await levelOf('given')).toEqual({ version: 3, available: 5, onHand: 5, reserved: 0 })
    expect(await reserve({ given: 3 }, { id })).toEqual({ outcome: 'closed', state: 'released' })
    expect(await commit(id)).toEqual({ state: 'released' })
  })

  it('closes a reservation whose request is still on its way', async () => {
    await inventory.stock('overtaken', 5)
    const id = randomUUID()
    expect(await release(id)).toEqual({ state: 'released' })
    expect(await reserve({ overtaken: 3 }, { id })).toEqual({ outcome: 'closed', state: 'released' })
    expect(await levelOf('overtaken')).toMatchObject({ reserved: 0 })
  })
})

describe('committing', () => {
  it('takes the units out once and books a sale', async () => {
    await inventory.stock('sold', 5)
    const id = randomUUID()
    await reserve({ sold: 3 }, { id })
    const answers = await Promise.all([commit(id), commit(id), commit(id)])
    expect(answers).toEqual(answers.map(() => ({ state: 'committed' })))
    expect(await levelOf('sold')).toEqual({ version: 3, available: 2, onHand: 2, reserved: 0 })
    expect(await release(id)).toEqual({ state: 'committed' })
    const sales = await inventory.database.movement.findMany({ where: { reservationId: id } })
    expect(sales).toMatchObject([{ sku: 'sold', delta: -3, kind: 'sale' }])
  })

  it('either commits or releases when both are asked for at the same time', async () => {
    await inventory.stock('torn', 20)
    for (let i = 0; i < 10; i++) {
      const id = randomUUID()
      await reserve({ torn: 1 }, { id })
      const [one, other] = await Promise.all([commit(id), release(id)])
      expect(one).toEqual(other)
    }
    expect(await contradictions(inventory.database)).toEqual([])
  })

  it('of what is not known changes nothing', async () => {
    const id = randomUUID()
    expect(await commit(id)).toEqual({ state: 'unknown' })
    expect(await stateOf(id)).toBeUndefined()
  })

  it('also happens when only the placed order is heard of', async () => {
    await inventory.stock('ordered', 5)
    const reservationId = randomUUID()
    await reserve({ ordered: 2 }, { id: reservationId })
    await tellOfOrder(reservationId)
    await eventually('the units are sold', async () => (await stateOf(reservationId)) === 'committed')
    expect(await levelOf('ordered')).toMatchObject({ onHand: 3, reserved: 0 })
  })

  it('is left to checkout, with a warning, when the hold of the placed order was lost', async () => {
    const [warn, error] = [vi.spyOn(log, 'warn'), vi.spyOn(log, 'error')]
    const reservation = randomUUID()
    await release(reservation)
    await tellOfOrder(reservation)
    const facts = { order: '1000001', reservation, state: 'released' }
    await eventually('the warning', () => warn.mock.calls.length > 0)
    expect(warn).toHaveBeenCalledWith(facts, expect.stringContaining('checkout holds its units again'))
    expect(error).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})

describe('expiring', () => {
  it('gives the units back on time, tells everyone, and the next read knows', async () => {
    await inventory.stock('expiring', 5)
    const id = randomUUID()
    const expiresAt = inMs(400)
    expect(await reserve({ expiring: 5 }, { id, expiresAt })).toEqual({ outcome: 'reserved' })
    expect(await levelOf('expiring')).toMatchObject({ version: 2, available: 0 })
    const told = await eventually('the event', () =>
      inventory.events.find(
        ({ subject, data }) => subject === 'inventory.stock.changed.expiring' && data.version === 3,
      ),
    )
    const late = Date.now() - Date.parse(expiresAt)
    expect(told.data).toMatchObject({ available: 5, locations: [{ onHand: 5, reserved: 0 }] })
    expect(await levelOf('expiring')).toEqual({ version: 3, available: 5, onHand: 5, reserved: 0 })
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(700)
    expect(await stateOf(id)).toBe('expired')
    expect(await commit(id)).toEqual({ state: 'expired' })
    expect(await reserve({ expiring: 5 }, { id })).toEqual({ outcome: 'closed', state: 'expired' })
  })

  it('many at once on the same SKU give everything back', async () => {
    await inventory.stock('crowd', 60)
    const expiresAt = inMs(500)
    await Promise.all(Array.from({ length: 60 }, () => reserve({ crowd: 1 }, { expiresAt })))
    await eventually('all is given back', async () => (await levelOf('crowd')).available === 60)
    expect(await contradictions(inventory.database)).toEqual([])
  })

  it('a hold whose time is over before it is made holds nothing', async () => {
    await inventory.stock('past', 5)
    expect(await reserve({ past: 1 }, { expiresAt: inMs(-1) })).toEqual({ outcome: 'closed', state: 'expired' })
    expect(await levelOf('past')).toMatchObject({ version: 1, available: 5 })
  })

  it('what another process held is found too', async () => {
    await inventory.stock('foreign', 5)
    const id = randomUUID()
    await reserve({ foreign: 1 }, { id })
    await inventory.database.$executeRaw`update reservation set expires_at = now() where id = ${id}::uuid`
    await eventually('it has expired', async () => (await stateOf(id)) === 'expired', 3_000)
  })
})

it('after all this the counters, the ledger, the holds and the events agree', async () => {
  expect(await contradictions(inventory.database)).toEqual([])
})
