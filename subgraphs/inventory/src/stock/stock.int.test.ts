// Long because each change of stock and each refusal is one test over the same subgraph.
import { randomUUID } from 'node:crypto'
import { reserveStock } from '@commerce/events/commands.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { contradictions, inMs, startInventory, type TestInventory } from '../../test/inventory.ts'

let inventory: TestInventory

beforeAll(async () => {
  inventory = await startInventory()
})

const SET = `mutation ($input: StockSetInput!) { stockSet(input: $input) {
  stock { sku version available changedAt locations { location { code name } onHand reserved safety available } variant { sku } }
  userErrors { code field message } warnings } }`
const ADJUST = `mutation ($input: StockAdjustInput!) { stockAdjust(input: $input) {
  stock { sku version available changedAt locations { onHand } } userErrors { code field message } warnings } }`
const AVAILABILITIES = `query ($skus: [String!]!) { availabilities(skus: $skus) {
  sku version availability { status available restockAt asOf version byLocation { onHand } } variant { sku availability { version } } } }`

interface Payload {
  stock: { version: number; available: number } | null
  userErrors: { code: string; field: string[] }[]
  warnings: string[]
}
interface Answered {
  sku: string
  version: number
  availability: { status: string; available: number | null; byLocation: unknown }
}

async function set(input: object): Promise<Payload> {
  const data = await inventory.ask<{ stockSet: Payload }>(SET, { input: { idempotencyKey: randomUUID(), ...input } })
  return data.stockSet
}

async function adjust(input: object): Promise<Payload> {
  const filled = { idempotencyKey: randomUUID(), reason: 'delivery', ...input }
  return (await inventory.ask<{ stockAdjust: Payload }>(ADJUST, { input: filled })).stockAdjust
}

async function availabilities(skus: string[], as?: { scopes?: null; floors?: object }): Promise<Answered[]> {
  return (await inventory.ask<{ availabilities: Answered[] }>(AVAILABILITIES, { skus }, as)).availabilities
}

describe('what shoppers see', () => {
  it('is answered for every SKU asked for, once and in order, also for one never stocked', async () => {
    await inventory.stock('seen.plenty', 12)
    await inventory.stock('seen few', 3)
    const skus = ['seen few', 'never*', 'seen.plenty', 'seen few', 'nul\u0000']
    expect(await availabilities(skus, { scopes: null })).toMatchObject([
      { sku: 'seen few', version: 1, availability: { status: 'LOW_STOCK', available: 3, byLocation: null } },
      { sku: 'never*', version: 0, availability: { status: 'OUT_OF_STOCK', available: 0, asOf: null, version: 0 } },
      { sku: 'seen.plenty', availability: { status: 'IN_STOCK', available: null }, variant: { sku: 'seen.plenty' } },
      { sku: 'nul\u0000', version: 0 },
    ])
  })

  it('is part of a variant, and exact for staff only', async () => {
    await inventory.stock('entity', 12)
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Variant { sku availability { status available
      byLocation { onHand location { code } } } } } }`
    const variables = {
      r: [
        { __typename: 'Variant', sku: 'entity' },
        { __typename: 'Variant', sku: 'nothing' },
      ],
    }
    const staff = [{ onHand: 12, location: { code: 'MAIN' } }]
    expect(await inventory.ask(query, variables)).toMatchObject({
      _entities: [{ availability: { available: 12, byLocation: staff } }, { availability: { status: 'OUT_OF_STOCK' } }],
    })
    expect(await inventory.ask(query, variables, { scopes: ['catalog:write'] })).toMatchObject({
      _entities: [{ availability: { status: 'IN_STOCK', available: null, byLocation: null } }, {}],
    })
  })

  it('is bounded to 200 SKUs', async () => {
    const skus = Array.from({ length: 201 }, (_, i) => `s${i}`)
    await expect(availabilities(skus)).rejects.toThrow('BAD_USER_INPUT')
  })
})

describe('what an answer depends on', () => {
  const ENTITIES = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Variant { availability { status } } } }`
  const tag = (sku: string) => subjectOf('inventory.stock.changed', sku)

  it('is the stock of each SKU that was asked for, counted or not, and nothing for what can be none', async () => {
    await inventory.stock('tag 1', 3)
    const skus = ['tag 1', 'never', ' no sku ']
    const { extensions } = await inventory.answer(AVAILABILITIES, { skus })
    expect(extensions).toEqual({ apolloCacheTags: [tag('never'), tag('tag 1')] })
    const r = skus.map((sku) => ({ __typename: 'Variant', sku }))
    const entities = await inventory.answer(ENTITIES, { r })
    expect(entities.extensions).toEqual({
      apolloCacheTags: [],
      apolloEntityCacheTags: [[tag('tag 1')], [tag('never')], []],
    })
  })
})

