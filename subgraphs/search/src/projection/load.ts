import type { Logger } from '@commerce/service/log.ts'
import type { DocumentStore, Page } from '../document/repository.ts'
import type { Changes, SearchEngine } from '../engine/port.ts'

const PAGE = 2_000
const PROGRESS_EVERY_MS = 5_000
const POLL_MS = 50

export interface StoreProgress {
  /** How far the durable consumer that fills the store is; null when there is none. */
  filled(): Promise<{ floor: number; lag: number } | null>
  /** The number of the last event in the stream that the store is filled from. */
  lastEvent(): Promise<number>
  now(): number
  log: Logger
}

/** Waits until the store has everything that was in the stream when this was called, or until stopped. */
export async function storeFilled(
  { filled, lastEvent, now, log }: StoreProgress,
  isStopped: () => boolean,
): Promise<void> {
  const target = await lastEvent()
  let told = now()
  while (!isStopped()) {
    const progress = await filled()
    if (progress && (progress.floor >= target || progress.lag === 0)) return
    if (now() - told > PROGRESS_EVERY_MS) {
      told = now()
      log.info({ waiting: progress?.lag }, 'the index waits for its store to be filled')
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Reads a generation of the store into an engine, page by page: never more than 2,000 rows at a time. Answers how many rows there were. */
export async function loadGeneration(
  store: DocumentStore,
  generation: number,
  engine: SearchEngine,
  { asOf, now, page: size = PAGE, log }: { asOf: string; now: number; page?: number; log: Logger },
): Promise<number> {
  const nothing: Changes = { products: [], prices: [], stocks: [], asOf }
  const totals = await store.counts(generation)
  const total = totals.documents + totals.prices + totals.stocks
  let read = 0
  let told = performance.now()

  async function pages<T>(
    readPage: (generation: number, after: string | null, limit: number) => Promise<Page<T>>,
    changes: (rows: T[]) => Changes,
  ): Promise<void> {
    let after: string | null = null
    do {
      const page: Page<T> = await readPage(generation, after, size)
      if (page.rows.length > 0) await engine.apply(changes(page.rows))
      read += page.rows.length
      if (performance.now() - told > PROGRESS_EVERY_MS) {
        told = performance.now()
        log.info({ generation, read, total }, 'loading the index')
      }
      after = page.next
    } while (after !== null)
  }

  await pages(store.documents, (products) => ({ ...nothing, products }))
  await pages(store.prices, (prices) => ({ ...nothing, prices }))
  await pages(store.stocks, (stocks) => ({ ...nothing, stocks }))
  const sales = await store.sales(generation, 0, now)
  if (sales.length > 0) await engine.apply({ ...nothing, sales })
  return read
}
