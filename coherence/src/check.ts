import { seeded, shuffled } from '@commerce/local/shop/random.ts'
import { type Lateness, PUNCTUAL } from '@commerce/local/shop/shop.ts'
import { openClient } from '../../bench/src/load/client.ts'
import { consistencyTokens } from '../../gateway/src/cache/consistency.ts'
import { type Disturbance, pause } from './disturbances.ts'
import { stockShelves } from './goods.ts'
import { createLedger, type GatewayIndex } from './ledger.ts'
import { startReader, type Understood } from './reader.ts'
import { readRequests } from './requests.ts'
import { cacheCounts, untilServing } from './serving.ts'
import type { Shop } from './shop.ts'
import { createTally, type Tally } from './tally.ts'
import { startWriters } from './writers.ts'

/** One run of the checker. */
export interface CheckOptions {
  /** How late all is while the run lasts. */
  lateMs: Lateness
  /** It ends after so many seconds, or so many reads; null is no bound. */
  seconds: number | null
  reads: number | null
  /** Changes in a second. */
  writes: number
  skus: number
  /** Connections of readers, a third of which bears tokens. */
  readers: number
  /** How long a reader rests before it asks again, in milliseconds. */
  restMs: number
  /** Decides what is read, written and disturbed when, and names the goods: a shop can be checked once with each. */
  seed: number
  /** What is disturbed, by name; nothing when empty. */
  disturb: Readonly<Record<string, Disturbance>>
  /** Between the beginnings of two disturbances; the first begins after half of it. */
  gapMs: number
  /** It ends as soon as this has been seen. */
  isEnough(tally: Tally): boolean
  /** Told what happens. */
  progress(line: string): void
  /** Is told how to stop what was started; what started last ends first. */
  whenDone(stop: () => Promise<unknown>): void
  signal: AbortSignal
}

/** What happened to the shop. */
export interface Event {
  what: string
  /** Seconds since the start. */
  at: number
  /** How long it took, and how long it was from then until all caches served again; null: not within half a minute. */
  seconds: number
  servingAfterMs: number | null
}

export interface Outcome extends Omit<Tally, 'during' | 'violate'> {
  seconds: number
  events: Event[]
  /** Share of what was asked of each cache that was kept. */
  hitRatios: Record<string, number>
}

const PROGRESS_MS = 5_000
const DISTURBED_SECONDS = 3

/** Changes a shop, reads it and disturbs it until it is time, and tells what was seen. */
export async function check(shop: Shop, options: CheckOptions): Promise<Outcome> {
  const { whenDone, progress, seed, signal } = options
  shop.beLate(PUNCTUAL)
  const ledger = createLedger()
  const clients = [0, 1].map((i) => openClient(shop.gateways[i as GatewayIndex].url, shop.staffToken))
  const [first, second] = clients as [ReturnType<typeof openClient>, ReturnType<typeof openClient>]
  for (const client of clients) whenDone(() => client.close())
  const goods = await stockShelves(first, ledger, options.skus, seed)
  if ((await untilServing(shop)) === null) throw new Error('The caches of the shop did not begin to serve.')
  shop.beLate(options.lateMs)
  progress(`The shop is open: ${goods.variants.length} SKUs, seed ${seed}.`)

  const tally = createTally()
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1_000
  const total = () => tally.reads.plain + tally.reads.bearing
  const isDone = () =>
    signal.aborted ||
    (options.seconds !== null && elapsed() >= options.seconds) ||
    (options.reads !== null && total() >= options.reads) ||
    options.isEnough(tally)

  const counts = cacheCounter((gateway) => cacheCounts(shop.gateways[gateway].url))
  const stopWriters = startWriters({
    goods,
    ledger,
    tally,
    clients: [first, second],
    random: seeded(seed + 1),
    perSecond: options.writes,
  })
  const tokens = consistencyTokens(shop.gatewaySecret)
  const choose = readRequests(goods, shop.staffToken)
  const understood: [Understood, Understood] = [new Map(), new Map()]
  const stopReaders = Array.from({ length: options.readers }, (_, i) => {
    const gateway: GatewayIndex = i % 2 === 0 ? 0 : 1
    return startReader({
      kind: i % 6 >= 4 ? 'bearing' : 'plain',
      gateway,
      port: Number(new URL(shop.gateways[gateway].url).port),
      ledger,
      tokens,
      tally,
      random: seeded(seed + 2 + i),
      choose,
      understood: understood[gateway],
      restMs: options.restMs,
    })
  })
  const stopAll = async (): Promise<void> => {
    for (const stop of stopReaders) stop()
    await stopWriters()
  }
  whenDone(stopAll)

  const events: Event[] = []
  const random = seeded(seed)
  const disturbing = (async () => {
    const names = Object.keys(options.disturb)
    let left: string[] = []
    const { gapMs } = options
    for (let next = performance.now() + gapMs / 2; names.length > 0; next += gapMs) {
      while (performance.now() < next && !isDone()) await pause(50)
      if (isDone()) return
      if (left.length === 0) left = shuffled(random, names)
      const what = left.pop() as string
      const at = performance.now()
      tally.during = what
      progress(`${elapsed().toFixed(0).padStart(5)} s  ${what}`)
      await options.disturb[what]?.({ shop, ledger, random, beforeKill: counts.leave }, DISTURBED_SECONDS)
      const seconds = round((performance.now() - at) / 1_000)
      const servingAfterMs = await untilServing(shop)
      tally.during = ''
      events.push({ what, at: round((at - began) / 1_000), seconds, servingAfterMs })
      next = Math.max(next, performance.now() - gapMs / 2)
    }
  })()
  let said = performance.now()
  let failed: unknown
  disturbing.catch((error: unknown) => {
    failed = error
  })
  for (let before = 0; !isDone() && !failed; await pause(20)) {
    const now = performance.now()
    if (now - said < PROGRESS_MS) continue
    const rate = Math.round((total() - before) / ((now - said) / 1_000))
    const parts = [`${total()} reads, ${rate}/s`, `${tally.writes} writes`, `${tally.violations} violations`]
    progress(`${elapsed().toFixed(0).padStart(5)} s  ${parts.join(', ')}`)
    before = total()
    said = now
  }
  const seconds = elapsed()
  for (const stop of stopReaders) stop()
  await disturbing
  await stopWriters()
  const { during: _, violate: __, ...seen } = tally
  return { ...seen, seconds: round(seconds), events, hitRatios: await counts.ratios() }
}

/** Adds up what gateways count, also those that are killed. */
function cacheCounter(read: (gateway: GatewayIndex) => Promise<Map<string, number>>) {
  const sums = new Map<string, number>()
  const leave = async (gateway: GatewayIndex): Promise<void> => {
    for (const [name, value] of await read(gateway)) sums.set(name, (sums.get(name) ?? 0) + value)
  }
  return {
    leave,
    async ratios(): Promise<Record<string, number>> {
      await leave(0)
      await leave(1)
      const of = (cache: string, result: string) => sums.get(`${cache} ${result}`) ?? 0
      return Object.fromEntries(
        ['answer', 'response'].map((cache) => {
          const hits = of(cache, 'hit') + of(cache, 'joined')
          return [cache, round(hits / Math.max(1, hits + of(cache, 'miss')))]
        }),
      )
    },
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
