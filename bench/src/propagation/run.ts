import { randomUUID } from 'node:crypto'
import type { Tools } from '../bench.ts'
import { everySoOften } from '../load/pace.ts'
import { childrenNaming, cpuSeconds } from '../processes/usage.ts'
import { setStock, startFollowing, startReading } from './clients.ts'
import type { Shop } from './shop.ts'
import { now, Sightings } from './watching.ts'

/** How many SKUs are changed, one after the other, and which of them the reader looks at. */
const SKUS = 100
const READ_EVERY = 12
/** Changes that are on their way at most. */
const MAX_CHANGING = 128
const DRAIN_MS = 20_000

/** A change as the writer knows it. */
interface Change {
  key: string
  sku: string
  version: number
  acknowledgedAt: number
}

/** What came of the changes at one rate. Times in milliseconds; one that is negative, because it was seen before that, counts as 0. */
export interface Propagation {
  rate: number
  acknowledged: number
  acknowledgedPerSecond: number
  omitted: number
  failed: number
  firstFailure: string | null
  /** Until the first read through the other gateway, and until the message there. */
  read: Delays
  message: Delays
  /** Changes for which the subscriber got a newer one instead, none at all, or one after a newer one. */
  conflated: number
  lost: number
  reordered: number
  reads: number
  /** Processor time as a share of one core, by process; `bench` is the clients. */
  cpu: Record<string, number>
}

/** How long changes took to be seen: from their commit, and from their acknowledgement. */
export interface Delays {
  /** Of how many changes. */
  changes: number
  fromCommit: Percentiles
  fromAcknowledgement: Percentiles
  /** Changes that were seen before they were acknowledged. */
  beforeAcknowledgement: number
}

export interface Percentiles {
  p50: number
  p99: number
  max: number
}

/** Changes the stock of SKUs of its own through the first gateway at a rate, while a reader and a subscriber watch through the second. */
export async function propagate(shop: Shop, rate: number, seconds: number, { signal }: Tools): Promise<Propagation> {
  const { gateways, staffToken, database, scripts } = shop
  const run = randomUUID()
  const skus = Array.from({ length: SKUS }, (_, n) => `${run}.${n}`)
  const readSkus = new Set(skus.filter((_, n) => n % READ_EVERY === 0))
  for (const sku of skus) await setStock(gateways[0], staffToken, sku, 1, randomUUID())
  const readings = new Sightings()
  const messages = new Sightings()
  const stopFollowing = await startFollowing(gateways[1], skus, messages)
  const stopReading = startReading(gateways[1], [...readSkus], readings)
  const changes: Change[] = []
  const changing = new Set<Promise<void>>()
  let [next, omitted, failed] = [0, 0, 0]
  let firstFailure: string | null = null

  async function change(sku: string, onHand: number): Promise<void> {
    const key = randomUUID()
    try {
      const version = await setStock(gateways[0], staffToken, sku, onHand, key)
      changes.push({ key, sku, version, acknowledgedAt: now() })
    } catch (error) {
      failed++
      firstFailure ??= (error as Error).message
    }
  }

  const processes = Object.entries(scripts).flatMap(([name, script]) =>
    childrenNaming(process.pid, script).map((pid, n, { length }) => ({
      name: length > 1 ? `${name}${n + 1}` : name,
      pid,
    })),
  )
  const spent = () => [...processes.map(({ pid }) => cpuSeconds(pid)), cpuSeconds(process.pid)]
  const before = spent()
  const begun = now()
  const stop = everySoOften(rate, () => {
    if (changing.size >= MAX_CHANGING) {
      omitted++
      return
    }
    const n = next++
    const sent = change(skus[n % SKUS] as string, 2 + n)
    changing.add(sent)
    void sent.finally(() => changing.delete(sent))
  })
  while (now() < begun + seconds * 1_000) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  stop()
  await Promise.all(changing)
  const elapsed = (now() - begun) / 1_000
  const cpu = spent().map((value, n) => Number(((value - (before[n] ?? 0)) / elapsed).toFixed(2)))
  const isSeen = ({ sku, version }: Change) =>
    messages.latest(sku) >= version && (!readSkus.has(sku) || readings.latest(sku) >= version)
  for (const end = now() + DRAIN_MS; now() < end && !changes.every(isSeen); ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const reads = await stopReading()
  await stopFollowing()

  const committed = await commitTimes(shop.database, changes)
  const watched = changes.filter(({ sku }) => readSkus.has(sku))
  return {
    rate,
    acknowledged: changes.length,
    acknowledgedPerSecond: changes.length / elapsed,
    omitted,
    failed,
    firstFailure,
    read: delaysOf(watched, readings, committed),
    message: delaysOf(changes, messages, committed),
    conflated: changes.filter(({ sku, version }) => (messages.of(sku, version)?.version ?? version) > version).length,
    lost: changes.filter((one) => !isSeen(one)).length,
    reordered: messages.repeated + readings.repeated,
    reads,
    cpu: Object.fromEntries([...processes.map(({ name }) => name), 'bench'].map((name, n) => [name, cpu[n] ?? 0])),
  }

  /** When the transactions were committed, by the clock of the database, which is this machine's. */
  async function commitTimes(pool: typeof database, all: readonly Change[]): Promise<Map<string, number>> {
    const { rows } = await pool.query<{ key: string; at: number }>(
      `select key, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
       from idempotency where key = any($1)`,
      [all.map(({ key }) => key)],
    )
    return new Map(rows.map(({ key, at }) => [key, at]))
  }
}

function delaysOf(changes: readonly Change[], sightings: Sightings, committed: ReadonlyMap<string, number>): Delays {
  const seen = changes.flatMap(({ key, sku, version, acknowledgedAt }) => {
    const at = sightings.of(sku, version)?.at
    const commit = committed.get(key)
    if (commit === undefined) throw new Error(`The database does not know when the change ${key} was committed.`)
    return at === undefined ? [] : [{ fromCommit: at - commit, fromAcknowledgement: at - acknowledgedAt }]
  })
  return {
    changes: seen.length,
    fromCommit: percentiles(seen.map(({ fromCommit }) => fromCommit)),
    fromAcknowledgement: percentiles(seen.map(({ fromAcknowledgement }) => fromAcknowledgement)),
    beforeAcknowledgement: seen.filter(({ fromAcknowledgement }) => fromAcknowledgement < 0).length,
  }
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.map((value) => Math.max(0, value)).sort((a, b) => a - b)
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2))
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
