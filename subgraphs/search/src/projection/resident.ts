// Long because loading, following and swapping are one state machine.
import type { SeenEvents } from '@commerce/events/seen.ts'
import type { Logger } from '@commerce/service/log.ts'
import { SUBJECTS, toldBy } from '../document/document.ts'
import type { DocumentStore } from '../document/repository.ts'
import type { SearchEngine, Synonym } from '../engine/port.ts'
import { createFollower, type Follower, type Told } from './follower.ts'
import { loadGeneration } from './load.ts'
import type { ProjectionRepository } from './repository.ts'

/** The events that this process follows: see `EventFeed` in packages/events. */
export interface IndexFeed {
  readonly current: boolean
  readonly seen: SeenEvents | null
  has(seen: SeenEvents): boolean
  lastEvents(subjects: readonly string[]): Promise<{ stream: string; last: ReadonlyMap<string, number> }>
  subscribe(listener: {
    event(event: { subject: string; data: unknown; changedAt: number }): void
    lost(): void
    recovered(complete: boolean): void
  }): () => void
}

export interface LiveIndexOptions {
  feed: IndexFeed
  store: DocumentStore
  repository: ProjectionRepository
  createEngine(): SearchEngine
  /** How far the durable consumer that fills the store is; null when there is none. */
  filled(): Promise<{ floor: number; lag: number } | null>
  /** The number of the last event in the stream that the store is filled from. */
  lastEvent(): Promise<number>
  now(): number
  /** A change is searched since so many milliseconds after it was begun. */
  searchable(afterMs: number): void
  log: Logger
}

/** The index of this process: what is searched, and what keeps it right. */
export interface LiveIndex {
  /** Searches the live generation; another one takes its place without anyone noticing. Throws `IndexLoading` before the first. */
  engine: SearchEngine
  /** The generation that is searched; null until the first is loaded. */
  readonly generation: number | null
  /** Requests that were answered although the index did not have in time what they had seen. */
  readonly late: number
  /** Loads a generation into an engine beside the one that is searched, and lets it follow. */
  loadBeside(generation: number): Promise<Follower>
  /** From now on this one is searched. */
  install(follower: Follower, generation: number): Promise<void>
  discard(follower: Follower): void
  /** Loads the live generation, until that has succeeded. */
  reload(): Promise<void>
  /** A change that came another way than the feed. */
  push(subject: string, told: Told): void
  setSales(sales: readonly { productId: string; units: number }[]): Promise<void>
  /** Waits, at most a second, until the index has what somebody has seen: events by their place in the stream, changes by subject and version. */
  caughtUp(seen: SeenEvents | null, floors: Readonly<Record<string, number>>): Promise<void>
  stop(): Promise<void>
}

/** There is no index to search yet. */
export class IndexLoading extends Error {
  override name = 'IndexLoading'
  readonly extensions = { code: 'SERVICE_UNAVAILABLE' }
  constructor() {
    super('The search index is being loaded: try again in some seconds.')
  }
}

const FOLLOWED = ['catalog.>', 'inventory.>']
const WAIT_MS = 1_000
/** After so long without events there is no point in waiting for them. */
const DEAF_MS = 3_000
const MAX_HEARD = 100_000
const POLL_MS = 50
const RETRY_MS = 1_000
/** A page that was begun on an engine ends there. */
const CLOSE_AFTER_MS = 60_000

