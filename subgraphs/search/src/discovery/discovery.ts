import type { PrismaClient } from '@commerce/prisma/search'
import type { Logger } from '@commerce/service/log.ts'
import { createDemandService, type DemandService } from '../demand/service.ts'
import type { SearchEngine } from '../engine/port.ts'
import { createRelatedService, type RelatedService } from '../related/service.ts'
import { type RuleBook, ruleBook } from '../rule/applying.ts'
import { listRules, readRules } from '../rule/repository.ts'
import type { Rule } from '../rule/rule.ts'
import { createRuleService, type RuleService } from '../rule/service.ts'
import { listSynonyms, readSynonyms } from '../synonym/repository.ts'
import { createSynonymService, type SynonymService } from '../synonym/service.ts'
import { engineSynonym, type StoredSynonym } from '../synonym/synonym.ts'
import { type Revision, readRevision } from './repository.ts'

export interface DiscoveryOptions {
  database: PrismaClient
  engine: Pick<SearchEngine, 'search' | 'setSynonyms'>
  /** The shop's own. */
  currencyCode: string
  now(): number
  log: Logger
}

interface ByCode {
  limit: number
  backward: boolean
  position: string | null
}

/** What staff say about searching, what shoppers search for, and what goes together: the same in every replica. */
export interface Discovery {
  /** The rules of now. */
  book(): RuleBook
  rules: RuleService
  synonyms: SynonymService
  demand: DemandService
  related: RelatedService
  lists: { rules(page: ByCode): Promise<Rule[]>; synonyms(page: ByCode): Promise<StoredSynonym[]> }
  /** Ends; what was counted is written. */
  stop(): Promise<void>
}

/** How soon a replica hears of what was changed at another. */
const POLL_MS = 500
const FLUSH_MS = 5_000
const REFRESH_MS = 60_000

/** Reads rules and synonyms, hands the synonyms to the engine, and keeps both as they are in the database. */
export async function startDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const { database, engine, currencyCode, now, log } = options
  let book: RuleBook = []
  let known: Revision = { rules: -1, synonyms: -1 }
  let reading: Promise<unknown> = Promise.resolve()

  async function read(): Promise<void> {
    const revision = await readRevision(database)
    if (revision.rules !== known.rules) book = ruleBook(await readRules(database), currencyCode)
    if (revision.synonyms !== known.synonyms) {
      await engine.setSynonyms((await readSynonyms(database)).map(engineSynonym))
    }
    known = revision
  }

  /** One at a time, so that what was read later stays. */
  function readAgain(): Promise<void> {
    const next = reading.then(read)
    reading = next.catch(() => {})
    return next
  }

  const demand = createDemandService({ database, now, log })
  const related = createRelatedService({ database, engine, currencyCode, now })
  await readAgain()

  const loops = [
    every(POLL_MS, 'rules and synonyms could not be read', readAgain, log),
    every(FLUSH_MS, 'queries could not be counted', demand.flush, log),
    every(REFRESH_MS, 'popular queries could not be read', refresh, log),
  ]

  async function refresh(): Promise<void> {
    await demand.refresh()
    await related.sweep()
  }

  return {
    book: () => book,
    rules: createRuleService(database, currencyCode, readAgain),
    synonyms: createSynonymService(database, readAgain),
    demand,
    related,
    lists: { rules: (page) => listRules(database, page), synonyms: (page) => listSynonyms(database, page) },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await demand.flush()
    },
  }
}

/** Does something at once, and again so long after it is done; a failure is logged, once in a row. */
function every(ms: number, failure: string, work: () => Promise<void>, log: Logger): { stop(): Promise<void> } {
  const ending = new AbortController()
  let failing = false
  const loop = (async () => {
    while (!ending.signal.aborted) {
      try {
        await work()
        failing = false
      } catch (error) {
        if (!failing) log.warn({ err: error }, `${failure}; it is tried again`)
        failing = true
      }
      await pause(ms, ending.signal)
    }
  })()
  return {
    async stop() {
      ending.abort()
      await loop
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
