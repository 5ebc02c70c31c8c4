import { expect, it } from 'vitest'
import { fingerprintOf } from './idempotency.ts'

it('the same input has the same fingerprint, however its fields are ordered and whether null is written or left out', () => {
  const one = fingerprintOf({ sku: 'a', lines: [{ q: 1, sku: 'a' }], safety: null })
  expect(fingerprintOf({ lines: [{ sku: 'a', q: 1 }], sku: 'a' })).toBe(one)
})

it('another value or another order of lines has another fingerprint', () => {
  expect(fingerprintOf({ lines: [1, 2] })).not.toBe(fingerprintOf({ lines: [2, 1] }))
  expect(fingerprintOf({ delta: 1 })).not.toBe(fingerprintOf({ delta: -1 }))
})
