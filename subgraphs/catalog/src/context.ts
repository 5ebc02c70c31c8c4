import type { Viewer } from '@commerce/service/viewer.ts'
import type { Catalog } from './catalog.ts'
import type { Loaders } from './loaders.ts'

/** What every resolver gets. */
export interface Context {
  viewer: Viewer | null
  loaders: Loaders
  catalog: Catalog
}

/** The scope of who may change the catalog. */
export const WRITE_SCOPE = 'catalog:write'
