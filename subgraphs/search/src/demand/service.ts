import type { PrismaClient } from '@commerce/prisma/search'
import type { Logger } from '@commerce/service/log.ts'
import { countedQuery, type Demand, dayOf } from './demand.ts'
import type { Popular } from './popular.ts'
import { addDemand, type DemandPage, listDemand, popularQueries, sweepDemand } from './repository.ts'

export interface DemandOptions {
  database: PrismaClient
  now(): number
  log: Logger
}

/** Counts what is searched for. */
export interface DemandService {
  /** Counts a search; never fails and never waits. */
  record(query: string, found: number): void
  list(page: DemandPage): Promise<Demand[]>
  /** What many searched for and found; read again every minute. */
  popular(): Popular
  /** Writes what was counted; what cannot be written is tried again next time. */
  flush(): Promise<void>
  /** Reads what is popular and forgets what is old. */
  refresh(): Promise<void>
}

/** Queries that wait to be written; more are not counted until the next write. */
const MAX_WAITING = 5_000
const KEPT_DAYS = 90
const POPULAR_DAYS = 30
const MAX_POPULAR = 10_000
/** What only one person typed is nobody else's business. */
const LEAST_POPULAR = 3
const KEPT_A_DAY = 10_000
const DAY_MS = 24 * 60 * 60 * 1000

export function createDemandService({ database, now, log }: DemandOptions): DemandService {
  let waiting = new Map<string, Demand>()
  let popular: Popular = []
  let left = 0

  return {
    record(query, found) {
      const counted = countedQuery(query)
      if (counted === null) return
      const known = waiting.get(counted)
      if (!known && waiting.size >= MAX_WAITING) left++
      else if (known) {
        known.searches++
        if (found === 0) known.withoutResults++
      } else waiting.set(counted, { query: counted, searches: 1, withoutResults: found === 0 ? 1 : 0 })
    },

    list: (page) => listDemand(database, page),
    popular: () => popular,

    async flush() {
      if (waiting.size === 0) return
      const batch = waiting
      waiting = new Map()
      if (left > 0) log.warn({ left }, 'more queries than could be counted')
      left = 0
      try {
        await addDemand(database, dayOf(now()), [...batch.values()])
      } catch (error) {
        for (const [query, one] of batch) {
          const later = waiting.get(query)
          if (later) {
            later.searches += one.searches
            later.withoutResults += one.withoutResults
          } else if (waiting.size < MAX_WAITING) waiting.set(query, one)
        }
        throw error
      }
    },

    async refresh() {
      const today = dayOf(now())
      const daysAgo = (days: number): Date => new Date(today.getTime() - days * DAY_MS)
      popular = await popularQueries(database, daysAgo(POPULAR_DAYS), LEAST_POPULAR, MAX_POPULAR)
      await sweepDemand(database, { before: daysAgo(KEPT_DAYS), whole: today, keep: KEPT_A_DAY })
    },
  }
}
