// Long because it plays every way in which a provider's answer can fail to come.
import { randomUUID } from 'node:crypto'
import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/checkout'
import { PrismaPg } from '@prisma/adapter-pg'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fault, type Stripe, startStripe } from '../../test/stripe.ts'
import { NoAnswer } from '../provider/guard.ts'
import { Unreachable } from '../provider/unreachable.ts'
import { guarded, type PaymentResult, type Payments, PaymentUnknown, settle } from './payment.ts'
import { stripeAmount } from './stripe-money.ts'
import { createStripeProvider } from './stripe-provider.ts'

let stripe: Stripe
let database: PrismaClient
let payments: Payments

beforeAll(async () => {
  stripe = await startStripe()
  const connectionString = await testDatabase('checkout')
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 10 }) })
  whenDone(() => database.$disconnect())
  // The first request of all takes its time.
  const patient = createStripeProvider(database, { ...settings(), timeoutMs: 5_000 })
  await patient.authorize({ key: randomUUID(), money: usd(1n), token: 'pm_ok' }, new AbortController().signal)
})

const settings = () => ({ secretKey: 'sk_test_1', apiBase: stripe.url, timeoutMs: 300, returnUrl: null })

beforeEach(() => {
  const provider = createStripeProvider(database, settings())
  payments = guarded(provider, 300)
  stripe.asked.length = 0
  stripe.setRefundStatus('succeeded')
})

const usd = (minorUnits: bigint) => ({ minorUnits, currencyCode: 'USD' })
const authorize = (key: string, token = 'pm_ok') => payments.authorize({ key, money: usd(500n), token })
const named = (key: string, step: string) => ({ key: `${key}:${step}`, authorizationKey: key })
const capture = (key: string) => payments.capture(named(key, 'capture'))
const letGo = (key: string) => payments.void(named(key, 'void'))
const refund = (authorizationKey: string, minorUnits: bigint, key = randomUUID()) =>
  payments.refund({ key, authorizationKey, money: usd(minorUnits) })
const lookup = (key: string, kind: 'authorize' | 'capture' | 'void' = 'authorize') =>
  payments.lookup({ kind, ...(kind === 'authorize' ? { key, authorizationKey: key } : named(key, kind)) })

const intentsOf = (key: string) => stripe.intents().filter(({ metadata }) => metadata.authorization_key === key)
const steps = () => stripe.asked.map(({ step }) => step)
const authorized = async () => {
  const key = randomUUID()
  expect(await authorize(key)).toEqual({ is: 'authorized' })
  return key
}
const captured = async () => {
  const key = await authorized()
  expect(await capture(key)).toEqual({ is: 'captured' })
  return key
}

describe('a payment through Stripe', () => {
  it('is made, confirmed by hand, and captured, each with a key of its own', async () => {
    const key = await captured()
    expect(intentsOf(key)).toMatchObject([{ amount: 500, currency: 'usd', status: 'succeeded' }])
    expect(stripe.asked.map(({ step, key }) => [step, key])).toEqual([
      ['create', `${key}:create`],
      ['confirm', `${key}:confirm`],
      ['capture', `${key}:capture`],
    ])
    expect(stripe.asked[0]?.form.get('capture_method')).toBe('manual')
    expect(await lookup(key, 'capture')).toEqual({ is: 'captured' })
  })

  it('is one payment for one key, however often it is asked for', async () => {
    const key = await authorized()
    expect(await authorize(key)).toEqual({ is: 'authorized' })
    expect(intentsOf(key)).toHaveLength(1)
  })

  it('that the card declines is declined, and found so', async () => {
    const key = randomUUID()
    const declined = { is: 'declined', message: 'Your card was declined.' }
    expect(await authorize(key, 'pm_declined')).toEqual(declined)
    expect(await lookup(key)).toEqual(declined)
    expect(await authorize(randomUUID(), 'pm_unheard_of')).toMatchObject({ is: 'declined' })
  })

  it('that the shopper has to confirm waits, and is then what the shopper made of it', async () => {
    for (const [approve, then] of [
      [true, { is: 'authorized' }],
      [false, { is: 'declined', message: 'The shopper did not confirm.' }],
    ] as const) {
      const key = randomUUID()
      const result = await authorize(key, 'pm_action')
      const [intent] = intentsOf(key)
      const { id, client_secret: clientSecret } = intent ?? { id: '', client_secret: '' }
      const action = { clientSecret, redirectUrl: `https://bank.example/${id}` }
      expect(result).toEqual({ is: 'actionRequired', action })
      expect(await lookup(key)).toEqual(result)
      stripe.shopperDecides(id, approve)
      expect(await lookup(key)).toEqual(then)
    }
  })

  it('is let go, also one that waits for the shopper', async () => {
    const key = randomUUID()
    await authorize(key, 'pm_action')
    expect(await letGo(key)).toEqual({ is: 'voided' })
    expect(await letGo(key)).toEqual({ is: 'voided' })
    expect(await lookup(key, 'void')).toEqual({ is: 'voided' })
    expect(await authorize(key, 'pm_action')).not.toMatchObject({ is: 'authorized' })
  })

  it('that is let go before it arrives is never confirmed', async () => {
    const key = randomUUID()
    expect(await letGo(key)).toEqual({ is: 'voided' })
    expect(await authorize(key)).toEqual({ is: 'voided' })
    expect(steps()).toEqual(['create'])
  })

  it('that ran out cannot be captured: that is an answer', async () => {
    const key = await authorized()
    await letGo(key)
    expect(await capture(key)).toMatchObject({ is: 'refused', message: expect.stringContaining('canceled') })
  })
})

