import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { desk, parcel } from '../../test/staff.ts'
import { type Stock, startStock } from '../../test/stock.ts'

/*
 * Orders and the real inventory: what was sold comes back.
 */

let world: World
let stock: Stock
let ask: Ask

beforeAll(async () => {
  world = await createWorld()
  stock = await startStock(world)
  ask = await startCheckout(world)
})

/** A settled order of 3 of a SKU of which there were 10. */
async function soldThree() {
  const sku = `sku ${randomUUID()}`
  await world.sell(sku, 500)
  await stock.set(sku, 10)
  const guest = shopper(ask)
  const id = await guest.ordered({ [sku]: 3 })
  await eventually('settled', async () => (await guest.order(id))?.status === 'CONFIRMED')
  expect(await stock.of(sku)).toEqual({ onHand: 7, reserved: 0 })
  return { id, sku }
}

it('a cancelled order gives all its units back', async () => {
  const { id, sku } = await soldThree()
  expect((await desk(ask).cancel(id)).order).toMatchObject({ status: 'CANCELLED' })
  expect(await stock.of(sku)).toEqual({ onHand: 10, reserved: 0 })
})

it('what was sent and comes back is sold again, unless it shall not be', async () => {
  const { id, sku } = await soldThree()
  await desk(ask).fulfill(id, { parcels: [parcel({ [sku]: 3 })] })
  await desk(ask).takeBack(id, { lines: [{ sku, quantity: 2 }] })
  expect(await stock.of(sku)).toEqual({ onHand: 9, reserved: 0 })
  await desk(ask).takeBack(id, { lines: [{ sku, quantity: 1 }], restock: false })
  expect(await stock.of(sku)).toEqual({ onHand: 9, reserved: 0 })
  expect((await desk(ask).order(id)).timeline.map(({ kind }) => kind)).not.toContain('RESTOCK_REFUSED')
})
