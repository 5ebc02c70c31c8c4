import { expect, it } from 'vitest'
import { whyMalformed } from './refusal.ts'

const code = (key: string, paymentToken: string) => whyMalformed(key, { paymentToken, expectedTotal: null })?.code

it('takes keys up to 200 characters and the long tokens of wallets, and nothing that could not be stored', () => {
  expect(code('x'.repeat(200), 'x'.repeat(10_000))).toBeUndefined()
  for (const bad of ['', 'nul \0', 'half \ud800', 'x'.repeat(201)])
    expect(code(bad, 'tok')).toBe('INVALID_IDEMPOTENCY_KEY')
  for (const bad of ['', 'nul \0', 'half \ud800', 'x'.repeat(10_001)])
    expect(code('k', bad)).toBe('INVALID_PAYMENT_TOKEN')
})
