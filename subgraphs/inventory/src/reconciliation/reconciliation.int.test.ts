import { randomUUID } from 'node:crypto'
import { commitStock, reserveStock } from '@commerce/events/commands.ts'
import { beforeAll, expect, it } from 'vitest'
import { inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
  await staff.locationCreate({ code: 'SHOP', name: 'Shop' })
  await staff.set({ sku: 'a', onHand: 10 })
  await staff.transfer({ sku: 'a', from: 'MAIN', to: 'SHOP', quantity: 4 })
  await staff.set({ sku: 'b', onHand: 5 })
  for (const sold of [true, false]) {
    const reservationId = randomUUID()
    await inventory.call(reserveStock, { reservationId, lines: [{ sku: 'b', quantity: 2 }], expiresAt: inMs(60_000) })
    if (sold) await inventory.call(commitStock, { reservationId })
  }
})

const QUERY = `{ stockReconciliation { agrees levels movements activeHolds total
  differences { kind sku location { code } transferId counted proven } } }`

const reconcile = async () =>
  (await inventory.ask<{ stockReconciliation: Record<string, unknown> }>(QUERY)).stockReconciliation

it('proves that the books agree', async () => {
  expect(await reconcile()).toEqual({
    agrees: true,
    levels: 3,
    movements: 5,
    activeHolds: 1,
    total: 0,
    differences: [],
  })
})

it('names each counter that does not say what its rows say, and changes nothing', async () => {
  await inventory.database
    .$executeRaw`update stock_level set on_hand = on_hand + 7 where sku = 'a' and location = 'SHOP'`
  await inventory.database.$executeRaw`update stock_level set reserved = 1 where sku = 'b'`
  const transferId = randomUUID()
  await inventory.database.$executeRaw`
    insert into movement (sku, location, delta, kind, transfer_id) values ('a', 'MAIN', -1, 'transfer', ${transferId}::uuid)`
  const expected = {
    agrees: false,
    total: 4,
    differences: [
      { kind: 'ON_HAND', sku: 'a', location: { code: 'MAIN' }, transferId: null, counted: 6, proven: 5 },
      { kind: 'ON_HAND', sku: 'a', location: { code: 'SHOP' }, transferId: null, counted: 11, proven: 4 },
      { kind: 'RESERVED', sku: 'b', location: { code: 'MAIN' }, transferId: null, counted: 1, proven: 2 },
      { kind: 'TRANSFER', sku: 'a', location: null, transferId, counted: -1, proven: 0 },
    ],
  }
  expect(await reconcile()).toMatchObject(expected)
  expect(await reconcile()).toMatchObject(expected)
})

it('is for staff', async () => {
  await expect(inventory.ask(QUERY, {}, { scopes: null })).rejects.toThrow('UNAUTHENTICATED')
})
