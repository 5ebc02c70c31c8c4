import type { Viewer } from '@commerce/service/viewer.ts'
import type { SearchEngine } from './engine/engine.ts'
import type { Projection } from './projection/service.ts'

/** What the resolvers of one request work with. */
export interface Context {
  viewer: Viewer | null
  engine: Omit<SearchEngine, 'apply'>
  /** The currency of prices when a request names none. */
  currencyCode: string
  projection: Projection
}
