import { randomUUID } from 'node:crypto'
import type { Logger } from '@commerce/service/log.ts'
import type { DocumentStore } from '../document/repository.ts'
import type { LiveIndex } from './live.ts'
import type { Generation, ProjectionRepository } from './repository.ts'
import { verify } from './verify.ts'

/** What a rebuild needs of the stream. */
export interface Rebuilding {
  /** Fills a generation from the beginning of the stream, or goes on where it was stopped; all replicas share the work. */
  fill(generation: number): Promise<{ stop(): Promise<void> }>
  progress(generation: number): Promise<{ floor: number; done: number; lag: number } | null>
  forget(generation: number): Promise<void>
  lastEvent(): Promise<number>
}

export interface RebuildOptions {
  events: Rebuilding
  index: LiveIndex
  store: DocumentStore
  repository: ProjectionRepository
  log: Logger
}

/** How far a rebuild is. */
export interface RebuildProgress {
  generation: number
  state: 'FILLING' | 'VERIFYING' | 'DONE' | 'REFUSED'
  taken: number
  total: number
  startedAt: Date
  report: string | null
}

export interface Rebuild {
  /** To be called again and again: takes part in a rebuild that is under way. */
  tick(): Promise<void>
  /** Begins a rebuild; the one that is under way when there is one. `forced`: it goes live although it holds less than before. */
  begin(forced: boolean): Promise<RebuildProgress>
  /** The last one; null when there never was one. */
  progress(): Promise<RebuildProgress | null>
  stop(): Promise<void>
}

const LEASE_MS = 30_000

/**
 * Rebuilds the index beside the one that is searched. Whatever a process has done of it is in the database or in the stream's durable
 * consumer, so that it goes on after a kill, in any replica.
 */
export function createRebuild({ events, index, store, repository, log }: RebuildOptions): Rebuild {
  const me = randomUUID()
  let work: { generation: number; consumer: { stop(): Promise<void> } } | undefined
  let verifying: Promise<void> | undefined
  let stopped = false

  async function rest(): Promise<void> {
    const done = work
    work = undefined
    if (!done) return
    await done.consumer.stop()
    if (!stopped) await events.forget(done.generation)
  }

  /** From here on changes are taken into both generations; what came before is in the stream up to the target. */
  async function aim(generation: Generation): Promise<void> {
    const target = await events.lastEvent()
    const progress = await events.progress(generation.id)
    await repository.setTarget(generation.id, target, progress ? progress.done + progress.lag : 0)
  }

  async function isFilled({ id, targetSeq }: Generation): Promise<boolean> {
    const progress = await events.progress(id)
    return targetSeq !== null && progress !== null && (progress.floor >= Number(targetSeq) || progress.lag === 0)
  }

  async function finish(generation: Generation): Promise<void> {
    if (!(await repository.claim(generation.id, me, LEASE_MS))) return
    const renew = setInterval(() => void repository.claim(generation.id, me, LEASE_MS).catch(() => {}), LEASE_MS / 3)
    try {
      const filled = await index.loadBeside(generation.id)
      const verdict = await verify(store, index, generation.id, filled.engine)
      const isGood = verdict.problem === null || generation.forced
      const report = [verdict.problem, verdict.report].filter(Boolean).join(' ')
      const isLive = isGood && !stopped && (await repository.swap(generation.id, report))
      if (isLive) await filled.install()
      else await filled.discard()
      if (!isGood) await repository.refuse(generation.id, report)
      log.info({ generation: generation.id, isLive, report }, 'the rebuilt index was verified')
    } finally {
      clearInterval(renew)
    }
  }

  return {
    async tick() {
      const generation = await repository.filling()
      if (work && work.generation !== generation?.id) await rest()
      if (!generation || stopped) return
      work ??= { generation: generation.id, consumer: await events.fill(generation.id) }
      if (generation.targetSeq === null) return aim(generation)
      if (verifying || !(await isFilled(generation))) return
      verifying = finish(generation)
        .catch((error: unknown) =>
          log.error({ err: error }, 'the rebuilt index could not be verified; it is tried again'),
        )
        .finally(() => {
          verifying = undefined
        })
    },

    async begin(forced) {
      const generation = await repository.begin(forced)
      log.info({ generation: generation.id }, 'the index is rebuilt')
      return { ...told(generation), taken: 0 }
    },

    async progress() {
      const generation = await repository.lastRebuild()
      if (!generation) return null
      const known = told(generation)
      if (known.state !== 'FILLING') return { ...known, taken: known.total }
      const progress = await events.progress(generation.id)
      if (await isFilled(generation)) return { ...known, state: 'VERIFYING', taken: known.total }
      return { ...known, taken: Math.max(0, known.total - (progress?.lag ?? known.total)) }
    },

    async stop() {
      stopped = true
      await verifying
      await rest()
    },
  }
}

function told({ id, state, total, startedAt, report }: Generation): Omit<RebuildProgress, 'taken'> {
  const shown = state === 'LIVE' || state === 'OLD' ? 'DONE' : state
  return { generation: id, state: shown, total: total ?? 0, startedAt, report }
}