describe('access', () => {
  it('exact stock needs inventory:read and changes need inventory:write', async () => {
    const stock = '{ stock(sku: "x") { version } }'
    await expect(inventory.ask(stock, {}, { scopes: null })).rejects.toThrow('UNAUTHENTICATED')
    await expect(inventory.ask(stock, {}, { scopes: ['inventory:write'] })).rejects.toThrow('FORBIDDEN')
    const input = { sku: 'x', onHand: 1, idempotencyKey: 'k' }
    await expect(inventory.ask(SET, { input }, { scopes: ['inventory:read'] })).rejects.toThrow('FORBIDDEN')
    expect(await inventory.ask('{ stock(sku: "x") { version } }')).toEqual({ stock: null })
  })
})

describe('counting and adjusting', () => {
  it('changes the counters, raises the version, writes the ledger and tells everyone', async () => {
    expect(await set({ sku: 'counted', onHand: 10, safety: 2 })).toMatchObject({
      stock: { version: 1, available: 8, locations: [{ onHand: 10, reserved: 0, safety: 2, available: 8 }] },
      userErrors: [],
      warnings: [expect.stringContaining('"counted" had no stock before')],
    })
    expect(await adjust({ sku: 'counted', delta: -3, reason: 'broken' })).toMatchObject({
      stock: { version: 2, available: 5 },
      warnings: [],
    })
    expect(await set({ sku: 'counted', onHand: 9 })).toMatchObject({ stock: { version: 3, available: 7 } })

    const ledger = await inventory.database.movement.findMany({ where: { sku: 'counted' }, orderBy: { id: 'asc' } })
    expect(ledger).toMatchObject([
      { delta: 10, kind: 'count', idempotencyKey: expect.any(String) },
      { delta: -3, kind: 'correction', reason: 'broken' },
      { delta: 2, kind: 'count' },
    ])
    const mine = () => inventory.events.filter(({ subject }) => subject === 'inventory.stock.changed.counted')
    await eventually('three events', () => mine().length >= 3)
    expect(mine().map(({ data }) => data)).toMatchObject([
      { version: 1, available: 8 },
      { version: 2, available: 5 },
      { version: 3, available: 7, locations: [{ code: 'MAIN', onHand: 9, reserved: 0, safety: 2 }] },
    ])
  })

  it('a count that finds what was known changes nothing and tells nobody', async () => {
    await inventory.stock('same', 4)
    expect(await set({ sku: 'same', onHand: 4 })).toMatchObject({ stock: { version: 1 }, userErrors: [] })
    expect(await inventory.database.outbox.count({ where: { subject: 'inventory.stock.changed.same' } })).toBe(1)
  })

  it('is refused with a code and the field, and changes nothing', async () => {
    await inventory.stock('refusing', 5)
    await inventory.call(reserveStock, {
      reservationId: randomUUID(),
      lines: [{ sku: 'refusing', quantity: 4 }],
      expiresAt: inMs(60_000),
    })
    const sku = 'refusing'
    const refusals = [
      await set({ sku, onHand: 3 }),
      await set({ sku, onHand: 9, expectedVersion: 1 }),
      await set({ sku, onHand: 9, location: 'MOON' }),
      await set({ sku, onHand: 9, location: 'nul\u0000' }),
      await adjust({ sku, delta: -2 }),
      await adjust({ sku, delta: -6 }),
      await adjust({ sku: 'never stocked', delta: -1 }),
      await adjust({ sku, delta: 1, idempotencyKey: '' }),
    ]
    expect(
      refusals.flatMap(({ stock, userErrors }) => userErrors.map(({ code, field }) => [stock, code, field[0]])),
    ).toEqual([
      [null, 'BELOW_RESERVED', 'onHand'],
      [null, 'VERSION_CONFLICT', 'expectedVersion'],
      [null, 'UNKNOWN_LOCATION', 'location'],
      [null, 'UNKNOWN_LOCATION', 'location'],
      [null, 'BELOW_RESERVED', 'delta'],
      [null, 'BELOW_ZERO', 'delta'],
      [null, 'BELOW_ZERO', 'delta'],
      [null, 'INVALID_IDEMPOTENCY_KEY', 'idempotencyKey'],
    ])
    expect(await inventory.ask('{ stock(sku: "refusing") { version available } }')).toEqual({
      stock: { version: 2, available: 1 },
    })
    expect(await inventory.database.stock.count({ where: { sku: 'never stocked' } })).toBe(0)
  })

  it('the same key at the same time and later gets the same answer, and changes the stock once', async () => {
    const input = { sku: 'repeated', delta: 7, idempotencyKey: 'delivery-4711' }
    const answers = await Promise.all(Array.from({ length: 12 }, () => adjust(input)))
    await adjust({ sku: 'repeated', delta: 1 })
    answers.push(await adjust(input))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ stock: { version: 1, available: 7 } })
    expect(await inventory.ask('{ stock(sku: "repeated") { available } }')).toEqual({ stock: { available: 8 } })
  })

  it('a refusal is remembered like any answer', async () => {
    const input = { sku: 'regretted', delta: -1, idempotencyKey: 'too-early' }
    const first = await adjust(input)
    await inventory.stock('regretted', 5)
    expect(await adjust(input)).toEqual(first)
  })

  it('the same key with other input is refused', async () => {
    await adjust({ sku: 'reused', delta: 7, idempotencyKey: 'once' })
    expect(await adjust({ sku: 'reused', delta: 8, idempotencyKey: 'once' })).toMatchObject({
      stock: null,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }],
    })
    expect(await set({ sku: 'reused', onHand: 7, idempotencyKey: 'once' })).toMatchObject({
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    })
  })

  it('different changes of a new SKU at the same time all count', async () => {
    for (const sku of ['raced 1', 'raced 2', 'raced 3', 'raced 4', 'raced 5']) {
      const changes = Array.from({ length: 15 }, () => adjust({ sku, delta: 2 }))
      const versions = (await Promise.all(changes)).map(({ stock }) => stock?.version)
      expect(versions.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
      const query = 'query ($sku: String!) { stock(sku: $sku) { available } }'
      expect(await inventory.ask(query, { sku })).toEqual({ stock: { available: 30 } })
    }
  })

  it('is seen by the very next read, though reads come from a cache', async () => {
    for (let onHand = 1; onHand <= 20; onHand++) {
      const version = await inventory.stock('fresh', onHand)
      expect(await availabilities(['fresh'])).toMatchObject([{ version, availability: { available: onHand } }])
    }
  })
})

