import type { SearchEngine } from './engine.ts'
import { createIndex, type IndexDatabase } from './index/repository.ts'
import { createSearch } from './search/repository.ts'

/** The engine on PostgreSQL full text. */
export function createEngine(database: IndexDatabase): SearchEngine {
  return { ...createIndex(database), ...createSearch(database) }
}
