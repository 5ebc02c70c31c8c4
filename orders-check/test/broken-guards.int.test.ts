import type { Shop } from '@commerce/local/shop/shop.ts'
import { scratchFolder, testDatabase, whenDone } from '@commerce/local/testing.ts'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { type BreakName, breakableProcesses, takeOut } from '../src/breaks.ts'
import { check } from '../src/check.ts'
import { openShop } from '../src/shop.ts'

const guards: readonly (readonly [BreakName, RegExp, { seconds: number; buyers: number; units: number }])[] = [
  ['conditional-update', /^no counter was ever negative$/, { seconds: 3, buyers: 16, units: 2 }],
  ['idempotency-key', /^a key has one attempt at most$/, { seconds: 2, buyers: 12, units: 100 }],
  ['stock-key', /^on hand \+ sold = received$/, { seconds: 3, buyers: 4, units: 100 }],
  [
    'lease',
    /^(the attempt of an order says so|an accepted attempt reaches an end|a key has one final answer)$/,
    { seconds: 6, buyers: 24, units: 1_000 },
  ],
]

let shop: Shop

beforeAll(async () => {
  const [catalog, inventory, checkout, search] = await Promise.all([
    testDatabase('catalog'),
    testDatabase('inventory'),
    testDatabase('checkout'),
    testDatabase('search'),
  ])
  const databases = { catalog, inventory, checkout, search }
  shop = await openShop({ folder: scratchFolder('orders'), databases, nodeOptions: breakableProcesses, whenDone })
}, 90_000)

// Two have to meet for some of it: that they do is likely, not certain.
const RUNS = 3

test.each(guards)(
  'the audit finds out when the guard "%s" is gone',
  async (broken, rule, shape) => {
    const seen = new Set<string>()
    for (let run = 0; run < RUNS && ![...seen].some((name) => rule.test(name)); run++) {
      await forgetAll()
      for (const name of await rulesBroken(broken, shape)) seen.add(name)
    }
    expect([...seen]).toContainEqual(expect.stringMatching(rule))
  },
  120_000,
)

let seed = 0

async function rulesBroken(broken: BreakName, shape: (typeof guards)[number][2]): Promise<string[]> {
  const stops: (() => Promise<unknown>)[] = []
  try {
    const { violations } = await check(shop, {
      ...shape,
      settleSeconds: 5,
      skus: 2,
      seed: ++seed,
      disturb: {},
      prepare: () => takeOut(broken, shop),
      progress() {},
      whenDone: (stop) => stops.push(stop),
      signal: new AbortController().signal,
    })
    return violations.map((violation) => violation.rule)
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

/** What an earlier test did is none of the next one's business. */
async function forgetAll(): Promise<void> {
  for (const [url, tables] of [
    [shop.databases.inventory, 'stock, stock_level, movement, reservation, reservation_line, idempotency, outbox'],
    [shop.databases.checkout, 'attempt, placed_order, placed_order_line, local_payment, cart, cart_line, outbox'],
  ] as const) {
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`set session_replication_role = replica; truncate ${tables} cascade`) // past the ledger's guard
    await client.end()
  }
}
