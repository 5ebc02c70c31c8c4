import { randomUUID } from 'node:crypto'
import { commitStock, reserveStock, returnStock } from '@commerce/events/commands.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contradictions, inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'
import { forgetKeys } from '../idempotency/repository.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

async function sell(lines: { sku: string; quantity: number }[]): Promise<string> {
  const reservationId = randomUUID()
  await inventory.call(reserveStock, { reservationId, lines, expiresAt: inMs(60_000) })
  await inventory.call(commitStock, { reservationId })
  return reservationId
}

const onHand = async (sku: string): Promise<number | undefined> => (await staff.stock(sku)).locations[0]?.onHand

describe('the command', () => {
  it('puts sold units back once per return id, however often and at the same time it is asked', async () => {
    await staff.set({ sku: 'back', onHand: 10 })
    await staff.set({ sku: 'too', onHand: 10 })
    const lines = [
      { sku: 'back', quantity: 3 },
      { sku: 'too', quantity: 1 },
    ]
    const reservationId = await sell(lines)
    const input = { returnId: randomUUID(), reservationId, lines, reason: 'too small' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => inventory.call(returnStock, input)))
    // Also when the key is forgotten: the ledger knows.
    await inventory.database.$executeRaw`update idempotency set at = at - interval '8 days'`
    expect(await forgetKeys(inventory.database, 7, 100)).toBeGreaterThan(0)
    answers.push(await inventory.call(returnStock, { ...input, returnId: input.returnId.toUpperCase() }))
    expect(answers).toEqual(answers.map(() => ({ outcome: 'returned' })))
    expect([await onHand('back'), await onHand('too')]).toEqual([10, 10])
    const rows = await inventory.database.movement.findMany({ where: { returnId: input.returnId } })
    expect(rows).toMatchObject([
      { sku: 'back', delta: 3, kind: 'return', reservationId, reason: 'too small' },
      { sku: 'too', delta: 1 },
    ])
    await expect(inventory.call(returnStock, { ...input, lines: lines.slice(1) })).rejects.toMatchObject({
      code: 'FAILED',
    })
  })

  it('of a reservation no more comes back than it sold, over all returns', async () => {
    await staff.set({ sku: 'greedy', onHand: 10 })
    const reservationId = await sell([{ sku: 'greedy', quantity: 3 }])
    const back = (quantity: number, sku = 'greedy') =>
      inventory.call(returnStock, { returnId: randomUUID(), reservationId, lines: [{ sku, quantity }] })
    const answers = await Promise.all([back(1), back(1), back(1), back(1), back(1)])
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual([
      'refused',
      'refused',
      'returned',
      'returned',
      'returned',
    ])
    expect(await back(1)).toMatchObject({ code: 'NOT_SOLD', message: expect.stringContaining('only 0 are still out') })
    expect(await back(1, 'never sold')).toMatchObject({ code: 'NOT_SOLD' })
    expect(await onHand('greedy')).toBe(10)
  })

  it('all lines come back or none', async () => {
    await staff.set({ sku: 'first half', onHand: 2 })
    await staff.set({ sku: 'second half', onHand: 2 })
    const [first, second] = [
      { sku: 'first half', quantity: 1 },
      { sku: 'second half', quantity: 1 },
    ]
    const reservationId = await sell([first, second])
    const back = (input: object) =>
      inventory.call(returnStock, { returnId: randomUUID(), reservationId, lines: [first, second], ...input })
    const lines = [first, { ...second, quantity: 2 }]
    expect(await back({ lines })).toMatchObject({ outcome: 'refused', code: 'NOT_SOLD' })
    expect(await back({ location: 'MOON' })).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_LOCATION' })
    expect([await onHand('first half'), await onHand('second half')]).toEqual([1, 1])
    expect(await back({})).toEqual({ outcome: 'returned' })
    expect([await onHand('first half'), await onHand('second half')]).toEqual([2, 2])
  })
})

describe('the mutation', () => {
  it('puts units back once per key', async () => {
    await staff.set({ sku: 'counter', onHand: 5 })
    const reservationId = await sell([{ sku: 'counter', quantity: 2 }])
    const input = { sku: 'counter', quantity: 2, reservationId, idempotencyKey: 'counter' }
    const first = await staff.putBack(input)
    expect(first).toMatchObject({ stock: { available: 5, version: 4 }, userErrors: [], warnings: [] })
    expect(await staff.putBack(input)).toEqual(first)
  })

  it('is refused with a code and the field', async () => {
    await staff.set({ sku: 'kept', onHand: 5 })
    const sku = 'kept'
    const refusals = [
      await staff.putBack({ sku: '', quantity: 1 }),
      await staff.putBack({ sku, quantity: 0 }),
      await staff.putBack({ sku, quantity: 1, reason: '' }),
      await staff.putBack({ sku, quantity: 1, reservationId: 'order 7' }),
      await staff.putBack({ sku, quantity: 1, reservationId: randomUUID() }),
      await staff.putBack({ sku, quantity: 1, location: 'MOON' }),
      await staff.putBack({ sku, quantity: 100_000_000 }),
      await staff.putBack({ sku, quantity: 1, idempotencyKey: 'counter' }),
      await staff.putBack({ sku, quantity: 1, idempotencyKey: '\u0001return x' }),
    ]
    expect(refusals.flatMap(({ userErrors }) => userErrors.map(({ code, field }) => `${code} ${field}`))).toEqual([
      'INVALID_SKU sku',
      'QUANTITY_OUT_OF_RANGE quantity',
      'INVALID_REASON reason',
      'INVALID_RESERVATION_ID reservationId',
      'NOT_SOLD quantity',
      'UNKNOWN_LOCATION location',
      'QUANTITY_OUT_OF_RANGE quantity',
      'IDEMPOTENCY_KEY_REUSED idempotencyKey',
      'INVALID_IDEMPOTENCY_KEY idempotencyKey',
    ])
    expect(await staff.stock(sku)).toMatchObject({ version: 1 })
  })
})
