import { readConfig } from '@commerce/service/config.ts'
import { expect, it } from 'vitest'
import { checkoutConfig } from './config.ts'

const environment = {
  DATABASE_URL_CHECKOUT: 'postgresql://localhost/checkout',
  NATS_URL: 'nats://localhost',
  GATEWAY_SECRET: 'a-secret-of-the-tests',
  PORT: '0',
}

it('a provider that moves no money is never chosen by silence', () => {
  expect(readConfig(checkoutConfig, { ...environment, PAYMENT_PROVIDER: 'local' }).PAYMENT_PROVIDER).toBe('local')
  for (const PAYMENT_PROVIDER of [undefined, '', 'bank']) {
    expect(() => readConfig(checkoutConfig, { ...environment, PAYMENT_PROVIDER })).toThrow(
      'PAYMENT_PROVIDER: must name who moves the money',
    )
  }
})

it('Stripe needs its two secrets, and neither is shown', () => {
  const stripe = { ...environment, PAYMENT_PROVIDER: 'stripe' }
  const both = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }
  expect(readConfig(checkoutConfig, { ...stripe, ...both }).PAYMENT_DOWN).toBe('refuse')
  expect(() => readConfig(checkoutConfig, stripe)).toThrow(/STRIPE_SECRET_KEY needs .*STRIPE_WEBHOOK_SECRET needs /)
  const wrong = () => readConfig(checkoutConfig, { ...stripe, ...both, STRIPE_SECRET_KEY: 'pk_live_hush' })
  expect(wrong).toThrow('STRIPE_SECRET_KEY needs a secret key of Stripe')
  expect(wrong).not.toThrow('hush')
})
