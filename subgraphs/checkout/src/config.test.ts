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
  for (const PAYMENT_PROVIDER of [undefined, '', 'stripe']) {
    expect(() => readConfig(checkoutConfig, { ...environment, PAYMENT_PROVIDER })).toThrow(
      'PAYMENT_PROVIDER: must name who moves the money; so far there is only "local"',
    )
  }
})
