import { expect, test } from 'vitest'
import { goalsOf, soakGoal } from './goals.ts'
import type { Measured } from './rounds.ts'
import type { Slot } from './slots.ts'
import { growth } from './soak.ts'

function measured(
  name: Measured['entrant']['name'],
  sharing: Measured['entrant']['sharing'],
  ...slots: Partial<Slot>[]
) {
  const slot: Slot = {
    requests: 100,
    all: 120,
    perSecond: 100,
    p50Ms: 10,
    p99Ms: 20,
    errors: 0,
    firstError: null,
    cpu: 0.1,
    cpuMsPerRequest: 1,
    subgraphRequestsPerQuery: 6,
    subgraphsCpu: 0.1,
    rssMaxMb: 100,
  }
  return {
    entrant: { name, sharing, requestsAlone: name === 'bare' ? 0 : 6 },
    slots: slots.map((one) => ({ ...slot, ...one })),
  } as Measured
}

const all = [
  measured('ours', 'off', { perSecond: 700 }, { perSecond: 900 }, { perSecond: 10_000 }),
  measured('stock', 'none', { perSecond: 100 }),
  measured('hive', 'off', { perSecond: 500 }),
  measured('ours', 'on', { perSecond: 6_000, subgraphRequestsPerQuery: 0.1 }),
  measured('bare', 'none', { perSecond: 9_000 }),
]

test('goals are ratios of medians', () => {
  expect(goalsOf(all).map(({ value, met }) => [value, met])).toEqual([
    [9, true],
    [1.8, false],
    [6, true],
    [2, true],
    [0.67, true],
    [1, true],
    [0, true],
  ])
})

test('a goal that was not measured has no value and is not met', () => {
  for (const goal of goalsOf([])) expect(goal).toMatchObject({ value: null, met: false })
  expect(soakGoal(undefined)).toMatchObject({ value: null, met: false })
})

test('tells when a contestant that should not share does', () => {
  const goals = goalsOf([...all, measured('hive', 'off', { subgraphRequestsPerQuery: 3 })])
  expect(goals.filter(({ met }) => !met).map(({ name }) => name)).toContainEqual(
    expect.stringContaining('sharing off is off for all'),
  )
})

test('memory growth is that of the second half', () => {
  const samples = (rss: (n: number) => number) =>
    Array.from({ length: 40 }, (_, n) => ({ minutes: n / 4, rssMb: rss(n) }))
  expect(growth(samples((n) => (n < 20 ? 100 + 10 * n : 300)))).toBe(0)
  // 4 samples a minute, 1 MiB each: 4 MiB of about 230 in a minute.
  expect(growth(samples((n) => 200 + n))).toBeCloseTo((4 / 229.5) * 100, 5)
  expect(soakGoal(growth(samples((n) => 200 + n))).met).toBe(false)
})
