import { afterAll, beforeAll, expect, it } from 'vitest'
import { contradictions, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
  await staff.locationCreate({ code: 'SHOP', name: 'Shop' })
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

it('sets 500 rows in one go, each answered by itself, once per key', async () => {
  await staff.set({ sku: 'bulk 3', onHand: 3 })
  const rows = Array.from({ length: 500 }, (_, i) => ({ sku: `bulk ${i}`, onHand: i }))
  const input = { rows, idempotencyKey: 'five hundred' }
  const first = await staff.bulkSet(input)
  expect(first.userErrors).toEqual([])
  expect(first.applied).toBe(499)
  expect(first.results[499]).toMatchObject({
    status: 'APPLIED',
    stock: { sku: 'bulk 499', version: 1, available: 499 },
  })
  expect(first.results[3]).toMatchObject({ status: 'UNCHANGED', stock: { version: 1 } })
  expect(await staff.bulkSet(input)).toEqual(first)
  expect(
    await inventory.database.outbox.count({ where: { subject: { startsWith: 'inventory.stock.changed.bulk' } } }),
  ).toBe(500)
})

it('several locations of one SKU are one change of it', async () => {
  const rows = [
    { sku: 'spread', onHand: 2 },
    { sku: 'spread', location: 'SHOP', onHand: 3 },
  ]
  expect(await staff.bulkSet({ rows })).toMatchObject({
    applied: 2,
    results: [{ stock: { version: 1, available: 5 } }, { stock: { version: 1, available: 5 } }],
  })
})

const mixed = [
  { sku: 'mixed good', onHand: 4 },
  { sku: 'mixed bad', onHand: -1 },
  { sku: 'mixed lost', location: 'MOON', onHand: 1 },
  { sku: 'mixed stale', onHand: 1, expectedVersion: 7 },
]
const refusals = [
  { status: 'REFUSED', stock: null, userErrors: [{ code: 'BELOW_ZERO', field: ['rows', '1', 'onHand'] }] },
  { status: 'REFUSED', stock: null, userErrors: [{ code: 'UNKNOWN_LOCATION', field: ['rows', '2', 'location'] }] },
  {
    status: 'REFUSED',
    stock: null,
    userErrors: [{ code: 'VERSION_CONFLICT', field: ['rows', '3', 'expectedVersion'] }],
  },
]

it('with one bad row nothing is done, unless valid rows are wanted', async () => {
  expect(await staff.bulkSet({ rows: mixed })).toEqual({
    applied: 0,
    results: [{ status: 'SKIPPED', stock: null, userErrors: [] }, ...refusals],
    userErrors: [],
  })
  expect(await staff.stock('mixed good')).toBeNull()
  expect(await staff.bulkSet({ rows: mixed, errorPolicy: 'VALID_ROWS' })).toMatchObject({
    applied: 1,
    results: [{ status: 'APPLIED', stock: { available: 4 } }, ...refusals],
  })
})

it('as a whole it is refused with a code and the field', async () => {
  const row = { sku: 'whole', onHand: 1 }
  const answers = [
    await staff.bulkSet({ rows: [] }),
    await staff.bulkSet({ rows: Array.from({ length: 501 }, (_, i) => ({ sku: `${i}`, onHand: 1 })) }),
    await staff.bulkSet({ rows: [row, { sku: 'other', onHand: 1 }, row] }),
    await staff.bulkSet({ rows: [row], idempotencyKey: '' }),
    await staff.bulkSet({ rows: [row], idempotencyKey: 'five hundred' }),
  ]
  expect(
    answers.flatMap(({ userErrors }) => userErrors.map(({ code, field }) => `${code} ${field?.join('.')}`)),
  ).toEqual([
    'NO_ROWS rows',
    'TOO_MANY_ROWS rows',
    'DUPLICATE_ROW rows.2',
    'INVALID_IDEMPOTENCY_KEY idempotencyKey',
    'IDEMPOTENCY_KEY_REUSED idempotencyKey',
  ])
  expect(answers.map(({ results }) => results)).toEqual(answers.map(() => []))
  expect(await staff.stock('whole')).toBeNull()
})

it('lists that overlap, and changes beside them, wait for each other and for nobody in a circle', async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, i) => {
      const rows = Array.from({ length: 30 }, (_, k) => ({ sku: `crossed ${(k * (i % 2 ? 7 : 11)) % 30}`, onHand: i }))
      return i % 3 === 0 ? staff.adjust({ sku: `crossed ${i}`, delta: 1 }) : staff.bulkSet({ rows })
    }),
  )
  expect((await staff.stock('crossed 0')).version).toBeGreaterThan(0)
})
