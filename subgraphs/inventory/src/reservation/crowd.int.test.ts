import { randomUUID } from 'node:crypto'
import { notingChanges } from '@commerce/events/changes.ts'
import { callCommand } from '@commerce/events/command.ts'
import { commitStock, extendStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contradictions, inMs, openDatabase, startInventory, type TestInventory } from '../../test/inventory.ts'
import { openLevels, post } from '../stock/repository.ts'

let inventory: TestInventory

beforeAll(async () => {
  inventory = await startInventory()
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

function reserve(lines: Record<string, number>, reservationId: string = randomUUID(), expiresAt = inMs(60_000)) {
  const wanted = Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity }))
  return inventory.call(reserveStock, { reservationId, lines: wanted, expiresAt })
}

/** Runs all of them, at most so many at the same time: a process takes 100 commands at once. */
async function pooled<T>(count: number, atOnce: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) {
        const i = next++
        results[i] = await work(i)
      }
    }),
  )
  return results
}

describe('200 buyers at two processes', () => {
  it('for 50 units: exactly 50 get one, and each is answered alike when asked again', async () => {
    await inventory.stock('fifty', 53, 3)
    const ids = Array.from({ length: 200 }, () => randomUUID())
    const answers = await pooled(200, 90, (i) => reserve({ fifty: 1 }, ids[i]))
    expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(50)
    expect(answers.filter(({ outcome }) => outcome === 'insufficient')).toHaveLength(150)
    expect(await pooled(200, 90, (i) => reserve({ fifty: 1 }, ids[i]))).toEqual(answers)

    const held = ids.filter((_, i) => answers[i]?.outcome === 'reserved')
    const ends = await pooled(50, 50, (i) =>
      inventory.call(i % 2 ? commitStock : releaseStock, { reservationId: held[i] ?? '' }),
    )
    expect(ends.filter(({ state }) => state === 'committed')).toHaveLength(25)
    const [level] = await inventory.database.stockLevel.findMany({ where: { sku: 'fifty' } })
    expect(level).toMatchObject({ onHand: 28, reserved: 0 })
  })

  it('of carts with several SKUs: all lines or none, and as many as there are units', async () => {
    for (const sku of ['cart a', 'cart b', 'cart c']) await inventory.stock(sku, 30)
    const carts: Record<string, number>[] = [
      { 'cart a': 1, 'cart b': 1 },
      { 'cart c': 2, 'cart a': 1 },
      { 'cart b': 1 },
    ]
    const answers = await pooled(200, 90, (i) => reserve(carts[i % 3] ?? {}))
    const held = await inventory.database.$queryRaw<{ lines: number; units: number }[]>`
      select count(*)::int as lines, sum(quantity)::int as units from reservation_line where sku like 'cart %' group by reservation_id`
    expect(held).toHaveLength(answers.filter(({ outcome }) => outcome === 'reserved').length)
    const levels = await inventory.database.stockLevel.findMany({ where: { sku: { startsWith: 'cart ' } } })
    // Somebody went without, so something ran out, and nothing ran over.
    expect(levels.some(({ onHand, reserved }) => onHand === reserved)).toBe(true)
    expect(levels.every(({ onHand, reserved }) => reserved <= onHand)).toBe(true)
  })
})

it('everyone who shares a transaction is told of the change, for the next read', async () => {
  await inventory.stock('shared', 40)
  const told = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const changes = new Map<string, number>()
      const input = { reservationId: randomUUID(), lines: [{ sku: 'shared', quantity: 1 }], expiresAt: inMs(60_000) }
      await notingChanges(changes, () => callCommand(inventory.connection, reserveStock, input, 10_000))
      return changes.get('inventory.stock.changed.shared')
    }),
  )
  const { version } = await inventory.database.stock.findUniqueOrThrow({ where: { sku: 'shared' } })
  expect(version).toBeLessThan(30)
  expect(told.every((seen) => seen !== undefined && seen > 1 && seen <= version)).toBe(true)
})

