import { expect, test } from 'vitest'
import type { Slot } from '../gateway/slots.ts'
import { goalsOf } from './goals.ts'
import type { Measured } from './rounds.ts'

function measured(scenario: string, name: Measured['entrant']['name'], writes: number, perSecond: number, stale = 0) {
  const written = { perSecond: writes, failed: 0, stale: { 0: stale } }
  const slot = { perSecond, cpuMsPerRequest: 0.05, errors: 0, written } as unknown as Slot
  return { scenario, entrant: { name }, writes, slots: [slot] } as Measured
}

test('goals are of ours, by scenario and rate of writes', () => {
  const all = [
    measured('product-page', 'ours', 0, 1),
    measured('product-page', 'ours', 100, 600),
    measured('product-page', 'bare', 100, 1_000),
    measured('reviews', 'ours', 0, 1),
    measured('reviews', 'ours', 100, 5_000),
    measured('reviews', 'stock', 100, 100),
    measured('reviews', 'hive', 100, 100, 7),
  ]
  expect(goalsOf(all).map(({ value, met }) => [value, met])).toEqual([
    [0.6, true],
    [50, false],
    [0, true],
    [100, true],
    [50, true],
    [50, true],
    [0, true],
  ])
  expect(goalsOf([...all, measured('reviews', 'ours', 10, 1, 3)])[2]).toMatchObject({ value: 3, met: false })
  for (const goal of goalsOf([])) expect(goal).toMatchObject({ value: null, met: false })
})
