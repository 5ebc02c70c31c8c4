import type { Viewer } from '@commerce/service/viewer.ts'
import type { SearchEngine } from './engine/engine.ts'

/** What the resolvers of one request work with. */
export interface Context {
  viewer: Viewer | null
  engine: SearchEngine
  /** The currency of prices when a request names none. */
  currencyCode: string
  /** Changes that wait to be taken into the index. Throws when NATS cannot say. */
  lag(): Promise<number>
}
