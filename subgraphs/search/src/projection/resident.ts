import type { SeenEvents } from '@commerce/events/seen.ts'
import { toldBy } from '../document/document.ts'
import type { SearchEngine, Synonym } from '../engine/port.ts'
import { createFollower, type Follower, type Told } from './follower.ts'
import { createHeard } from './heard.ts'
import { CATCH_UP_MS, IndexLoading, type IndexOptions, type LiveIndex } from './live.ts'
import { loadGeneration, storeFilled } from './load.ts'

const RETRY_MS = 1_000
/** A page that was begun on an engine ends there. */
const CLOSE_AFTER_MS = 60_000

/** An index in the memory of this process, loaded from the store and fed by the events. */
export function createResidentIndex(options: IndexOptions & { createEngine(): SearchEngine }): LiveIndex {
  const { feed, store, repository, log } = options
  const followers = new Set<Follower>()
  const closing = new Set<NodeJS.Timeout>()
  let current: { follower: Follower; generation: number } | undefined
  let synonyms: readonly Synonym[] = []
  let epoch = 0 // grows when events were missed: what was loaded before lacks them
  let late = 0
  let stopped = false
  let reloading: Promise<void> | undefined
  let queue: Promise<unknown> = Promise.resolve()

  function push(subject: string, told: Told): void {
    for (const follower of followers) follower.push(subject, told)
    if (current?.follower.overflowed) void reload()
  }

  const unsubscribe = feed.subscribe({
    event({ subject, data, changedAt }) {
      const told = toldBy(subject, data, changedAt)
      if (told) push(subject, told)
    },
    lost() {},
    recovered(complete) {
      if (complete) return
      epoch++
      if (current) void reload()
    },
  })
  // After the index: who waits for an event finds it pushed.
  const heard = createHeard(feed, options.now)

  async function load(generation: number): Promise<Follower> {
    const began = options.now()
    const before = epoch
    const follower = createFollower(options.createEngine(), log, ({ time }) =>
      options.searchable(options.now() - Date.parse(time)),
    )
    followers.add(follower) // what happens from here on comes from the feed, what happened before is in the store
    try {
      await storeFilled(options, () => stopped)
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
  function loadInTurn(generation: number): Promise<Follower> {
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
        const follower = await loadInTurn(live.id)
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
    const end = options.now() + CATCH_UP_MS
    const told = await heard.wait(seen, floors, end)
    if (told === 'DEAF') return
    const idle = current.follower.idle()
    const taken = !idle || (await inTime(idle, end - options.now()))
    if (told === 'LATE' || !taken) late++
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
    async take() {},
    isBehind: async (live) => current !== undefined && live !== current.generation,
    async loadBeside(generation) {
      const follower = await loadInTurn(generation)
      return {
        engine: follower.engine,
        install: () => install(follower, generation),
        discard: async () => discard(follower),
      }
    },
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
      heard.stop()
      for (const timer of closing) clearTimeout(timer)
      await reloading
      await queue
      for (const follower of followers) discard(follower)
    },
  }
}

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
