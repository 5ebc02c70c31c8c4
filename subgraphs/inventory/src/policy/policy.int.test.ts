import { randomUUID } from 'node:crypto'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contradictions, inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

function reserve(sku: string, quantity: number, reservationId: string = randomUUID()) {
  return inventory.call(reserveStock, { reservationId, lines: [{ sku, quantity }], expiresAt: inMs(60_000) })
}

const RESTOCK = '2027-03-01T00:00:00.000Z'

describe('a backorder', () => {
  it('is taken up to the limit, counted, and told to shoppers with when more is expected', async () => {
    await staff.set({ sku: 'late', onHand: 2 })
    await staff.policy({ sku: 'late', kind: 'BACKORDER', limit: 3, restockAt: RESTOCK })
    expect(await staff.status('late')).toMatchObject({ status: 'LOW_STOCK', available: 2, restockAt: RESTOCK })
    const id = randomUUID()
    const reserved = { outcome: 'reserved', backordered: [{ sku: 'late', quantity: 2 }] }
    expect(await reserve('late', 4, id)).toEqual(reserved)
    expect(await reserve('late', 4, id)).toEqual(reserved)
    expect(await staff.status('late')).toMatchObject({ status: 'BACKORDER', available: 1 })
    expect(await staff.stock('late')).toMatchObject({ available: 0, backordered: 2, backorderable: 1 })
    expect(await reserve('late', 2)).toEqual({ outcome: 'insufficient', shortages: [{ sku: 'late', available: 1 }] })
    expect(await reserve('late', 1)).toMatchObject({ outcome: 'reserved' })
    expect(await staff.status('late')).toMatchObject({ status: 'OUT_OF_STOCK', available: 0 })
    expect(await inventory.call(releaseStock, { reservationId: id })).toEqual({ state: 'released' })
    expect(await staff.stock('late')).toMatchObject({ available: 1, backordered: 0, backorderable: 3 })
  })

  it('of many buyers at the same time never goes beyond the limit', async () => {
    await staff.set({ sku: 'wanted', onHand: 7, safety: 2 })
    await staff.policy({ sku: 'wanted', kind: 'BACKORDER', limit: 10 })
    const answers = await Promise.all(Array.from({ length: 60 }, () => reserve('wanted', 1)))
    expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(15)
    expect(await staff.stock('wanted')).toMatchObject({ backorderable: 0, locations: [{ onHand: 7, reserved: 15 }] })
  })

  it('is served first by what arrives, whether it was sold or is still held', async () => {
    await staff.set({ sku: 'owed', onHand: 0 })
    await staff.policy({ sku: 'owed', kind: 'BACKORDER', limit: 9 })
    const [sold, held] = [randomUUID(), randomUUID()]
    await reserve('owed', 3, sold)
    await reserve('owed', 2, held)
    expect(await inventory.call(commitStock, { reservationId: sold })).toEqual({ state: 'committed' })
    expect(await staff.stock('owed')).toMatchObject({ backordered: 5, locations: [{ onHand: -3, reserved: 2 }] })
    await staff.adjust({ sku: 'owed', delta: 4 })
    expect(await staff.stock('owed')).toMatchObject({ available: 0, backordered: 1 })
    // Of the six on the shelf two are held.
    await staff.set({ sku: 'owed', onHand: 6 })
    expect(await staff.stock('owed')).toMatchObject({ available: 4, backordered: 0 })
    expect(await inventory.call(commitStock, { reservationId: held })).toEqual({ state: 'committed' })
    expect(await staff.stock('owed')).toMatchObject({ available: 4, locations: [{ onHand: 4, reserved: 0 }] })
  })

  it('a count of the shelf does not make units that are sold already available again', async () => {
    await staff.policy({ sku: 'counted late', kind: 'BACKORDER', limit: 9 })
    const id = randomUUID()
    await reserve('counted late', 3, id)
    await inventory.call(commitStock, { reservationId: id })
    await staff.set({ sku: 'counted late', onHand: 10 })
    expect(await staff.stock('counted late')).toMatchObject({ available: 7, backordered: 0 })
  })

  it('can be served from another location, by a transfer', async () => {
    await staff.locationCreate({ code: 'DOCK', name: 'Dock' })
    await staff.policy({ sku: 'elsewhere', kind: 'BACKORDER', limit: 5 })
    await reserve('elsewhere', 3)
    await staff.adjust({ sku: 'elsewhere', location: 'DOCK', delta: 10 })
    expect(await staff.stock('elsewhere')).toMatchObject({ available: 10, backordered: 3 })
    await staff.transfer({ sku: 'elsewhere', from: 'DOCK', to: 'MAIN', quantity: 4 })
    expect(await staff.stock('elsewhere')).toMatchObject({ available: 7, backordered: 0 })
  })

  it('stays promised when the policy ends, and nothing more is', async () => {
    await staff.policy({ sku: 'ended', kind: 'BACKORDER', limit: 5 })
    await reserve('ended', 3)
    expect(await staff.policy({ sku: 'ended', kind: 'DENY' })).toMatchObject({
      stock: { backordered: 3, backorderable: 0, policy: { kind: 'DENY', limit: 0, location: null } },
    })
    expect(await reserve('ended', 1)).toMatchObject({ outcome: 'insufficient' })
    expect(await staff.policy({ sku: 'ended', kind: 'BACKORDER', limit: 2 })).toMatchObject({
      stock: { backordered: 3, backorderable: 0 },
    })
    expect(await reserve('ended', 1)).toMatchObject({ outcome: 'insufficient' })
    await staff.adjust({ sku: 'ended', delta: 2 })
    expect(await staff.stock('ended')).toMatchObject({ backordered: 1, backorderable: 1 })
  })
})

