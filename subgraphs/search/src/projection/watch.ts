import { parseEvent } from '@commerce/events/contracts.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { DocumentStore } from '../document/repository.ts'
import type { LiveIndex } from './live.ts'
import type { Rebuild } from './rebuild.ts'
import type { ProjectionRepository } from './repository.ts'

export interface WatchOptions {
  index: LiveIndex
  rebuild: Rebuild
  store: DocumentStore
  repository: ProjectionRepository
  /** The number of the last event that was replayed before the index was loaded. */
  replayedSeq: bigint
  now(): number
  log: Logger
}

const EVERY_MS = 500
const SALES_EVERY_MS = 10_000
/** What was sold more than 30 days ago does not count any more. */
const ALL_SALES_EVERY_MS = 24 * 60 * 60 * 1000
const SWEEP_EVERY_MS = 60_000
/** Two clocks, and a transaction that was under way. */
const OVERLAP_MS = 60_000

/** Looks at what replicas tell each other through the database: another live generation, a rebuild, replayed events, sales. */
export function startWatch({ index, rebuild, store, repository, replayedSeq, now, log }: WatchOptions): {
  stop(): Promise<void>
} {
  let stopped = false
  let wake = (): void => {}
  let replayed = replayedSeq
  let salesAt = 0
  let allSalesAt = 0
  let sweptAt = now()

  async function swapped(): Promise<void> {
    const live = await repository.live()
    if (live && (await index.isBehind(live.id))) await index.reload()
  }

  async function replay(): Promise<void> {
    for (const { id, body } of await repository.replayedAfter(replayed)) {
      const event = parseEvent(body)
      index.push(subjectOf(event.type, event.subject), event)
      replayed = id
    }
  }

  async function sales(): Promise<void> {
    if (index.generation === null || now() - salesAt < SALES_EVERY_MS) return
    const began = now()
    const all = began - allSalesAt >= ALL_SALES_EVERY_MS
    const sold = await store.sales(index.generation, all ? 0 : salesAt - OVERLAP_MS, began)
    if (sold.length > 0) await index.setSales(sold)
    salesAt = began
    if (all) allSalesAt = began
  }

  async function sweep(): Promise<void> {
    if (now() - sweptAt < SWEEP_EVERY_MS) return
    if (await store.sweep(now())) return
    await repository.forgetOld()
    sweptAt = now()
  }

  // What goes wrong is said once, not twice a second for as long as it lasts.
  const said = new Map<unknown, string>()
  const loop = (async () => {
    while (!stopped) {
      for (const step of [swapped, rebuild.tick, replay, sales, sweep]) {
        try {
          if (!stopped) await step()
          said.delete(step)
        } catch (error) {
          const { message } = error as Error
          if (said.get(step) !== message) {
            log.warn({ err: error }, 'the index could not look after itself; it is tried again')
          }
          said.set(step, message)
        }
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, EVERY_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (stopped) wake()
      })
    }
  })()

  return {
    async stop() {
      stopped = true
      wake()
      await loop
    },
  }
}
