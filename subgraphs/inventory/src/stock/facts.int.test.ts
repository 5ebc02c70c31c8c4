import { randomUUID } from 'node:crypto'
import { releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, expect, it } from 'vitest'
import { inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
})

function hold(sku: string, quantity: number, reservationId: string = randomUUID()) {
  return inventory.call(reserveStock, { reservationId, lines: [{ sku, quantity }], expiresAt: inMs(60_000) })
}

/** What was told of a SKU besides its stock, in order: it is known to be all once the version has been heard. */
async function told(sku: string): Promise<object[]> {
  const { version } = await staff.stock(sku)
  const mine = () => inventory.events.filter(({ data }) => 'sku' in data && data.sku === sku)
  await eventually('the last change', () =>
    mine().some(
      ({ subject, data }) =>
        subject.startsWith('inventory.stock.changed.') && 'version' in data && data.version === version,
    ),
  )
  // Those of one change leave together, in order.
  const rows = await inventory.database.outbox.findMany({
    where: { type: { in: ['inventory.stock.low', 'inventory.stock.back'] }, data: { path: ['sku'], equals: sku } },
    orderBy: { id: 'asc' },
  })
  await eventually('all of them', () => mine().filter(({ data }) => !('locations' in data)).length === rows.length)
  return rows.map(({ type, data }) => ({ type: type.split('.').at(-1), ...(data as object) }))
}

it('that a SKU became low or is back is told once for each time, however it came to be', async () => {
  const sku = 'crossing'
  await staff.set({ sku, onHand: 8 })
  await hold(sku, 2)
  const id = randomUUID()
  await hold(sku, 1, id)
  await hold(sku, 1)
  await inventory.call(releaseStock, { reservationId: id })
  await hold(sku, 5)
  await staff.adjust({ sku, delta: 1 })
  await staff.adjust({ sku, delta: 8 })
  await staff.set({ sku, onHand: 8, safety: 8 })
  expect(await told(sku)).toEqual([
    { type: 'low', sku, version: 3, available: 5, threshold: 5 },
    { type: 'back', sku, version: 7, available: 1 },
    { type: 'low', sku, version: 9, available: 0, threshold: 5 },
  ])
})

it('the threshold is that of the SKU', async () => {
  const sku = 'threshold'
  await staff.policy({ sku, kind: 'DENY', lowStockThreshold: 20 })
  await staff.set({ sku, onHand: 30 })
  await hold(sku, 10)
  await staff.policy({ sku, kind: 'DENY', lowStockThreshold: 10 })
  await hold(sku, 10)
  expect(await told(sku)).toEqual([
    { type: 'back', sku, version: 2, available: 30 },
    { type: 'low', sku, version: 3, available: 20, threshold: 20 },
    { type: 'low', sku, version: 5, available: 10, threshold: 10 },
  ])
})

it('of many holds at the same time it is told once', async () => {
  const sku = 'crowded'
  await staff.set({ sku, onHand: 50 })
  await Promise.all(Array.from({ length: 60 }, () => hold(sku, 1)))
  expect(await told(sku)).toMatchObject([{ type: 'low' }])
})
