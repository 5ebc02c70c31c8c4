import { createCoherence } from '@commerce/cache/coherence.ts'
import { createTaggedCache, type TaggedCache } from '@commerce/cache/tagged.ts'
import { Histogram } from '../observe/instruments.ts'
import type { EventFeed } from '../subscribe/feed.ts'
import { type AnswerCache, answerCache, CachedRun } from './cached-run.ts'
import { type KeptResponse, type Responses, responseCache } from './responses.ts'
import { createUnheard, type Unheard } from './unheard.ts'

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
  /** What was learnt and not heard yet. */
  unheard: Pick<Unheard, 'isHeard' | 'floors'>
  /** Something changed that says nothing of what it was. */
  changed(): void
  answers: Pick<AnswerCache, 'counts'> & { kept: TaggedCache<unknown> }
  kept: TaggedCache<KeptResponse>
  /** From a change to its event. */
  staleness: Histogram
  stop(): void
}

/** How much is kept: bytes of subgraph answers, and of whole responses; 0 keeps none. */
export interface CacheBounds {
  answerBytes: number
  responseBytes: number
}

/** Caches that follow a feed; without one nothing is ever kept, because nothing would tell when it changes. */
export function openCaches(feed: EventFeed | null, bounds: CacheBounds): Caches {
  const coherence = createCoherence()
  const answers = answerCache(createTaggedCache(coherence, Math.max(1, bounds.answerBytes)))
  const kept = createTaggedCache<KeptResponse>(coherence, Math.max(1, bounds.responseBytes))
  let epoch = 0
  const changed = () => {
    epoch++
  }
  const staleness = new Histogram()
  const unheard = createUnheard(Date.now)
  const unsubscribe = feed?.subscribe({
    event({ subject, data: { version }, changedAt }) {
      unheard.hear(subject, version)
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
        unheard.learn(subject, version)
        epoch++
      }
    },
    unheard,
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
