import { randomUUID } from 'node:crypto'
import { commitStock, reserveStock } from '@commerce/events/commands.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contradictions, inMs, startInventory, type TestInventory } from '../../test/inventory.ts'
import { type Staff, staffOf } from '../../test/staff.ts'

let inventory: TestInventory
let staff: Staff

beforeAll(async () => {
  inventory = await startInventory()
  staff = staffOf(inventory)
  await staff.locationCreate({ code: 'SHOP', name: 'Shop' })
})

afterAll(async () => expect(await contradictions(inventory.database)).toEqual([]))

interface Movement {
  id: string
  kind: string
  delta: number
  transferId: string | null
}

interface Page {
  stockMovements: {
    nodes: Movement[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
}

const LEDGER = `query ($sku: String!, $first: Int, $after: String, $last: Int, $before: String) {
  stockMovements(sku: $sku, first: $first, after: $after, last: $last, before: $before) {
    nodes { id sku location { code } delta kind reason idempotencyKey reservationId transferId returnId at }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

async function ledger(sku: string, page: object = {}): Promise<Page['stockMovements']> {
  return (await inventory.ask<Page>(LEDGER, { sku, ...page })).stockMovements
}

describe('a transfer', () => {
  it('moves units between locations in one step, as two movements that belong together', async () => {
    await staff.set({ sku: 'moved', onHand: 10 })
    const input = { sku: 'moved', from: 'MAIN', to: 'SHOP', quantity: 4, reason: 'window', idempotencyKey: 'window' }
    const first = await staff.transfer(input)
    expect(first).toMatchObject({
      stock: { version: 2, available: 10, locations: [{ onHand: 6 }, { onHand: 4 }] },
      userErrors: [],
    })
    expect(await staff.transfer(input)).toEqual(first)
    const [came, went, ...others] = (await ledger('moved')).nodes
    expect([came, went]).toMatchObject([
      { kind: 'TRANSFER', reason: 'window', idempotencyKey: 'window', transferId: expect.any(String) },
      { kind: 'TRANSFER', transferId: came?.transferId },
    ])
    expect((came?.delta ?? 0) + (went?.delta ?? 0)).toBe(0)
    expect(others).toMatchObject([{ kind: 'COUNT' }])
  })

  it('takes nothing that is not there or held, and is refused with a code and the field', async () => {
    await staff.set({ sku: 'stays', onHand: 5 })
    const lines = [{ sku: 'stays', quantity: 3 }]
    await inventory.call(reserveStock, { reservationId: randomUUID(), lines, expiresAt: inMs(60_000) })
    const input = { sku: 'stays', from: 'MAIN', to: 'SHOP', quantity: 3 }
    const refusals = [
      await staff.transfer(input),
      await staff.transfer({ ...input, quantity: 6 }),
      await staff.transfer({ ...input, quantity: 0 }),
      await staff.transfer({ ...input, to: 'MAIN' }),
      await staff.transfer({ ...input, from: 'MOON' }),
      await staff.transfer({ ...input, to: 'MOON' }),
      await staff.transfer({ ...input, expectedVersion: 1 }),
      await staff.transfer({ ...input, sku: 'never stocked' }),
    ]
    expect(refusals.flatMap(({ userErrors }) => userErrors.map(({ code, field }) => `${code} ${field}`))).toEqual([
      'BELOW_RESERVED quantity',
      'BELOW_ZERO quantity',
      'QUANTITY_OUT_OF_RANGE quantity',
      'SAME_LOCATION to',
      'UNKNOWN_LOCATION from',
      'UNKNOWN_LOCATION to',
      'VERSION_CONFLICT expectedVersion',
      'BELOW_ZERO quantity',
    ])
    expect(await staff.stock('stays')).toMatchObject({ version: 2, locations: [{ onHand: 5 }] })
  })

  it('many at the same time, there and back, lose and make nothing', async () => {
    await staff.set({ sku: 'shuttle', onHand: 20 })
    await staff.set({ sku: 'shuttle', location: 'SHOP', onHand: 20 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const [from, to] = i % 2 === 0 ? ['MAIN', 'SHOP'] : ['SHOP', 'MAIN']
        return staff.transfer({ sku: 'shuttle', from, to, quantity: 1 + (i % 7) })
      }),
    )
    const after = await staff.stock('shuttle')
    expect(after.available).toBe(40)
    expect(after.version).toBe(2 + answers.filter(({ stock }) => stock).length)
  })
})

describe('the ledger of a SKU', () => {
  it('tells every movement, the newest first, page by page in both directions', async () => {
    await staff.set({ sku: 'told', onHand: 9 })
    await staff.adjust({ sku: 'told', delta: -2, reason: 'broken' })
    await staff.adjust({ sku: 'told', delta: 6, reason: 'delivery' })
    const reservationId = randomUUID()
    const lines = [{ sku: 'told', quantity: 2 }]
    await inventory.call(reserveStock, { reservationId, lines, expiresAt: inMs(60_000) })
    await inventory.call(commitStock, { reservationId })
    await staff.putBack({ sku: 'told', quantity: 1, reservationId, reason: 'too small' })

    const all = await ledger('told')
    expect(all.nodes.map(({ kind, delta }) => [kind, delta])).toEqual([
      ['RETURN', 1],
      ['SALE', -2],
      ['RECEIPT', 6],
      ['CORRECTION', -2],
      ['COUNT', 9],
    ])
    expect(all.nodes.slice(0, 2)).toMatchObject([{ reservationId, reason: 'too small' }, { reservationId }])
    const first = await ledger('told', { first: 2 })
    const next = await ledger('told', { first: 2, after: first.pageInfo.endCursor })
    const back = await ledger('told', { last: 2, before: next.pageInfo.startCursor })
    expect([...first.nodes, ...next.nodes]).toEqual(all.nodes.slice(0, 4))
    expect(back.nodes).toEqual(first.nodes)
    expect((await ledger('told', { last: 1 })).nodes).toEqual(all.nodes.slice(-1))
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  it('is empty for what never had stock or cannot be a SKU, and only for staff', async () => {
    expect((await ledger('never')).nodes).toEqual([])
    expect((await ledger('nul\u0000')).nodes).toEqual([])
    await expect(inventory.ask(LEDGER, { sku: 'told' }, { scopes: [] })).rejects.toThrow('FORBIDDEN')
    await expect(ledger('told', { after: 'nonsense' })).rejects.toThrow('BAD_USER_INPUT')
  })
})