describe('a call to Stripe without an answer', () => {
  const cases: [Fault, boolean][] = [
    ['resetBefore', false],
    ['resetAfter', true],
    ['silentBefore', false],
    ['silentAfter', true],
    ['failBefore', false],
    ['failAfter', true],
  ]

  it.each(cases)('(%s): a confirmation is looked up, and charged once', async (fault, happened) => {
    const key = randomUUID()
    stripe.play('confirm', fault, fault) // the client itself repeats a reset once, with the same key
    await expect(authorize(key)).rejects.toSatisfy((e) => e instanceof PaymentUnknown || e instanceof NoAnswer)
    expect(await lookup(key)).toEqual(happened ? { is: 'authorized' } : null)
    stripe.play('confirm')
    const which = { kind: 'authorize', key, authorizationKey: key } as const
    expect(await settle(payments, which, () => authorize(key), { madeBefore: true })).toEqual({ is: 'authorized' })
    expect(intentsOf(key)).toMatchObject([{ status: 'requires_capture' }])
  })

  it.each(cases)('(%s): a capture is looked up, and taken once', async (fault) => {
    const key = await authorized()
    stripe.play('capture', fault, fault)
    const which = { kind: 'capture', ...named(key, 'capture') } as const
    const result = await settle(payments, which, () => capture(key), { madeBefore: false }).catch(() => null)
    stripe.play('capture')
    const again = await settle(payments, which, () => capture(key), { madeBefore: true })
    expect([result, again]).toContainEqual({ is: 'captured' })
    expect(intentsOf(key)).toMatchObject([{ status: 'succeeded' }])
  })

  it.each(cases)('(%s): a refund is looked up, and given once', async (fault) => {
    const key = await captured()
    const refundKey = randomUUID()
    const which = { kind: 'refund', key: refundKey, authorizationKey: key } as const
    const once = () => refund(key, 200n, refundKey)
    // Its lookup is a request for refunds, too.
    stripe.play('refund', fault, ...(fault.startsWith('reset') ? [fault] : []))
    await settle(payments, which, once, { madeBefore: false }).catch(() => null)
    stripe.play('refund')
    expect(await settle(payments, which, once, { madeBefore: true })).toEqual({ is: 'refunded' })
    const given = stripe.refunds().filter(({ payment_intent }) => payment_intent === intentsOf(key)[0]?.id)
    expect(given).toMatchObject([{ amount: 200 }])
  })

  it('in its first half moved nothing, and is begun anew where Stripe remembers its own failure', async () => {
    for (const fault of ['failBefore', 'failAfter'] as const) {
      const key = randomUUID()
      stripe.play('create', fault)
      expect(await authorize(key)).toEqual({ is: 'authorized' })
      expect(intentsOf(key).filter(({ status }) => status === 'requires_capture')).toHaveLength(1)
    }
  })

  it('that was never taken is known as such: too many requests, and nobody there', async () => {
    stripe.play('create', 'busy')
    await expect(authorize(randomUUID())).rejects.toThrow(Unreachable)
    const nowhere = createStripeProvider(database, { ...settings(), apiBase: 'http://127.0.0.1:1' })
    const call = { key: randomUUID(), money: usd(500n), token: 'pm_ok' }
    await expect(nowhere.authorize(call, new AbortController().signal)).rejects.toThrow(Unreachable)
  })

  it('is not even made when the ones before had none', async () => {
    stripe.play('create', ...Array<Fault>(5).fill('silentBefore'))
    for (let n = 0; n < 5; n++) await expect(authorize(randomUUID())).rejects.toThrow()
    stripe.asked.length = 0
    await expect(authorize(randomUUID())).rejects.toThrow(Unreachable)
    expect(stripe.asked).toEqual([])
  })
})

describe('refunds through Stripe', () => {
  it('are partial, and together never more than was captured', async () => {
    const key = await captured()
    const results: PaymentResult[] = await Promise.all([300n, 300n].map((amount) => refund(key, amount)))
    expect(results.map(({ is }) => is).sort()).toEqual(['refunded', 'refused'])
  })

  it('that take their time are pending until they have arrived or failed', async () => {
    const key = await captured()
    const refundKey = randomUUID()
    stripe.setRefundStatus('pending')
    expect(await refund(key, 100n, refundKey)).toEqual({ is: 'refundPending' })
    const found = stripe.refunds().find(({ metadata }) => metadata.key === refundKey)
    if (found) found.status = 'failed'
    const which = { kind: 'refund', key: refundKey, authorizationKey: key } as const
    expect(await payments.lookup(which)).toMatchObject({ is: 'refused' })
  })
})

describe('an amount as Stripe counts it', () => {
  it.each([
    [1_999n, 'USD', 1_999, 'usd'],
    [500n, 'JPY', 500, 'jpy'],
    [500n, 'ISK', 50_000, 'isk'],
    [500n, 'MGA', 5, 'mga'],
  ])('%s of %s', (minorUnits, currencyCode, amount, currency) => {
    expect(stripeAmount({ minorUnits, currencyCode })).toEqual({ amount, currency })
  })

  it('is never rounded', () => {
    expect(() => stripeAmount({ minorUnits: 501n, currencyCode: 'MGA' })).toThrow('no parts of MGA this small')
  })
})