export function createLiveIndex(options: LiveIndexOptions): LiveIndex {
  const { feed, store, repository, log } = options
  const followers = new Set<Follower>()
  const heard = new Map<string, number>()
  const waiters = new Set<() => void>()
  const closing = new Set<NodeJS.Timeout>()
  let current: { follower: Follower; generation: number } | undefined
  let synonyms: readonly Synonym[] = []
  let epoch = 0 // grows when events were missed: what was loaded before lacks them
  let lostAt: number | undefined = feed.current ? undefined : options.now()
  let late = 0
  let stopped = false
  let reloading: Promise<void> | undefined
  let queue: Promise<unknown> = Promise.resolve()

  function hear(subject: string, version: number): void {
    if (version <= (heard.get(subject) ?? 0)) return
    heard.delete(subject)
    heard.set(subject, version)
    if (heard.size > MAX_HEARD) heard.delete(heard.keys().next().value as string)
  }

  function push(subject: string, told: Told): void {
    for (const follower of followers) follower.push(subject, told)
    if (current?.follower.overflowed) void reload()
  }

  const unsubscribe = feed.subscribe({
    event({ subject, data, changedAt }) {
      const told = toldBy(subject, data, changedAt)
      if (told) push(subject, told)
      hear(subject, (data as { version: number }).version)
      for (const check of waiters) check()
    },
    lost() {
      lostAt = options.now()
    },
    recovered(complete) {
      lostAt = undefined
      if (!complete) {
        epoch++
        if (current) void reload()
      }
      for (const check of waiters) check()
    },
  })

  /** Until the store has everything that was in the stream when this was called. */
  async function storeFilled(): Promise<void> {
    const target = await options.lastEvent()
    let told = options.now()
    while (!stopped) {
      const progress = await options.filled()
      if (progress && (progress.floor >= target || progress.lag === 0)) return
      if (options.now() - told > 5_000) {
        told = options.now()
        log.info({ waiting: progress?.lag }, 'the index waits for its store to be filled')
      }
      await pause(POLL_MS)
    }
  }

  async function load(generation: number): Promise<Follower> {
    const began = options.now()
    const before = epoch
    const follower = createFollower(options.createEngine(), log, ({ time }) =>
      options.searchable(options.now() - Date.parse(time)),
    )
    followers.add(follower) // what happens from here on comes from the feed, what happened before is in the store
    try {
      await storeFilled()
      const known = await repository.find(generation)
      const asOf = (known?.asOf ?? new Date(0)).toISOString()
      const rows = await loadGeneration(store, generation, follower.engine, { asOf, now: options.now(), log })
      await follower.engine.setSynonyms(synonyms)
      follower.release()
      await follower.idle()
      if (stopped) throw new Error('The process ends.')
      if (before !== epoch) throw new Error('Events were missed while the index was loaded.')
      if (follower.overflowed) throw new Error('More changed than could be kept while the index was loaded.')
      const after = await repository.find(generation)
      if (after?.state !== 'LIVE' && after?.state !== 'FILLING') throw new Error(`Generation ${generation} is gone.`)
      log.info({ generation, rows, ms: options.now() - began }, 'the index is loaded')
      return follower
    } catch (error) {
      discard(follower)
      throw error
    }
  }

  // One at a time: each takes the memory of a whole index.
  function loadBeside(generation: number): Promise<Follower> {
    const loading = queue.then(() => load(generation))
    queue = loading.catch(() => {})
    return loading
  }

  function discard(follower: Follower): void {
    followers.delete(follower)
    void Promise.resolve(follower.engine.close?.()).catch(() => {})
  }

  async function install(follower: Follower, generation: number): Promise<void> {
    await follower.engine.setSynonyms(synonyms)
    const before = current
    current = { follower, generation }
    if (!before) return
    followers.delete(before.follower)
    const timer = setTimeout(() => {
      closing.delete(timer)
      discard(before.follower)
    }, CLOSE_AFTER_MS)
    timer.unref()
    closing.add(timer)
  }

  function reload(): Promise<void> {
    reloading ??= reloadUntilDone().finally(() => {
      reloading = undefined
    })
    return reloading
  }

  async function reloadUntilDone(): Promise<void> {
    while (!stopped) {
      try {
        const began = epoch
        const live = await repository.live()
        if (!live) throw new Error('No generation of the index is live.')
        const follower = await loadBeside(live.id)
        if (began !== epoch) discard(follower)
        else return await install(follower, live.id)
      } catch (error) {
        if (stopped) return
        log.warn({ err: error }, 'the index could not be loaded; it is tried again')
        await pause(RETRY_MS)
      }
    }
  }

  function loaded(): SearchEngine {
    if (!current) throw new IndexLoading()
    return current.follower.engine
  }

  async function caughtUp(seen: SeenEvents | null, floors: Readonly<Record<string, number>>): Promise<void> {
    if (!current) return
    const versions = Object.entries(floors).filter(([subject]) => toldTypes.some((type) => subject.startsWith(type)))
    if (lostAt !== undefined && options.now() - lostAt > DEAF_MS) return
    // Who has seen another stream, or says that nothing kept may answer, is answered with all that the stream has now.
    const wanted = seen && seen.stream !== feed.seen?.stream ? await streamEnd() : seen
    const isThere = () =>
      (!wanted || feed.has(wanted)) && versions.every(([subject, version]) => (heard.get(subject) ?? 0) >= version)
    const end = options.now() + WAIT_MS
    const told = isThere() || (await within(WAIT_MS, isThere))
    const idle = current.follower.idle()
    const taken = !idle || (await inTime(idle, end - options.now()))
    if (!told || !taken) late++
  }

  async function streamEnd(): Promise<SeenEvents | null> {
    try {
      const { stream, last } = await feed.lastEvents(FOLLOWED)
      return { stream, last: new Map([...last].map(([subject, seq]) => [subject.split('.', 1)[0] as string, seq])) }
    } catch {
      return null
    }
  }

  function within(ms: number, condition: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (is: boolean) => {
        clearTimeout(timer)
        waiters.delete(check)
        resolve(is)
      }
      const check = () => {
        if (condition()) end(true)
      }
      const timer = setTimeout(() => end(condition()), ms)
      waiters.add(check)
    })
  }

  return {
    engine: {
      apply: () => Promise.reject(new Error('The live index takes changes from the events only.')),
      search: async (request) => loaded().search(request),
      suggest: async (prefix, limit) => loaded().suggest(prefix, limit),
      async setSynonyms(given) {
        synonyms = given
        await current?.follower.engine.setSynonyms(given)
      },
      documents: async () => (current ? current.follower.engine.documents() : 0),
      asOf: async () => (current ? current.follower.engine.asOf() : null),
    },
    get generation() {
      return current?.generation ?? null
    },
    get late() {
      return late
    },
    loadBeside,
    install,
    discard,
    reload,
    push,
    async setSales(sales) {
      const asOf = new Date(0).toISOString()
      for (const { engine } of followers) await engine.apply({ products: [], prices: [], stocks: [], sales, asOf })
    },
    caughtUp,
    async stop() {
      stopped = true
      unsubscribe()
      for (const timer of closing) clearTimeout(timer)
      await reloading
      await queue
      for (const follower of followers) discard(follower)
    },
  }
}

const toldTypes = SUBJECTS.filter((subject) => !subject.startsWith('checkout.')).map((subject) => subject.slice(0, -1))

/** Whether something happened within so many milliseconds. */
async function inTime(happens: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, ms))
  })
  const did = await Promise.race([happens.then(() => true), over])
  clearTimeout(timer)
  return did
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
