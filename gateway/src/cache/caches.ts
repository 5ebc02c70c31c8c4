import { createCoherence } from '@commerce/cache/coherence.ts'
import { createTaggedCache, type TaggedCache } from '@commerce/cache/tagged.ts'
import { LRUCache } from 'lru-cache'
import { Histogram } from '../observe/instruments.ts'
import type { EventFeed } from '../subscribe/feed.ts'
import { type AnswerCache, answerCache, CachedRun } from './cached-run.ts'
import { type KeptResponse, type Responses, responseCache } from './responses.ts'

/** What one gateway keeps of earlier answers, and what it knows to have changed. */
export interface Caches {
  /** Grows with every change that is known, whether or not anything is kept. */
  readonly epoch: number
  /** False while changes may be missed: everything is asked for anew. */
  readonly serving: boolean
  /** Sources whose changes may not have left them: nothing of theirs is kept. */
  readonly stalled: ReadonlySet<string>
  /** A run that takes from the cache and leaves in it; `viewer` is all that private answers depend on. */
  run(viewer: string): CachedRun | undefined
  responses: Responses
  /** Changes that are known from elsewhere than the feed: event subject → version. */
  learn(versions: Iterable<readonly [subject: string, version: number]>): void
  /** Whether the event of a change has come, or nobody has said that there was one. */
  isHeard(subject: string, version: number): boolean
  /** Something changed that says nothing of what it was. */
  changed(): void
  answers: Pick<AnswerCache, 'counts'> & { kept: TaggedCache<unknown> }
  kept: TaggedCache<KeptResponse>
  /** From a change to its event. */
  staleness: Histogram
  stop(): void
}

/** Changes whose events are waited for: more are there only while none come, and then the oldest count as heard. */
const mostUnheard = 100_000

/** How much is kept: bytes of subgraph answers, and of whole responses; 0 keeps none. */
export interface CacheBounds {
  answerBytes: number
  responseBytes: number
}

/** Caches that follow a feed; without one nothing is ever kept, because nothing would tell when it changes. */
export function openCaches(
  feed: EventFeed | null,
  bounds: CacheBounds,
  see: (subject: string, version: number) => void,
): Caches {
  const coherence = createCoherence()
  const answers = answerCache(createTaggedCache(coherence, Math.max(1, bounds.answerBytes)))
  const kept = createTaggedCache<KeptResponse>(coherence, Math.max(1, bounds.responseBytes))
  let epoch = 0
  const changed = () => {
    epoch++
  }
  const staleness = new Histogram()
  const unheard = new LRUCache<string, number>({ max: mostUnheard })
  const unsubscribe = feed?.subscribe({
    event({ subject, data: { version }, changedAt }) {
      if ((unheard.get(subject) ?? Number.POSITIVE_INFINITY) <= version) unheard.delete(subject)
      if (changedAt !== undefined) staleness.observe(Math.max(0, Date.now() - changedAt))
      changed()
    },
    lost: changed,
    recovered: changed,
  })
  const unfollow = feed ? coherence.follow(feed) : undefined
  const keepsAnswers = feed !== null && bounds.answerBytes > 0
  return {
    get epoch() {
      return epoch
    },
    get serving() {
      return coherence.hearing
    },
    stalled: coherence.stalled,
    run: (viewer) => (keepsAnswers ? new CachedRun(answers, viewer) : undefined),
    responses: responseCache(kept, keepsAnswers && bounds.responseBytes > 0),
    learn(versions) {
      for (const [subject, version] of versions) {
        if (version <= coherence.floor(subject)) continue
        coherence.raise(subject, version)
        unheard.set(subject, version)
        see(subject, version)
        epoch++
      }
    },
    isHeard: (subject, version) => (unheard.get(subject) ?? 0) < version,
    changed,
    answers,
    kept,
    staleness,
    stop() {
      unsubscribe?.()
      unfollow?.()
    },
  }
}
