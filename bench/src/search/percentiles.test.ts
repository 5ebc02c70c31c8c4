import { expect, test } from 'vitest'
import { percentilesOf } from './percentiles.ts'

test('a percentile is a value that was measured, and nothing has none', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n)
  expect(percentilesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 })
  expect(percentilesOf([3])).toEqual({ p50: 3, p95: 3, p99: 3, max: 3 })
  expect(percentilesOf([])).toEqual({ p50: null, p95: null, p99: null, max: null })
})
