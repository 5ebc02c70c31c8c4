import { randomUUID } from 'node:crypto'
import { createTransact } from '@commerce/events/outbox.ts'
import { eventually, testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/checkout'
import { PrismaPg } from '@prisma/adapter-pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { NoAnswer } from '../provider/guard.ts'
import { Unreachable } from '../provider/unreachable.ts'
import { createLocalProvider, type LocalProvider, TEST_TOKENS } from './local-provider.ts'
import { guarded, type PaymentCall, type Payments, PaymentUnknown, settle } from './payment.ts'

let provider: LocalProvider
let payments: Payments
let database: PrismaClient
const told: string[] = []

beforeAll(async () => {
  const connectionString = await testDatabase('checkout')
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 10 }) })
  whenDone(() => database.$disconnect())
  const transact = createTransact(database, () => {})
  const notify = (key: string) => void told.push(key)
  provider = createLocalProvider(database, transact, { notify, actionUrl: () => 'http://localhost/pay' })
  payments = guarded(provider, 3_000)
})

const usd = (minorUnits: bigint) => ({ minorUnits, currencyCode: 'USD' })
const authorize = (key: string, token: string = TEST_TOKENS.ok, by = payments) =>
  by.authorize({ key, money: usd(100n), token })
const lookup = (key: string) => payments.lookup({ kind: 'authorize', key, authorizationKey: key })
const entries = (authorizationKey: string) => database.localPayment.count({ where: { authorizationKey } })

/** A captured payment of 100. */
async function captured(token: string = TEST_TOKENS.ok): Promise<string> {
  const key = randomUUID()
  await authorize(key, token)
  await payments.capture({ key: `${key}:capture`, authorizationKey: key })
  return key
}
const refund = (authorizationKey: string, minorUnits: bigint, key = randomUUID()) =>
  payments.refund({ key, authorizationKey, money: usd(minorUnits) })

describe('the local payment provider', () => {
  it('does a thing once for one key, also when asked many times at once', async () => {
    const key = randomUUID()
    const results = await Promise.all(Array.from({ length: 8 }, () => authorize(key)))
    expect(new Set(results.map(({ is }) => is))).toEqual(new Set(['authorized']))
    const capture = { key: `${key}:capture`, authorizationKey: key }
    await Promise.all(Array.from({ length: 8 }, () => payments.capture(capture)))
    expect(await entries(key)).toBe(2)
  })

  it('captures or voids an authorization, never both', async () => {
    const key = await captured()
    await expect(payments.void({ key: `${key}:void`, authorizationKey: key })).rejects.toThrow('too late')
    await expect(payments.capture({ key: `${key}:other`, authorizationKey: key })).rejects.toThrow('cannot be captured')
  })

  it('remembers a void that overtakes its authorization', async () => {
    const key = randomUUID()
    await payments.void({ key: `${key}:void`, authorizationKey: key })
    expect(await authorize(key)).toEqual({ is: 'voided' })
    await expect(payments.capture({ key: `${key}:capture`, authorizationKey: key })).rejects.toThrow()
  })

  it('declines tokens it does not know', async () => {
    expect(await authorize(randomUUID(), 'tok_invented')).toMatchObject({ is: 'declined' })
  })

  it('knows of a call whose answer it lost, and nothing of one that never arrived', async () => {
    const [done, lost] = [randomUUID(), randomUUID()]
    await expect(authorize(done, TEST_TOKENS.timeoutOnce)).rejects.toThrow(PaymentUnknown)
    await expect(authorize(lost, TEST_TOKENS.lostOnce)).rejects.toThrow(PaymentUnknown)
    expect(await lookup(done)).toEqual({ is: 'authorized' })
    expect(await lookup(lost)).toBeNull()
  })

  it('that answers after nobody waits any more has authorized once, as is then found out', async () => {
    const key = randomUUID()
    const impatient = guarded(provider, 50)
    await expect(authorize(key, TEST_TOKENS.late, impatient)).rejects.toThrow(NoAnswer)
    await eventually('booked', async () => (await lookup(key))?.is === 'authorized')
    expect(await authorize(key, TEST_TOKENS.late)).toEqual({ is: 'authorized' })
    expect(await entries(key)).toBe(1)
  })

  it('gives back no more than was captured, however many ask at once', async () => {
    const key = await captured()
    const results = await Promise.all(Array.from({ length: 8 }, () => refund(key, 30n)))
    expect(results.filter(({ is }) => is === 'refunded')).toHaveLength(3)
    expect(results.filter(({ is }) => is === 'refused')).toHaveLength(5)
  })

  it('gives back once for one key, also when the first answer was lost', async () => {
    const key = await captured(TEST_TOKENS.refundTimeoutOnce)
    const once = randomUUID()
    await expect(refund(key, 60n, once)).rejects.toThrow(PaymentUnknown)
    expect(await refund(key, 60n, once)).toEqual({ is: 'refunded' })
    expect(await refund(key, 60n)).toMatchObject({ is: 'refused' })
  })
})

