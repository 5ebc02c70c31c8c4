import { randomUUID } from 'node:crypto'
import { createTransact } from '@commerce/events/outbox.ts'
import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/checkout'
import { PrismaPg } from '@prisma/adapter-pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { createLocalProvider, TEST_TOKENS } from './local-provider.ts'
import { type PaymentProvider, PaymentUnknown, settle, withinTime } from './payment.ts'

let provider: PaymentProvider
let database: PrismaClient

beforeAll(async () => {
  const connectionString = await testDatabase('checkout')
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 10 }) })
  whenDone(() => database.$disconnect())
  provider = createLocalProvider(
    database,
    createTransact(database, () => {}),
  )
})

const money = { minorUnits: 100n, currencyCode: 'USD' }
const authorize = (key: string, token: string = TEST_TOKENS.ok) => provider.authorize({ key, money, token })
const entries = (authorizationKey: string) => database.localPayment.count({ where: { authorizationKey } })

describe('the local payment provider', () => {
  it('does a thing once for one key, also when asked many times at once', async () => {
    const key = randomUUID()
    const results = await Promise.all(Array.from({ length: 8 }, () => authorize(key)))
    expect(new Set(results.map(({ is }) => is))).toEqual(new Set(['authorized']))
    const capture = { key: `${key}:capture`, authorizationKey: key }
    await Promise.all(Array.from({ length: 8 }, () => provider.capture(capture)))
    expect(await entries(key)).toBe(2)
  })

  it('captures or voids an authorization, never both', async () => {
    const key = randomUUID()
    await authorize(key)
    await provider.capture({ key: `${key}:capture`, authorizationKey: key })
    await expect(provider.void({ key: `${key}:void`, authorizationKey: key })).rejects.toThrow('too late')
    await expect(provider.capture({ key: `${key}:other`, authorizationKey: key })).rejects.toThrow('cannot be captured')
  })

  it('remembers a void that overtakes its authorization', async () => {
    const key = randomUUID()
    await provider.void({ key: `${key}:void`, authorizationKey: key })
    expect(await authorize(key)).toEqual({ is: 'voided' })
    await expect(provider.capture({ key: `${key}:capture`, authorizationKey: key })).rejects.toThrow()
  })

  it('declines tokens it does not know', async () => {
    expect(await authorize(randomUUID(), 'tok_invented')).toMatchObject({ is: 'declined' })
  })

  it('knows of a call whose answer it lost, and nothing of one that never arrived', async () => {
    const [done, lost] = [randomUUID(), randomUUID()]
    await expect(authorize(done, TEST_TOKENS.timeoutOnce)).rejects.toThrow(PaymentUnknown)
    await expect(authorize(lost, TEST_TOKENS.lostOnce)).rejects.toThrow(PaymentUnknown)
    expect(await provider.lookup(done)).toEqual({ is: 'authorized' })
    expect(await provider.lookup(lost)).toBeNull()
  })
})

describe('settling a payment call', () => {
  it('asks what became of it before it is made again', async () => {
    const key = randomUUID()
    await authorize(key)
    const call = () => Promise.reject(new Error('must not be called'))
    expect(await settle(provider, key, call, { madeBefore: true })).toEqual({ is: 'authorized' })
  })

  it('of which the provider knows nothing repeats it once, and then says that it is unknown', async () => {
    let calls = 0
    const call = () => {
      calls += 1
      return Promise.reject(new PaymentUnknown('never'))
    }
    await expect(settle(provider, randomUUID(), call, { madeBefore: false })).rejects.toThrow('never')
    expect(calls).toBe(2)
  })

  it('never waits longer than it is told to', async () => {
    const silent = withinTime({ ...provider, lookup: () => new Promise(() => {}) }, 20)
    await expect(silent.lookup('any')).rejects.toThrow('within 20 ms')
  })
})
