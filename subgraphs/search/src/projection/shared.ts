/*
 * An index that all replicas share, in a cluster: one of them takes each change in, and one loads what is missing. Long because loading, taking in and
 * swapping are one state machine, as in `resident.ts`.
 */
import { randomUUID } from 'node:crypto'
import type { CommerceEvent } from '@commerce/events/contracts.ts'
import { NotNow } from '@commerce/events/not-now.ts'
import type { SeenEvents } from '@commerce/events/seen.ts'
import { changesFrom, factsFrom } from '../document/document.ts'
import type { SearchCluster } from '../engine/cluster.ts'
import type { SearchEngine, Synonym } from '../engine/port.ts'
import { createHeard } from './heard.ts'
import { CATCH_UP_MS, IndexLoading, type IndexOptions, type LiveIndex, type Loaded } from './live.ts'
import { loadGeneration, storeFilled } from './load.ts'

/** The cluster that is searched does not answer. */
class ClusterUnavailable extends Error {
  override name = 'ClusterUnavailable'
  readonly extensions = { code: 'SERVICE_UNAVAILABLE' }
  constructor(cause: unknown) {
    super('The search cluster does not answer: try again in some seconds.', { cause })
  }
}

const LEASE_MS = 30_000
const RETRY_MS = 1_000
const POLL_MS = 10
/** What was asked of an index when another took its place has been answered by then. */
const DROP_AFTER_MS = 10_000

export function createSharedIndex(options: IndexOptions & { cluster: SearchCluster }): LiveIndex {
  const { cluster, feed, store, repository, now, log } = options
  const me = randomUUID()
  const heard = createHeard(feed, now)
  const searching = cluster.engine()
  let generation: number | null = null
  let synonyms: readonly Synonym[] = []
  let floor = { stream: '', seq: 0 }
  let late = 0
  let stopped = false
  let reloading: Promise<void> | undefined
  let dropping: NodeJS.Timeout | undefined

  async function asked<T>(ask: (engine: SearchEngine) => Promise<T>): Promise<T> {
    if (generation === null) throw new IndexLoading()
    try {
      return await ask(searching)
    } catch (error) {
      throw cluster.isUnavailable(error) ? new ClusterUnavailable(error) : error
    }
  }

  async function take(events: readonly CommerceEvent[], generations: readonly number[]): Promise<void> {
    try {
      const existing = await cluster.generations()
      const changes = changesFrom(factsFrom(events))
      // What has no index yet will be loaded from the store, which has these changes.
      const wanted = generations.filter((one) => existing.includes(one))
      for (const one of wanted) await cluster.engine(one).apply(changes)
      if (generation === null || !wanted.includes(generation)) return
    } catch (error) {
      throw cluster.isUnavailable(error) ? new NotNow('the search cluster does not answer', { cause: error }) : error
    }
    for (const { time } of events) options.searchable(now() - Date.parse(time))
  }

  async function load(wanted: number): Promise<Loaded> {
    const began = now()
    // From here on changes are taken in as they come; those before are in the store.
    await cluster.create(wanted)
    await storeFilled(options, () => stopped)
    const engine = cluster.engine(wanted)
    const known = await repository.find(wanted)
    const asOf = (known?.asOf ?? new Date(0)).toISOString()
    const rows = await loadGeneration(store, wanted, engine, { asOf, now: now(), log })
    await engine.setSynonyms(synonyms)
    if (stopped) throw new Error('The process ends.')
    log.info({ generation: wanted, rows, ms: now() - began }, 'the index is loaded')
    return {
      engine,
      async install() {
        await cluster.use(wanted)
        generation = wanted
        dropOthers()
      },
      async discard() {
        if ((await cluster.searched()) !== wanted) await cluster.drop(wanted)
      },
    }
  }

  /** Removes indices of generations that are neither searched nor filled: they were replaced, or refused. */
  function dropOthers(): void {
    clearTimeout(dropping)
    dropping = setTimeout(() => {
      const drop = async () => {
        const [live, filling, used] = await Promise.all([repository.live(), repository.filling(), cluster.searched()])
        const kept = [live?.id, filling?.id, used]
        for (const one of await cluster.generations()) if (!kept.includes(one)) await cluster.drop(one)
      }
      drop().catch((error: unknown) => log.warn({ err: error }, 'old indices could not be dropped'))
    }, DROP_AFTER_MS)
    dropping.unref()
  }

  function reload(): Promise<void> {
    reloading ??= reloadUntilDone().finally(() => {
      reloading = undefined
    })
    return reloading
  }

  async function reloadUntilDone(): Promise<void> {
    let told = ''
    while (!stopped) {
      try {
        const live = await repository.live()
        if (!live) throw new Error('No generation of the index is live.')
        if ((await cluster.searched()) === live.id) {
          generation = live.id
          return
        }
        // One replica loads, the others wait for it.
        if (await repository.claim(live.id, me, LEASE_MS, 'LIVE')) await loadLive(live.id)
      } catch (error) {
        if (stopped) return
        const what = cluster.isUnavailable(error)
          ? 'the search cluster (OPENSEARCH_URL) does not answer; it is asked again every second'
          : 'the index could not be loaded; it is tried again every second'
        if (told !== what) log.warn({ err: error }, what)
        told = what
      }
      await pause(RETRY_MS)
    }
  }

  async function loadLive(live: number): Promise<void> {
    const hold = (ms: number) => repository.claim(live, me, ms, 'LIVE').catch(() => false)
    const renew = setInterval(() => void hold(LEASE_MS), LEASE_MS / 3)
    try {
      await (await load(live)).install()
    } finally {
      clearInterval(renew)
      await hold(0)
    }
  }

  /** Whether everything up to there was taken in before `end`. */
  async function taken({ stream, last }: SeenEvents, end: number): Promise<boolean> {
    const target = Math.max(0, ...last.values())
    while (floor.stream !== stream || floor.seq < target) {
      const progress = await options.filled().catch(() => null)
      if (progress) floor = { stream, seq: progress.floor }
      if (progress && (progress.floor >= target || progress.lag === 0)) return true
      if (now() >= end) return false
      await pause(POLL_MS)
    }
    return true
  }

  return {
    engine: {
      apply: () => Promise.reject(new Error('The live index takes changes from the events only.')),
      search: (request) => asked((engine) => engine.search(request)),
      suggest: (prefix, limit) => asked((engine) => engine.suggest(prefix, limit)),
      async setSynonyms(given) {
        synonyms = given
        await searching.setSynonyms(given)
      },
      documents: async () => (generation === null ? 0 : asked((engine) => engine.documents())),
      asOf: async () => (generation === null ? null : asked((engine) => engine.asOf())),
    },
    get generation() {
      return generation
    },
    get late() {
      return late
    },
    isBehind: async (live) => generation !== null && (generation !== live || (await cluster.searched()) !== live),
    take,
    loadBeside: load,
    reload,
    push() {}, // who replays an event takes it in for all
    async setSales(sales) {
      const asOf = new Date(0).toISOString()
      if (generation !== null)
        await cluster.engine(generation).apply({ products: [], prices: [], stocks: [], sales, asOf })
    },
    async caughtUp(seen, floors) {
      if (generation === null) return
      const end = now() + CATCH_UP_MS
      const told = await heard.wait(seen, floors, end)
      if (told === 'DEAF') return
      if (told === 'LATE' || (feed.seen && !(await taken(feed.seen, end)))) late++
    },
    async stop() {
      stopped = true
      heard.stop()
      clearTimeout(dropping)
      await reloading
      await cluster.close()
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
