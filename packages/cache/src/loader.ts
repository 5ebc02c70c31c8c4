import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'
import type { Coherence } from './coherence.ts'
import { dependOn } from './dependencies.ts'

export interface LoaderOptions<K, V> {
  coherence: Coherence
  /** Reads many keys at once; answers in the order of the keys, null where there is nothing. */
  fetch(keys: readonly K[]): Promise<readonly (V | null)[]>
  /** The subject of the events that change this key's value; also the key it is cached under. */
  subjectOf(key: K): string
  /** The version of a value, as its events count it. */
  versionOf(value: V): number
  /** How many values are kept, the least recently used leave first. */
  max: number
  /** How many keys one fetch may have (500). */
  maxBatch?: number
}

/** Reads values by key through a cache that events keep exact. Each load says what it depends on: its subject. */
export interface Loader<K, V> {
  /** The value, null when there is none; never older than the floor known when it was asked for, as long as the database has what was announced. Shared by all callers: do not change it. */
  load(key: K): Promise<V | null>
  loadMany(keys: readonly K[]): Promise<(V | null)[]>
  /** Takes over what this process has just committed, so that nobody has to read it. Never what may be older: a read would not be kept either. */
  prime(key: K, value: V): void
  /** Counters since the start. */
  readonly stats: { hits: number; misses: number; bypassed: number; refused: number }
}

/** Characters of a subject that may be a key of the cache. */
const MAX_SUBJECT = 1_000

interface Entry<V> {
  promise: Promise<V | null>
  /** Unknown while the read is under way. */
  version?: number
}

/**
 * A DataLoader for the whole process, over a bounded least-recently-used map. An event drops the value it makes stale and
 * forgets a read of it that is under way (its answer goes to those who asked before, and is not kept). While events may be missing,
 * every load reads.
 */
export function createLoader<K, V>(options: LoaderOptions<K, V>): Loader<K, V> {
  const { coherence, subjectOf, versionOf } = options
  const entries = new LRUCache<string, Entry<V>>({ max: options.max })
  const stats = { hits: 0, misses: 0, bypassed: 0, refused: 0 }

  const cached = new DataLoader<K, V | null, string>(fetchDistinct, {
    cacheKeyFn: subjectOf,
    maxBatchSize: options.maxBatch ?? 500,
    cacheMap: {
      get: (subject) => entries.get(subject)?.promise,
      set: keep,
      delete: (subject) => entries.delete(subject),
      clear: () => entries.clear(),
    },
  })
  const direct = new DataLoader<K, V | null>(fetchDistinct, { cache: false, maxBatchSize: options.maxBatch ?? 500 })

  // The same key can stand in one batch twice: asked for before and after an event, or while nothing is cached.
  async function fetchDistinct(keys: readonly K[]): Promise<(V | null)[]> {
    const distinct = new Map(keys.map((key) => [subjectOf(key), key]))
    const values = await options.fetch([...distinct.values()])
    if (values.length !== distinct.size) {
      throw new Error(`A loader's fetch must answer every key: ${distinct.size} keys, ${values.length} values.`)
    }
    const found = new Map([...distinct.keys()].map((subject, i) => [subject, values[i] ?? null]))
    return keys.map((key) => found.get(subjectOf(key)) ?? null)
  }

  // An entry stands while its read is under way, so that callers share it; it stays only if no event overtook the read.
  function keep(subject: string, promise: Promise<V | null>): void {
    const entry: Entry<V> = { promise }
    entries.set(subject, entry)
    const settle = (value: V | null): void => {
      if (entries.peek(subject) !== entry) return
      const version = value === null ? 0 : versionOf(value)
      if (coherence.serving && version >= coherence.floor(subject)) entry.version = version
      else {
        stats.refused += 1
        entries.delete(subject)
      }
    }
    promise.then(settle, () => entries.peek(subject) === entry && entries.delete(subject))
  }

  coherence.add({
    raise(subject, floor) {
      const entry = entries.peek(subject)
      if (entry && (entry.version === undefined || entry.version < floor)) entries.delete(subject)
    },
    flush: () => entries.clear(),
  })

  function load(key: K): Promise<V | null> {
    const subject = subjectOf(key)
    dependOn(subject) // also on what is not there: it may come
    // A key that nobody sensible has is read, but may not fill the memory.
    if (!coherence.serving || subject.length > MAX_SUBJECT) {
      stats.bypassed += 1
      return direct.load(key)
    }
    if (entries.has(subject)) stats.hits += 1
    else stats.misses += 1
    return cached.load(key)
  }

  function prime(key: K, value: V): void {
    const [subject, version] = [subjectOf(key), versionOf(value)]
    if (!coherence.serving || subject.length > MAX_SUBJECT || version < coherence.floor(subject)) return
    if ((entries.peek(subject)?.version ?? -1) < version) {
      entries.set(subject, { promise: Promise.resolve(value), version })
    }
  }

  return { load, prime, loadMany: (keys) => Promise.all(keys.map(load)), stats }
}
