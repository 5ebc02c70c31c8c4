import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, expect, it } from 'vitest'
import { startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
})

const LIST = `query ($first: Int, $after: String, $last: Int, $before: String) {
  locations(first: $first, after: $after, last: $last, before: $before) {
    nodes { code } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }`

it('a location is made once, with where it is, and everyone is told', async () => {
  const input = {
    code: 'LYON-1',
    name: 'Lyon',
    country: 'FR',
    region: 'ARA',
    position: { latitude: 45.76, longitude: 4.84 },
    idempotencyKey: 'lyon',
  }
  const { idempotencyKey: _, ...location } = { ...input, active: true, version: 1 }
  expect(await staff.locationCreate(input)).toEqual({ location, userErrors: [], warnings: [] })
  expect(await staff.locationCreate(input)).toEqual({ location, userErrors: [], warnings: [] })
  const told = await eventually('the event', () =>
    inventory.events.find(({ subject }) => subject === 'inventory.location.changed.LYON-1'),
  )
  expect(told.data).toEqual(location)
})

it('is refused with a code and the field', async () => {
  const refusals = [
    await staff.locationCreate({ code: 'no spaces', name: 'x' }),
    await staff.locationCreate({ code: 'X', name: ' ' }),
    await staff.locationCreate({ code: 'X', name: 'x', country: 'France' }),
    await staff.locationCreate({ code: 'X', name: 'x', region: '' }),
    await staff.locationCreate({ code: 'X', name: 'x', position: { latitude: 91, longitude: 0 } }),
    await staff.locationCreate({ code: 'MAIN', name: 'x' }),
    await staff.locationCreate({ code: 'X', name: 'x', idempotencyKey: 'lyon' }),
    await staff.locationCreate({ code: 'X', name: 'x', idempotencyKey: '' }),
    await staff.locationUpdate({ code: 'MOON', name: 'x' }),
    await staff.locationUpdate({ code: 'MAIN', name: 'x', expectedVersion: 9 }),
  ]
  expect(
    refusals.flatMap(({ location, userErrors }) => userErrors.map(({ code, field }) => [location, code, field])),
  ).toEqual([
    [null, 'INVALID_CODE', ['code']],
    [null, 'INVALID_NAME', ['name']],
    [null, 'INVALID_COUNTRY', ['country']],
    [null, 'INVALID_REGION', ['region']],
    [null, 'INVALID_POSITION', ['position']],
    [null, 'CODE_TAKEN', ['code']],
    [null, 'IDEMPOTENCY_KEY_REUSED', ['idempotencyKey']],
    [null, 'INVALID_IDEMPOTENCY_KEY', ['idempotencyKey']],
    [null, 'UNKNOWN_LOCATION', ['code']],
    [null, 'VERSION_CONFLICT', ['expectedVersion']],
  ])
})

it('one that is renamed has its new name wherever it is shown, in every process', async () => {
  await staff.locationCreate({ code: 'RENAMED', name: 'Before', country: 'DE', region: 'BE' })
  await staff.set({ sku: 'named', location: 'RENAMED', onHand: 1 })
  const query = '{ stock(sku: "named") { locations { location { name } } } }'
  await inventory.askOther(query)
  expect(await staff.locationUpdate({ code: 'RENAMED', name: 'After', region: null })).toMatchObject({
    location: { name: 'After', country: 'DE', region: null, version: 2 },
  })
  const after = { stock: { locations: [{ location: { name: 'After' } }] } }
  expect(await inventory.ask(query)).toEqual(after)
  await eventually('the other knows', async () => {
    const seen = await inventory.askOther<typeof after>(query)
    return seen.stock.locations[0]?.location.name === 'After'
  })
  expect(await staff.locationUpdate({ code: 'RENAMED', name: 'After' })).toMatchObject({ location: { version: 2 } })
})

it('one that is closed takes no units, and can be closed only while it is empty and expects none', async () => {
  await staff.locationCreate({ code: 'CLOSING', name: 'Closing' })
  const close = async () => {
    const { location, userErrors } = await staff.locationUpdate({ code: 'CLOSING', active: false })
    return userErrors[0]?.code ?? location?.active
  }
  await staff.set({ sku: 'left over', location: 'CLOSING', onHand: 2 })
  expect(await close()).toBe('LOCATION_IN_USE')
  await staff.transfer({ sku: 'left over', from: 'CLOSING', to: 'MAIN', quantity: 2 })
  await staff.policy({ sku: 'expected', kind: 'BACKORDER', limit: 1, location: 'CLOSING' })
  expect(await close()).toBe('LOCATION_IN_USE')
  await staff.policy({ sku: 'expected', kind: 'DENY' })
  expect(await close()).toBe(false)

  const codes = [
    await staff.set({ sku: 'left over', location: 'CLOSING', onHand: 1 }),
    await staff.adjust({ sku: 'left over', location: 'CLOSING', delta: 1 }),
    await staff.transfer({ sku: 'left over', from: 'MAIN', to: 'CLOSING', quantity: 1 }),
    await staff.putBack({ sku: 'left over', location: 'CLOSING', quantity: 1 }),
    await staff.policy({ sku: 'left over', kind: 'BACKORDER', limit: 1, location: 'CLOSING' }),
  ].map(({ userErrors }) => userErrors[0]?.code)
  expect(new Set(codes)).toEqual(new Set(['LOCATION_INACTIVE']))
  await staff.locationUpdate({ code: 'CLOSING', active: true })
  expect(await staff.set({ sku: 'left over', location: 'CLOSING', onHand: 1 })).toMatchObject({ userErrors: [] })
})

it('closing and filling at the same time never leaves units in a closed location', async () => {
  for (let i = 0; i < 10; i++) {
    const code = `TORN-${i}`
    await staff.locationCreate({ code, name: code })
    if (i % 2 === 0) await staff.set({ sku: 'torn', location: code, onHand: 0 })
    const [closed, filled] = await Promise.all([
      staff.locationUpdate({ code, active: false }),
      staff.adjust({ sku: i % 3 === 0 ? `torn ${i}` : 'torn', location: code, delta: 1 }),
    ])
    expect([closed, filled].flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
      expect.stringMatching(/LOCATION_IN_USE|LOCATION_INACTIVE/),
    ])
  }
  const wrong = await inventory.database.$queryRaw`
    select * from stock_level join location on location = code where not active and on_hand > 0`
  expect(wrong).toEqual([])
})

it('are listed by code, page by page, for staff', async () => {
  type Page = { locations: { nodes: { code: string }[]; pageInfo: Record<string, unknown> } }
  const all = (await inventory.ask<Page>(LIST, { first: 100 })).locations.nodes.map(({ code }) => code)
  expect(all).toEqual([...all].sort())
  const first = (await inventory.ask<Page>(LIST, { first: 2 })).locations
  const second = (await inventory.ask<Page>(LIST, { first: 2, after: first.pageInfo.endCursor })).locations
  expect([...first.nodes, ...second.nodes].map(({ code }) => code)).toEqual(all.slice(0, 4))
  const back = (await inventory.ask<Page>(LIST, { last: 2, before: second.pageInfo.startCursor })).locations
  expect(back.nodes).toEqual(first.nodes)
  await expect(inventory.ask(LIST, {}, { scopes: ['inventory:write'] })).rejects.toThrow('FORBIDDEN')
  const create =
    'mutation { locationCreate(input: { code: "N", name: "N", idempotencyKey: "n" }) { location { code } } }'
  await expect(inventory.ask(create, {}, { scopes: ['inventory:read'] })).rejects.toThrow('FORBIDDEN')
})