describe('another process', () => {
  it('forgets what it has cached as soon as it hears of the change', async () => {
    const read = async () =>
      (await inventory.askOther<{ stock: { version: number } }>('{ stock(sku: "shared") { version } }')).stock.version
    for (let onHand = 1; onHand <= 5; onHand++) {
      const version = await inventory.stock('shared', onHand)
      await eventually('the other process knows', async () => (await read()) === version)
    }
  })

  it('shows at once what the gateway has seen, heard of or not', async () => {
    const query = '{ stock(sku: "ahead") { version } }'
    await inventory.stock('ahead', 1)
    for (let onHand = 2; onHand <= 10; onHand++) {
      await inventory.askOther(query)
      const version = await inventory.stock('ahead', onHand)
      const floors = { 'inventory.stock.changed.ahead': version }
      expect(await inventory.askOther(query, {}, { floors })).toEqual({ stock: { version } })
    }
  })
})

describe('the database itself', () => {
  it.each([
    ['more held than there is', `update stock_level set reserved = on_hand + 1 where sku = 'walls'`],
    ['held units below 0', `update stock_level set reserved = -1 where sku = 'walls'`],
    ['a cushion below 0', `update stock_level set safety = -1 where sku = 'walls'`],
    ['units on hand below 0', `update stock_level set on_hand = -1 where sku = 'walls'`],
    ['a movement of nothing', `insert into movement (sku, location, delta, kind) values ('walls', 'MAIN', 0, 'count')`],
    ['a changed ledger', `update movement set delta = 1 where sku = 'walls'`],
    ['a shortened ledger', `delete from movement where sku = 'walls'`],
    ['an unknown location', `insert into stock_level (sku, location) values ('walls', 'MOON')`],
  ])('refuses %s', async (_, sql) => {
    await inventory.stock('walls', 5)
    await expect(inventory.database.$executeRawUnsafe(sql)).rejects.toThrow(/check|append-only|foreign key/i)
  })
})

it('after all this the counters, the ledger, the holds and the events agree', async () => {
  expect(await contradictions(inventory.database)).toEqual([])
})
