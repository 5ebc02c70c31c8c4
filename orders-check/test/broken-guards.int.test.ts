import { scratchFolder } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { type BreakName, nodeOptionsFor, prepareFor } from '../src/breaks.ts'
import { check } from '../src/check.ts'

const guards: readonly (readonly [BreakName, string, { seconds: number; buyers: number; units: number }])[] = [
  ['conditional-update', 'no counter was ever negative', { seconds: 6, buyers: 16, units: 2 }],
  ['idempotency-key', 'a key has one attempt at most', { seconds: 4, buyers: 12, units: 100 }],
  ['stock-key', 'on hand + sold = received', { seconds: 4, buyers: 4, units: 100 }],
  ['lease', 'the attempt of an order says so', { seconds: 12, buyers: 30, units: 1_000 }],
]

test.each(guards)(
  'the audit finds out when the guard "%s" is gone: not so is that %s',
  async (broken, rule, shape) => {
    const stops: (() => Promise<unknown>)[] = []
    try {
      const { violations } = await check({
        ...shape,
        settleSeconds: 8,
        skus: 2,
        seed: 1,
        disturb: {},
        nodeOptions: nodeOptionsFor(broken),
        prepare: (shop) => prepareFor(broken, shop),
        folder: scratchFolder('orders'),
        progress() {},
        whenDone: (stop) => stops.push(stop),
        signal: new AbortController().signal,
      })
      expect(violations.map((violation) => violation.rule)).toContain(rule)
    } finally {
      for (const stop of stops.reverse()) await stop()
    }
  },
  90_000,
)
