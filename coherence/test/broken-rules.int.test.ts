import { breakable, breakRule } from '@commerce/local/shop/break.ts'
import { PUNCTUAL } from '@commerce/local/shop/shop.ts'
import { scratchFolder, testDatabase, whenDone } from '@commerce/local/testing.ts'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CheckOptions, check, type Outcome } from '../src/check.ts'
import { type Disturbance, silence, stall } from '../src/disturbances.ts'
import { openShop, type Shop } from '../src/shop.ts'
import type { RuleName } from './rules.ts'

type Shape = Pick<CheckOptions, 'seconds' | 'lateMs' | 'disturb' | 'writes' | 'skus' | 'readers' | 'restMs'>

// Late answers, late rows and late events: what is asked for is overtaken all the time, and one of two is always behind.
const late: Shape = {
  seconds: 5,
  writes: 60,
  skus: 12,
  readers: 24,
  restMs: 0,
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
const deafSeconds = 9
// One gateway hears nothing, the other all but one source.
const deafen: Disturbance = async ({ shop }) => {
  await Promise.all([silence(shop.gateways[1].wire, deafSeconds), stall(shop, 'inventory', deafSeconds)])
}
// So few changes that most of what one gateway changes is not soon changed through the other; and readers that leave the machine
// something to do besides, because most of the time nothing can be found yet.
const deaf: Shape = {
  seconds: deafSeconds + 1,
  lateMs: PUNCTUAL,
  disturb: { deafen },
  writes: 25,
  skus: 80,
  readers: 12,
  restMs: 20,
}

const rules: readonly (readonly [RuleName, 'gateways' | 'replicas', Shape])[] = [
  ['a gateway keeps fills that a change overtook', 'gateways', late],
  ['a loader keeps fills that a change overtook', 'replicas', lateRows],
  ['a replica does not look at what the gateway has seen', 'replicas', late],
  ['a gateway does not learn what a mutation changed', 'gateways', late],
  ['a gateway does not look at tokens', 'gateways', late],
  ['lists have no tag of their type', 'gateways', late],
]

let shop: Shop
let seed = 0

beforeAll(async () => {
  const [catalog, inventory] = await Promise.all([testDatabase('catalog'), testDatabase('inventory')])
  const options = breakable(new URL('rules.ts', import.meta.url).href)
  shop = await openShop({
    folder: scratchFolder('coherence'),
    databases: { catalog, inventory },
    databasesMayBeLate: true,
    nodeOptions: { gateway: options, catalog: options, inventory: options },
    whenDone,
  })
})

// What a broken rule left in caches is about goods that are not asked for again.
afterEach(async () => {
  for (const member of [...shop.gateways, ...shop.replicas]) await breakRule(member, null)
})

async function run(shape: Shape, isEnough: CheckOptions['isEnough']): Promise<Outcome> {
  const stops: (() => Promise<unknown>)[] = []
  try {
    return await check(shop, {
      ...shape,
      reads: null,
      seed: ++seed,
      gapMs: 1_000,
      isEnough,
      progress() {},
      whenDone: (stop) => stops.push(stop),
      signal: new AbortController().signal,
    })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

describe('the checker finds out when', () => {
  // Each run ends as soon as it has found what it looks for; the seconds are for a machine that is busy.
  const seconds = 60

  test.each(rules)(
    '%s',
    async (rule, breaking, shape) => {
      for (const member of shop[breaking]) await breakRule(member, rule)
      const { violations } = await run({ ...shape, seconds }, (tally) => tally.violations > 0)
      expect(violations).toBeGreaterThan(0)
    },
    120_000,
  )

  // At once, because it takes seconds until either may be called too old.
  test('a gateway serves although it hears nothing, and another although a source is stalled', async () => {
    await breakRule(shop.gateways[1], 'a gateway serves although it hears nothing')
    await breakRule(shop.gateways[0], 'a gateway serves although a source is stalled')
    const { violationsOf } = await run({ ...deaf, seconds }, ({ violationsOf }) => violationsOf.every(isSome))
    expect(violationsOf).toEqual([expect.toSatisfy(isSome), expect.toSatisfy(isSome)])
  }, 120_000)
})

// After all of the above, in the same processes: it was the rules.
describe('the checker finds nothing in a shop whose rules are mended and whose network', () => {
  test.each([
    ['is late', late],
    ['is deaf', deaf],
  ])(
    '%s',
    async (_, shape) => {
      const { violations, written, reads } = await run(shape, () => false)
      expect(written).toEqual([])
      expect(violations).toBe(0)
      expect(reads.plain).toBeGreaterThan(100)
      expect(reads.bearing).toBeGreaterThan(100)
    },
    60_000,
  )
})

const isSome = (count: number) => count > 0