describe('a payment that the shopper has to confirm', () => {
  const waiting = async () => {
    const key = randomUUID()
    const result = await authorize(key, TEST_TOKENS.action)
    if (result.is !== 'actionRequired') throw new Error(`It is ${result.is}.`)
    return { key, secret: result.action.clientSecret, action: result.action }
  }

  it('waits, is authorized by the shopper, and is told of', async () => {
    const { key, secret, action } = await waiting()
    expect(await lookup(key)).toEqual({ is: 'actionRequired', action })
    expect(await provider.complete(secret, true)).toBe('authorized')
    expect(await provider.complete(secret, false)).toBe('authorized') // decided is decided
    expect(await lookup(key)).toEqual({ is: 'authorized' })
    expect(told).toContain(key)
  })

  it('is declined by a shopper who refuses', async () => {
    const { key, secret } = await waiting()
    expect(await provider.complete(secret, false)).toBe('declined')
    expect(await lookup(key)).toMatchObject({ is: 'declined' })
  })

  it('that was let go cannot be confirmed any more', async () => {
    const { key, secret } = await waiting()
    await payments.void({ key: `${key}:void`, authorizationKey: key })
    expect(await provider.complete(secret, true)).toBe('voided')
    expect(await provider.complete('local_nonsense', true)).toBeNull()
  })
})

describe('settling a payment call', () => {
  const which = (key: string): PaymentCall => ({ kind: 'authorize', key, authorizationKey: key })

  it('asks what became of it before it is made again', async () => {
    const key = randomUUID()
    await authorize(key)
    const call = () => Promise.reject(new Error('must not be called'))
    expect(await settle(payments, which(key), call, { madeBefore: true })).toEqual({ is: 'authorized' })
  })

  it('of which the provider knows nothing repeats it once, and then says that it is unknown', async () => {
    let calls = 0
    const call = () => {
      calls += 1
      return Promise.reject(new PaymentUnknown('never'))
    }
    await expect(settle(payments, which(randomUUID()), call, { madeBefore: false })).rejects.toThrow('never')
    expect(calls).toBe(2)
  })

  it('that was certainly not carried out asks nothing and repeats nothing', async () => {
    let calls = 0
    const call = () => {
      calls += 1
      return Promise.reject(new Unreachable('down'))
    }
    const lookup = () => Promise.reject(new Error('must not be asked'))
    await expect(settle({ lookup }, which(randomUUID()), call, { madeBefore: false })).rejects.toThrow('down')
    expect(calls).toBe(1)
  })

  it('never waits longer than it is told to', async () => {
    const silent = guarded({ ...provider, lookup: () => new Promise(() => {}) }, 20)
    await expect(silent.lookup(which('any'))).rejects.toThrow('within 20 ms')
  })
})
