import { randomUUID } from 'node:crypto'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { contradictions, inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory({ ALLOCATION: 'nearest' })
  staff = staffOf(inventory)
  await staff.locationUpdate({ code: 'MAIN', country: 'DE', position: { latitude: 52.52, longitude: 13.41 } })
  await staff.locationCreate({
    code: 'LILLE',
    name: 'Lille',
    country: 'FR',
    position: { latitude: 50.63, longitude: 3.06 },
  })
  await staff.locationCreate({
    code: 'LYON',
    name: 'Lyon',
    country: 'FR',
    position: { latitude: 45.76, longitude: 4.84 },
  })
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

const PARIS = { latitude: 48.86, longitude: 2.35 }

async function hold(sku: string, quantity: number, destination?: object): Promise<{ id: string; held: string[] }> {
  const id = randomUUID()
  const input = { reservationId: id, lines: [{ sku, quantity }], expiresAt: inMs(60_000), destination }
  expect(await inventory.call(reserveStock, input)).toEqual({ outcome: 'reserved' })
  const lines = await inventory.database.reservationLine.findMany({
    where: { reservationId: id },
    orderBy: { locationCode: 'asc' },
  })
  return { id, held: lines.map(({ quantity, locationCode }) => `${quantity}@${locationCode}`) }
}

it('units are held nearest to where they are to go, over several locations when no single one has enough', async () => {
  const sku = 'near'
  await staff.set({ sku, onHand: 20 })
  await staff.set({ sku, location: 'LILLE', onHand: 3 })
  await staff.set({ sku, location: 'LYON', onHand: 4 })
  expect((await hold(sku, 2, PARIS)).held).toEqual(['2@LILLE'])
  expect((await hold(sku, 2, { country: 'DE' })).held).toEqual(['2@MAIN'])
  expect((await hold(sku, 2)).held).toEqual(['2@MAIN'])
  const split = await hold(sku, 19, PARIS)
  expect(split.held).toEqual(['1@LILLE', '4@LYON', '14@MAIN'])

  expect(await inventory.call(commitStock, { reservationId: split.id })).toEqual({ state: 'committed' })
  const sales = await inventory.database.movement.findMany({ where: { reservationId: split.id } })
  expect(sales.map(({ delta }) => delta).toSorted((a, b) => a - b)).toEqual([-14, -4, -1])
  expect(await staff.stock(sku)).toMatchObject({ available: 2 })
})

it('a split hold gives back what it took, where it took it', async () => {
  const sku = 'split'
  await staff.set({ sku, onHand: 1 })
  await staff.set({ sku, location: 'LYON', onHand: 1 })
  const { id, held } = await hold(sku, 2, PARIS)
  expect(held).toEqual(['1@LYON', '1@MAIN'])
  await inventory.call(releaseStock, { reservationId: id })
  expect((await staff.stock(sku)).locations).toMatchObject([
    { location: { code: 'LYON' }, available: 1 },
    { location: { code: 'MAIN' }, available: 1 },
  ])
})
