import { breaking } from '@commerce/local/shop/break.ts'
import { PUNCTUAL } from '@commerce/local/shop/shop.ts'
import { scratchFolder, testDatabase } from '@commerce/local/testing.ts'
import { describe, expect, test } from 'vitest'
import { type CheckOptions, check, type Outcome } from '../src/check.ts'
import { type Disturbance, silence, stall } from '../src/disturbances.ts'
import type { RuleName } from './rules.ts'

type Shape = Pick<CheckOptions, 'seconds' | 'lateMs' | 'disturb' | 'writes' | 'skus'>

// Late answers, late rows and late events: what is asked for is overtaken all the time, and one of two is always behind.
const late: Shape = {
  seconds: 8,
  writes: 60,
  skus: 12,
  lateMs: {
    answers: 30,
    database: { 'catalog-1': 40, 'inventory-1': 40 },
    events: { 'gateway-1': 200, 'gateway-2': 200, 'catalog-2': 400, 'inventory-2': 400 },
  },
  disturb: {},
}

// What one replica reads is late, what the other writes is not: the event of a change overtakes the rows read before it.
const lateRows: Shape = {
  ...late,
  lateMs: { ...PUNCTUAL, database: { 'catalog-1': 80, 'inventory-1': 80 } },
}

// Longer than the time after which every change has to be heard of.
const deafSeconds = 11
const deafen: Disturbance = async ({ shop }) => {
  await Promise.all([silence(shop.gateways[1].wire, deafSeconds), stall(shop, 'inventory', deafSeconds)])
}
// So few changes that most of what one gateway changes is not soon changed through the other.
const deaf: Shape = { seconds: 16, lateMs: PUNCTUAL, disturb: { deafen }, writes: 25, skus: 80 }

const rules: readonly (readonly [RuleName, readonly ('gateway' | 'catalog' | 'inventory')[], Shape])[] = [
  ['a gateway keeps fills that a change overtook', ['gateway'], late],
  ['a loader keeps fills that a change overtook', ['catalog', 'inventory'], lateRows],
  ['a replica does not look at what the gateway has seen', ['catalog', 'inventory'], late],
  ['a gateway does not learn what a mutation changed', ['gateway'], late],
  ['a gateway does not look at tokens', ['gateway'], late],
  ['lists have no tag of their type', ['gateway'], late],
  ['a gateway serves although it hears nothing', ['gateway'], deaf],
  ['a gateway serves although a source is stalled', ['gateway'], deaf],
]

async function run(shape: Shape, nodeOptions: CheckOptions['nodeOptions'] = {}): Promise<Outcome> {
  const [catalog, inventory] = await Promise.all([testDatabase('catalog'), testDatabase('inventory')])
  const stops: (() => Promise<unknown>)[] = []
  try {
    return await check({
      ...shape,
      reads: null,
      readers: 24,
      seed: 1,
      mostViolations: 1,
      nodeOptions,
      folder: scratchFolder('coherence'),
      databases: { catalog, inventory },
      progress() {},
      whenDone: (stop) => stops.push(stop),
      signal: new AbortController().signal,
    })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const RULES = new URL('rules.ts', import.meta.url).href

function brokenIn(rule: RuleName, processes: readonly string[]): CheckOptions['nodeOptions'] {
  return Object.fromEntries(processes.map((name) => [name, breaking(RULES, rule)]))
}

describe('the checker finds nothing in a shop whose network', () => {
  test.each([
    ['is late', late],
    ['is deaf', deaf],
  ])(
    '%s',
    async (_, shape) => {
      const { violations, written, reads } = await run(shape)
      expect(written).toEqual([])
      expect(violations).toBe(0)
      expect(reads.plain).toBeGreaterThan(100)
      expect(reads.bearing).toBeGreaterThan(100)
    },
    60_000,
  )
})

describe('the checker finds out when', () => {
  test.each(rules)(
    '%s',
    async (rule, processes, shape) => {
      // It ends with the first violation; the seconds are for a machine that is busy.
      const { violations } = await run({ ...shape, seconds: 40 }, brokenIn(rule, processes))
      expect(violations).toBeGreaterThan(0)
    },
    90_000,
  )
})
