import type { Viewer } from '@commerce/service/viewer.ts'
import type { Discovery } from './discovery/discovery.ts'
import type { SearchEngine } from './engine/port.ts'
import type { Projection } from './projection/service.ts'
import type { KnownProduct } from './search/repository.ts'

/** What the resolvers of one request work with. */
export interface Context {
  viewer: Viewer | null
  engine: SearchEngine
  /** The currency of prices when a request names none. */
  currencyCode: string
  projection: Projection
  discovery: Discovery
  /** What the index was told about products, by uuid. */
  products(ids: readonly string[]): Promise<Map<string, KnownProduct>>
  /** The products that were bought with one, by uuid; those that are asked for together are read together. */
  boughtWith(productId: string, first: number): Promise<string[]>
}
