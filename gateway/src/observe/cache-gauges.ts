import type { TaggedCache } from '@commerce/cache/tagged.ts'
import type { Caches } from '../cache/caches.ts'
import type { Sample } from './instruments.ts'
import type { Metrics } from './metrics.ts'

type Kept = TaggedCache<unknown>

/** Publishes what the caches count and hold: `answer` keeps what subgraphs answered, `response` whole responses. */
export function publishCacheGauges(metrics: Metrics, caches: Caches): void {
  const { answers, kept, responses, staleness } = caches
  const both = (read: (cache: Kept) => number) => (): Sample[] => [
    { labels: { cache: 'answer' }, value: read(answers.kept) },
    { labels: { cache: 'response' }, value: read(kept) },
  ]
  const result = (cache: string, counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([result, value]) => ({ labels: { cache, result }, value }))
  metrics.publish({
    name: 'gateway_cache_requests_total',
    help: 'What was looked up and kept (hit), was being asked for by another run (joined), or was asked for (miss): entities and root fetches, and whole responses.',
    type: 'counter',
    read: () => [
      ...result('answer', {
        hit: answers.counts.hits,
        joined: answers.counts.joined,
        miss: answers.counts.misses,
      }),
      ...result('response', { hit: responses.counts.hits, miss: responses.counts.misses }),
    ],
  })
  metrics.publishNumber(
    'counter',
    'gateway_cache_partial_batches_total',
    'Lists of entities of which some were kept and only the others were asked for.',
    () => answers.counts.partial,
  )
  metrics.publish({
    name: 'gateway_cache_refused_fills_total',
    help: 'Answers that were not kept because a change was heard while they were asked for.',
    type: 'counter',
    read: both(({ counts }) => counts.refused),
  })
  metrics.publish({
    name: 'gateway_cache_dropped_total',
    help: 'What changes made fall.',
    type: 'counter',
    read: both(({ counts }) => counts.dropped),
  })
  metrics.publish({
    name: 'gateway_cache_evicted_total',
    help: 'What had to leave for others.',
    type: 'counter',
    read: both(({ counts }) => counts.evicted),
  })
  metrics.publish({
    name: 'gateway_cache_entries',
    help: 'What is kept.',
    type: 'gauge',
    read: both((cache) => cache.size().entries),
  })
  metrics.publish({
    name: 'gateway_cache_size_bytes',
    help: 'The memory of what is kept, estimated.',
    type: 'gauge',
    read: both((cache) => cache.size().bytes),
  })
  metrics.publishNumber(
    'gauge',
    'gateway_cache_serving',
    'Whether what is kept is served: 0 while changes may be missed.',
    () => (caches.serving ? 1 : 0),
  )
  metrics.publishNumber(
    'gauge',
    'gateway_cache_stalled_sources',
    'Sources whose changes do not arrive: nothing of theirs is kept.',
    () => caches.stalled.size,
  )
  metrics.publish({
    name: 'gateway_cache_staleness_seconds',
    help: 'From the start of the transaction that made a change to its event: so long what was kept could be old.',
    type: 'histogram',
    read: () => staleness.samples({}),
  })
}
