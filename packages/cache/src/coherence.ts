import { AsyncLocalStorage } from 'node:async_hooks'
import { LRUCache } from 'lru-cache'

/** What a loader has to do when the world changes. */
export interface CoherentCache {
  /** Drops what is older than `floor` under this subject, and forgets reads of it that are under way. */
  raise(subject: string, floor: number): void
  /** Drops everything, reads under way included. */
  flush(): void
  /** Whoever knows what came from which source drops only that while a source is stalled; others are not served, and flushed afterwards. */
  stalled?(source: string): void
  flowing?(source: string): void
}

/** The events a process follows: see `EventFeed` in packages/events. */
export interface FollowedFeed {
  readonly current: boolean
  /** First tokens of subjects; of other sources nothing is ever heard. */
  readonly sources: readonly string[]
  subscribe(listener: {
    event(event: { subject: string; data: { version: number } }): void
    lost(): void
    recovered(complete: boolean): void
    stalled(source: string): void
    flowing(source: string): void
  }): () => void
}

/**
 * What all caches of one process share: the floor of each subject (the lowest version that may still be served), and whether
 * events arrive, and leave where they come from, at all. While they do not, nothing is served from a cache.
 */
export interface Coherence {
  /** False while events may be missing, for anyone or for the running work: caches are passed by. */
  readonly serving: boolean
  /** False while events may be missing: what says it for all sources, stalled ones aside. */
  readonly hearing: boolean
  /** Whether changes of a source (`catalog`) are heard at all. */
  follows(source: string): boolean
  /** The sources whose changes may not have left them. */
  readonly stalled: ReadonlySet<string>
  /** The lowest version that may be served for an event subject; 0 when nothing is known. */
  floor(subject: string): number
  /** A change is known to have happened. Lower versions than known are ignored. */
  raise(subject: string, version: number): void
  /**
   * Runs `work` for somebody who may have heard more than this process. As long as `caughtUp` is false, it is as if events were missing: its
   * loads read and keep nothing. Others are served as before.
   */
  onceCaughtUp<T>(caughtUp: () => boolean, work: () => T): T
  add(cache: CoherentCache): void
  /** Follows a feed until the returned function is called. Without a feed nothing is ever served from a cache. */
  follow(feed: FollowedFeed): () => void
}

const MAX_FLOORS = 200_000

export function createCoherence(): Coherence {
  // By size, because `max` takes its memory in advance.
  // Reads under way are forgotten when their floor rises, so a floor that falls out here can no longer be missed by them.
  const floors = new LRUCache<string, number>({ maxSize: MAX_FLOORS, sizeCalculation: () => 1 })
  const caches: CoherentCache[] = []
  const waiting = new AsyncLocalStorage<() => boolean>()
  const stalled = new Set<string>()
  const followed = new Set<string>()
  let current = false
  const hears = () => current && (waiting.getStore()?.() ?? true)

  function flush(): void {
    for (const cache of caches) cache.flush()
  }

  function raise(subject: string, version: number): void {
    if (!Number.isSafeInteger(version) || version <= (floors.peek(subject) ?? 0)) return
    floors.set(subject, version)
    for (const cache of caches) cache.raise(subject, version)
  }

  return {
    get serving() {
      return stalled.size === 0 && hears()
    },
    get hearing() {
      return hears()
    },
    stalled,
    follows: (source) => followed.has(source),
    floor: (subject) => floors.peek(subject) ?? 0,
    raise,
    onceCaughtUp: (caughtUp, work) => waiting.run(caughtUp, work),
    add: (cache) => caches.push(cache),
    follow(feed) {
      for (const source of feed.sources) followed.add(source)
      const stop = feed.subscribe({
        event: ({ subject, data }) => raise(subject, data.version),
        lost() {
          current = false
        },
        recovered(complete) {
          if (!complete) flush()
          current = true
        },
        stalled(source) {
          stalled.add(source)
          for (const cache of caches) cache.stalled?.(source)
        },
        flowing(source) {
          // What was committed meanwhile may still be on its way.
          for (const cache of caches) {
            if (cache.flowing) cache.flowing(source)
            else cache.flush()
          }
          stalled.delete(source)
        },
      })
      current = feed.current
      return () => {
        current = false
        stop()
      }
    },
  }
}