describe('the guard of the update itself', () => {
  it('lets nobody hold what is not available, whatever was read before', async () => {
    const { url, database } = await openDatabase()
    const other = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }) })
    await database.$transaction(async (tx) => {
      await openLevels(tx, [{ sku: 'guarded', location: 'MAIN', isNew: true }])
      await post(tx, [{ sku: 'guarded', location: 'MAIN', onHand: 60, safety: 10, origin: { kind: 'count' } }])
    })
    const hold = (client: PrismaClient) =>
      client.$transaction((tx) => post(tx, [{ sku: 'guarded', location: 'MAIN', reserved: 1 }]), { maxWait: 20_000 })
    const results = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => hold(i % 2 ? database : other)))
    await other.$disconnect()
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(50)
    expect(await database.stockLevel.findMany()).toMatchObject([{ onHand: 60, reserved: 50, safety: 10 }])
  })
})

describe('when the time of a hold is over', () => {
  it('another shopper hears at once that the units are back, and gets them', async () => {
    await inventory.stock('soon', 1)
    const lateness: number[] = []
    for (let i = 0; i < 5; i++) {
      const expiresAt = inMs(300)
      await reserve({ soon: 1 }, randomUUID(), expiresAt)
      const version = 3 + i * 2
      const heard = await new Promise<number>((resolve) => {
        const poll = (): void => {
          const event = inventory.events.find(
            ({ subject, data }) =>
              subject === 'inventory.stock.changed.soon' && 'version' in data && data.version === version,
          )
          if (event) resolve(Date.now())
          else setImmediate(poll)
        }
        poll()
      })
      lateness.push(heard - Date.parse(expiresAt))
    }
    expect(await reserve({ soon: 1 })).toEqual({ outcome: 'reserved' })
    lateness.sort((a, b) => a - b)
    console.log(`units were heard to be back ${lateness.join(', ')} ms after the deadline`)
    expect(lateness[0]).toBeGreaterThanOrEqual(0)
    expect(lateness[2]).toBeLessThan(1_000)
  })
})

describe('extending', () => {
  it('holds the units until later, and never until sooner', async () => {
    await inventory.stock('longer', 5)
    const reservationId = randomUUID()
    await reserve({ longer: 2 }, reservationId, inMs(400))
    const expiresAt = inMs(1_200)
    const extended = { state: 'held', expiresAt }
    expect(await inventory.call(extendStock, { reservationId, expiresAt })).toEqual(extended)
    expect(await inventory.call(extendStock, { reservationId, expiresAt })).toEqual(extended)
    expect(await inventory.call(extendStock, { reservationId, expiresAt: inMs(500) })).toEqual(extended)
    const told = await eventually('the units are back', () =>
      inventory.events.find(
        ({ subject, data }) => subject === 'inventory.stock.changed.longer' && 'version' in data && data.version === 3,
      ),
    )
    expect(told.changedAt).toBeGreaterThanOrEqual(Date.parse(expiresAt))
    const late = { reservationId, expiresAt: inMs(60_000) }
    expect(await inventory.call(extendStock, late)).toEqual({ state: 'expired', expiresAt: null })
  })

  it('does not bring back what has ended, and knows how it did', async () => {
    await inventory.stock('over', 9)
    const [released, sold, refused, overdue] = Array.from({ length: 4 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
    ]
    for (const id of [released, sold, overdue]) await reserve({ over: 1 }, id)
    await reserve({ over: 100 }, refused)
    await inventory.call(releaseStock, { reservationId: released })
    await inventory.call(commitStock, { reservationId: sold })
    const expiresAt = inMs(90_000)
    const extend = (reservationId: string) => inventory.call(extendStock, { reservationId, expiresAt })
    expect([await extend(released), await extend(sold), await extend(refused), await extend(randomUUID())]).toEqual([
      { state: 'released', expiresAt: null },
      { state: 'committed', expiresAt: null },
      { state: 'unknown', expiresAt: null },
      { state: 'unknown', expiresAt: null },
    ])
    // Its time is over, whether or not somebody has ended it yet.
    await inventory.database.$executeRaw`update reservation set expires_at = now() where id = ${overdue}::uuid`
    expect(await extend(overdue)).toEqual({ state: 'expired', expiresAt: null })
  })
})

it('ids are the same in capital and in small letters', async () => {
  await inventory.stock('letters', 5)
  const id = randomUUID()
  await reserve({ letters: 1 }, id.toUpperCase())
  expect(await reserve({ letters: 1 }, id)).toEqual({ outcome: 'reserved' })
  expect(await inventory.call(commitStock, { reservationId: id.toUpperCase() })).toEqual({ state: 'committed' })
  expect(await inventory.database.stockLevel.findMany({ where: { sku: 'letters' } })).toMatchObject([{ onHand: 4 }])
})
