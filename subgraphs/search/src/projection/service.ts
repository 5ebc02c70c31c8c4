import type { SearchCluster } from '../engine/cluster.ts'
import type { SearchEngine } from '../engine/port.ts'
import type { Filling } from './consumer.ts'
import type { IndexFeed, LiveIndex } from './live.ts'
import { createIndexMetrics, type IndexNumbers } from './metrics.ts'
import { discardParked, type Replayed, replayParked } from './parked.ts'
import { createRebuild, type Rebuilding, type RebuildProgress } from './rebuild.ts'
import type { ParkedEvent } from './repository.ts'
import { createResidentIndex } from './resident.ts'
import { createSharedIndex } from './shared.ts'
import { startWatch } from './watch.ts'

export interface ProjectionOptions extends Filling {
  feed: IndexFeed
  events: Rebuilding
  /** How far the durable consumer that fills the store is; null when there is none. */
  filled(): Promise<{ floor: number; lag: number } | null>
  /** Makes the index of this process; where there is a cluster, its index is searched instead. */
  createEngine(): SearchEngine
  cluster: SearchCluster | null
}

/** The index of this process and everything that keeps it right. */
export interface Projection {
  index: LiveIndex
  /** Changes that wait to be taken into the store. Throws when NATS cannot say. */
  lag(): Promise<number>
  generation(): number | null
  rebuild(): Promise<RebuildProgress | null>
  beginRebuild(forced: boolean): Promise<RebuildProgress>
  parked(limit: number): Promise<ParkedEvent[]>
  parkedCount(): Promise<number>
  replay(subjects: readonly string[]): Promise<Replayed[]>
  discard(subjects: readonly string[]): Promise<ParkedEvent[]>
  /** For Prometheus. */
  metrics(): Promise<string>
  stop(): Promise<void>
}

/** Starts to load the index, to follow the events, and to take part in rebuilds. */
export async function startProjection(options: ProjectionOptions): Promise<Projection> {
  const { feed, events, filled, store, repository, createEngine, cluster, log } = options
  const now = Date.now
  const metrics = createIndexMetrics(numbers)
  const filledFrom = {
    feed,
    store,
    repository,
    filled,
    lastEvent: events.lastEvent,
    now,
    searchable: metrics.searchable,
    log,
  }
  const index = cluster
    ? createSharedIndex({ ...filledFrom, cluster })
    : createResidentIndex({ ...filledFrom, createEngine })
  const rebuild = createRebuild({ events, index, store, repository, log })
  const replayedSeq = await repository.lastReplayed()
  void index.reload()
  const watch = startWatch({ index, rebuild, store, repository, replayedSeq, now, log })

  async function lag(): Promise<number> {
    const progress = await filled()
    if (!progress) throw new Error('The consumer that fills the index is not there.')
    return progress.lag
  }

  async function numbers(): Promise<IndexNumbers> {
    const none = () => null
    const [waiting, parked, documents, asOf, progress] = await Promise.all([
      lag().catch(none),
      repository.parkedCount().catch(none),
      index.engine.documents().catch(none),
      index.engine.asOf().catch(none),
      rebuild.progress().catch(none),
    ])
    const isRunning = progress?.state === 'FILLING' || progress?.state === 'VERIFYING'
    return {
      lag: waiting,
      parked,
      documents,
      asOf: asOf === null ? null : Date.parse(asOf),
      late: index.late,
      rebuilt: progress && isRunning ? progress.taken / Math.max(1, progress.total) : null,
    }
  }

  return {
    index,
    lag,
    generation: () => index.generation,
    rebuild: rebuild.progress,
    beginRebuild: rebuild.begin,
    parked: repository.parked,
    parkedCount: repository.parkedCount,
    replay: (subjects) => replayParked(options, subjects, now()),
    discard: (subjects) => discardParked(repository, subjects),
    metrics: metrics.text,
    async stop() {
      const stopping = [watch.stop(), rebuild.stop()]
      await index.stop()
      await Promise.all(stopping)
    },
  }
}