describe('a pre-order', () => {
  it('ends at its release, for everyone who looks or listens', async () => {
    const releaseAt = inMs(700)
    await staff.policy({ sku: 'new', kind: 'PREORDER', limit: 5, releaseAt })
    expect(await staff.status('new')).toEqual({ status: 'PREORDER', available: 5, restockAt: releaseAt })
    await staff.adjust({ sku: 'new', delta: 20 })
    expect(await staff.status('new')).toMatchObject({ status: 'PREORDER' })
    expect(await reserve('new', 23)).toMatchObject({ backordered: [{ sku: 'new', quantity: 3 }] })
    const told = await eventually('the release', () =>
      inventory.events.find(
        ({ data }) => 'policy' in data && data.sku === 'new' && data.version > 1 && data.policy?.kind === 'DENY',
      ),
    )
    expect(told.changedAt).toBeGreaterThanOrEqual(Date.parse(releaseAt))
    expect(await staff.status('new')).toMatchObject({ status: 'OUT_OF_STOCK' })
    expect(await reserve('new', 1)).toMatchObject({ outcome: 'insufficient' })
    expect(await staff.stock('new')).toMatchObject({ backordered: 3 })
  })
})

describe('setting a policy', () => {
  it('is done once per key, and changes nothing when nothing is different', async () => {
    const input = { sku: 'once', kind: 'BACKORDER', limit: 4, lowStockThreshold: 9, idempotencyKey: 'once' }
    const first = await staff.policy(input)
    expect(first).toMatchObject({ stock: { version: 1 }, warnings: [expect.stringContaining('had no stock before')] })
    expect(await staff.policy(input)).toEqual(first)
    expect(await staff.policy({ ...input, idempotencyKey: 'again' })).toMatchObject({ stock: { version: 1 } })
    expect(await staff.policy({ ...input, lowStockThreshold: undefined, idempotencyKey: 'kept' })).toMatchObject({
      stock: { version: 1, lowStockThreshold: 9 },
    })
    expect(await staff.policy({ ...input, lowStockThreshold: null, idempotencyKey: 'reset' })).toMatchObject({
      stock: { version: 2, lowStockThreshold: 5 },
    })
  })

  it('is refused with a code and the field, and changes nothing', async () => {
    await staff.policy({ sku: 'refusing', kind: 'BACKORDER', limit: 4 })
    await reserve('refusing', 1)
    const sku = 'refusing'
    const refusals = [
      await staff.policy({ sku: ' x', kind: 'DENY' }),
      await staff.policy({ sku, kind: 'BACKORDER' }),
      await staff.policy({ sku, kind: 'BACKORDER', limit: 0 }),
      await staff.policy({ sku, kind: 'DENY', limit: 3 }),
      await staff.policy({ sku, kind: 'PREORDER', limit: 3 }),
      await staff.policy({ sku, kind: 'PREORDER', limit: 3, releaseAt: inMs(-1) }),
      await staff.policy({ sku, kind: 'BACKORDER', limit: 3, releaseAt: inMs(9_000) }),
      await staff.policy({ sku, kind: 'BACKORDER', limit: 3, location: 'MOON' }),
      await staff.policy({ sku, kind: 'BACKORDER', limit: 3, location: 'DOCK' }),
      await staff.policy({ sku, kind: 'DENY', lowStockThreshold: -1 }),
      await staff.policy({ sku, kind: 'DENY', expectedVersion: 1 }),
      await staff.policy({ sku, kind: 'DENY', idempotencyKey: 'once' }),
    ]
    expect(refusals.flatMap(({ userErrors }) => userErrors.map(({ code, field }) => `${code} ${field}`))).toEqual([
      'INVALID_SKU sku',
      'LIMIT_MISSING limit',
      'QUANTITY_OUT_OF_RANGE limit',
      'LIMIT_UNUSED limit',
      'RELEASE_DATE_MISSING releaseAt',
      'RELEASE_DATE_PAST releaseAt',
      'RELEASE_DATE_UNUSED releaseAt',
      'UNKNOWN_LOCATION location',
      'BACKORDERED_ELSEWHERE location',
      'QUANTITY_OUT_OF_RANGE lowStockThreshold',
      'VERSION_CONFLICT expectedVersion',
      'IDEMPOTENCY_KEY_REUSED idempotencyKey',
    ])
    expect(await staff.stock(sku)).toMatchObject({ version: 2, policy: { kind: 'BACKORDER', limit: 4 } })
  })
})

it('the database itself refuses more holds than there are units and promises', async () => {
  await staff.set({ sku: 'walled', onHand: 3 })
  await staff.policy({ sku: 'walled', kind: 'BACKORDER', limit: 2 })
  const hold = (units: number) =>
    inventory.database.$executeRaw`update stock_level set reserved = ${units} where sku = 'walled'`
  await expect(hold(6)).rejects.toThrow('stock_level_held_check')
  await inventory.database.$transaction(async (tx) => {
    await tx.$executeRaw`update stock_level set reserved = 5 where sku = 'walled'`
    await tx.$executeRaw`update stock_level set reserved = 0 where sku = 'walled'`
  })
})
