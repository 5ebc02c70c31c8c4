import { randomUUID } from 'node:crypto'
import { eventually, testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/checkout'
import { PrismaPg } from '@prisma/adapter-pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { sumUp } from '../totals/totals.ts'
import type { Attempt, AttemptState } from './attempt.ts'
import {
  claimAttempt,
  claimDue,
  findAttempt,
  insertAttempts,
  type Lease,
  restAttempt,
  saveStates,
} from './repository.ts'

let database: PrismaClient

beforeAll(async () => {
  const connectionString = await testDatabase('checkout')
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 10 }) })
  whenDone(() => database.$disconnect())
})

const lines = [{ lineId: 'line', sku: 'cup', title: 'Cup', quantity: 2, unitMinorUnits: 9_007_199_254_740_993n }]
const request = { paymentToken: 'tok_ok', expectedTotal: { minorUnits: 5n, currencyCode: 'USD' } }
const quoted: AttemptState = {
  at: 'quoted',
  request,
  round: 'round',
  lines,
  totals: sumUp('USD', lines),
  holdUntil: '2026-01-01T00:15:00.000Z',
}
const lease = (ms: number) => ({ token: randomUUID(), ms })

/** A stored attempt, leased for `ms`. */
async function stored(ms: number) {
  const attempt: Attempt = {
    id: randomUUID(),
    fingerprint: 'f',
    cartId: randomUUID(),
    viewerId: null,
    openedAt: new Date(),
    state: quoted,
  }
  const first = lease(ms)
  await insertAttempts(database, [{ key: { scope: 'guest', idempotencyKey: attempt.id }, attempt, lease: first }])
  return { attempt, first }
}

const next: AttemptState = { ...quoted, at: 'held' }
/** Whether the next state was stored. */
async function saved({ id }: Attempt, next: AttemptState, lease: Lease): Promise<boolean> {
  return (await saveStates(database, [{ id, phase: 'quoted', lease, next }])).has(id)
}

describe('the lease of an attempt', () => {
  it('keeps others away until it runs out', async () => {
    const { attempt } = await stored(60_000)
    expect(await claimAttempt(database, attempt.id, lease(60_000))).toBeNull()
    expect((await claimDue(database, 100, lease(60_000))).map(({ id }) => id)).not.toContain(attempt.id)
  })

  it('once taken over is worth nothing: the one who had it can store no state, nor give it back', async () => {
    const { attempt, first } = await stored(1)
    const second = lease(60_000)
    await eventually('taken over', () => claimAttempt(database, attempt.id, second))
    expect(await saved(attempt, next, first)).toBe(false)
    await restAttempt(database, attempt.id, first, null)
    expect(await findAttempt(database, attempt.id)).toMatchObject({ state: { at: 'quoted' }, work: 'leased' })
    expect(await saved(attempt, next, second)).toBe(true)
    expect(await saved(attempt, next, second)).toBe(false) // no longer in the state it was
  })

  it('is given to one of many who want it', async () => {
    const { attempt } = await stored(1)
    await eventually('abandoned', async () => (await findAttempt(database, attempt.id))?.work === 'abandoned')
    const claims = await Promise.all([
      ...Array.from({ length: 5 }, () => claimAttempt(database, attempt.id, lease(60_000))),
      ...Array.from({ length: 5 }, () => claimDue(database, 100, lease(60_000))),
    ])
    expect(claims.flat().filter((claimed) => claimed?.id === attempt.id)).toHaveLength(1)
  })

  it('given back with a rest is not taken up before the rest is over', async () => {
    const { attempt, first } = await stored(60_000)
    await restAttempt(database, attempt.id, first, (tries) => 60_000 + tries)
    expect((await claimDue(database, 100, lease(60_000))).map(({ id }) => id)).not.toContain(attempt.id)
    expect(await claimAttempt(database, attempt.id, lease(60_000))).toMatchObject({ id: attempt.id })
  })
})

describe('the tries of an attempt', () => {
  const restOf = async (id: string, token: ReturnType<typeof lease>) => {
    let tried = -1
    await restAttempt(database, id, token, (tries) => {
      tried = tries
      return 0
    })
    return tried
  }

  it('are counted while it stays in a phase, also when its state is stored anew, and start again in the next', async () => {
    const { attempt, first } = await stored(60_000)
    expect(await restOf(attempt.id, first)).toBe(0)
    const second = lease(60_000)
    await claimAttempt(database, attempt.id, second)
    await saved(attempt, { ...quoted, round: 'another' }, second)
    expect(await restOf(attempt.id, second)).toBe(1)
    const third = lease(60_000)
    await claimAttempt(database, attempt.id, third)
    await saved(attempt, next, third)
    expect(await restOf(attempt.id, third)).toBe(0)
  })
})

describe('the state of an attempt', () => {
  it('comes back as it was stored, amounts beyond what a float can hold included', async () => {
    const { attempt } = await stored(60_000)
    expect((await findAttempt(database, attempt.id))?.state).toEqual(quoted)
  })
})
