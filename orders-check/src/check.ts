import { setTimeout as pause } from 'node:timers/promises'
import { connectEvents } from '@commerce/events/connection.ts'
import { seeded, shuffled } from '@commerce/local/shop/random.ts'
import type { Shop } from '@commerce/local/shop/shop.ts'
import type { DatabaseName } from '@commerce/prisma/engine.ts'
import { createLog } from '@commerce/service/log.ts'
import pg from 'pg'
import { openClient } from '../../bench/src/load/client.ts'
import { audit } from './audit/audit.ts'
import { type Databases, readShop } from './audit/read.ts'
import type { Seen } from './audit/seen.ts'
import type { Violation } from './audit/violation.ts'
import { buy } from './buyers.ts'
import type { Disturbance } from './disturbances.ts'
import { stockShelves } from './goods.ts'
import { holdAndForget } from './holders.ts'
import { settle } from './settle.ts'
import { keepStock } from './staff.ts'
import { createTally, type Tally } from './tally.ts'

/** One run of the checker. */
export interface CheckOptions {
  seconds: number
  /** How long it may take after that until nothing is under way any more. */
  settleSeconds: number
  buyers: number
  skus: number
  /** What there is of each at first. */
  units: number
  /** Decides what is bought, delivered and disturbed when, and names the goods: a shop can be checked once with each. */
  seed: number
  /** What is disturbed, by name; nothing when empty. */
  disturb: Readonly<Record<string, Disturbance>>
  /** Called before anything is sold and after each disturbance: what was started again may have to be told something. */
  prepare(shop: Shop): Promise<void>
  /** Told what happens. */
  progress(line: string): void
  /** Is told how to stop what was started; what started last ends first. */
  whenDone(stop: () => Promise<unknown>): void
  signal: AbortSignal
}

export interface Outcome {
  /** How long buyers bought, and how long it took until nothing was under way any more. */
  seconds: number
  settledSeconds: number
  /** What was still under way when it was time to look. */
  unsettled: string[]
  violations: Violation[]
  events: { what: string; at: number }[]
  /** Processes that ended although nobody killed them. */
  deaths: string[]
  tally: Tally
  seen: Seen
  /** Keys with which orders were asked for. */
  tries: number
}

const GAP_MS = { least: 1_500, most: 3_000 }
const PROGRESS_MS = 5_000

/** Buys from a shop and disturbs it until it is time, lets it settle, and tells what must not be. */
export async function check(shop: Shop, options: CheckOptions): Promise<Outcome> {
  const { progress, seed, signal, whenDone } = options
  await options.prepare(shop)
  const databases = await openDatabases(shop, whenDone)
  const log = createLog('orders-check', 'silent')
  const connection = await connectEvents({ url: shop.nats.url, name: 'orders-check', log })
  whenDone(() => connection.close())
  const { url } = shop.gateways[0] as Shop['gateways'][number]
  const staff = openClient(url, shop.staffToken, 8)
  const client = openClient(url, null, options.buyers * 5)
  for (const one of [staff, client]) whenDone(() => one.close())
  const { skus, book } = await stockShelves(staff, options)
  progress(`The shop is open: ${skus.length} SKUs, ${options.buyers} buyers, seed ${seed}.`)

  const tally = createTally()
  const began = performance.now()
  const elapsed = (): number => Math.round((performance.now() - began) / 100) / 10
  let failed = false
  const isOver = (): boolean => failed || signal.aborted || elapsed() >= options.seconds
  const common = { book, tally, skus, isOver }
  const events: Outcome['events'] = []
  const deaths: string[] = []
  const working = [
    ...Array.from({ length: options.buyers }, (_, i) => buy({ ...common, client, random: seeded(seed + 10 + i) })),
    keepStock({ ...common, client: staff, random: seeded(seed + 1) }),
    holdAndForget({ ...common, connection, random: seeded(seed + 2) }),
    disturb(),
    tell(),
  ]
  await Promise.all(working).catch((error: unknown) => {
    failed = true
    throw error
  })
  const seconds = elapsed()
  progress(`${seconds} s  closing time: everything under way gets its end`)
  await revive()
  const unsettled = await settle({
    client,
    staff,
    book,
    tally,
    databases,
    connection,
    limitSeconds: options.settleSeconds,
  })
  const settledSeconds = Math.round((elapsed() - seconds) * 10) / 10
  const seen = await readShop(databases, connection)
  const violations = audit(seen, book)
  return { seconds, settledSeconds, unsettled, violations, events, deaths, tally, seen, tries: book.tries.size }

  async function disturb(): Promise<void> {
    const names = Object.keys(options.disturb)
    const random = seeded(seed)
    const gap = (options.seconds * 1_000) / (names.length + 1) / 2
    const gapMs = Math.min(GAP_MS.most, Math.max(GAP_MS.least, gap))
    for (let left: string[] = []; names.length > 0; ) {
      await pause(gapMs, undefined, { signal }).catch(() => {})
      if (isOver()) return
      if (left.length === 0) left = shuffled(random, names)
      const what = left.pop() as string
      events.push({ what, at: elapsed() })
      progress(`${elapsed().toFixed(0).padStart(5)} s  ${what}`)
      await options.disturb[what]?.(shop, random)
      await revive()
      await options.prepare(shop)
    }
  }

  /** Starts what ended by itself, as whoever runs the shop would. */
  async function revive(): Promise<void> {
    for (const member of [...shop.replicas, ...shop.gateways]) {
      if (member.running) continue
      deaths.push(member.name)
      progress(`${elapsed().toFixed(0).padStart(5)} s  ${member.name} had ended by itself and is started again`)
      await member.start()
    }
  }

  async function tell(): Promise<void> {
    for (let next = PROGRESS_MS; !isOver(); await pause(100)) {
      if (performance.now() - began < next) continue
      next += PROGRESS_MS
      const { answers } = tally.counts
      progress(
        `${elapsed().toFixed(0).padStart(5)} s  ${answers.OrderPlaced ?? 0} orders placed, ${book.tries.size} tried`,
      )
    }
  }
}

async function openDatabases({ databases }: Shop, whenDone: CheckOptions['whenDone']): Promise<Databases> {
  const pool = (name: DatabaseName): pg.Pool => {
    const opened = new pg.Pool({ connectionString: databases[name], max: 2 })
    opened.on('error', () => {}) // the server is killed now and then
    whenDone(() => opened.end())
    return opened
  }
  return { catalog: pool('catalog'), inventory: pool('inventory'), checkout: pool('checkout'), search: pool('search') }
}
