import type { Loader } from '@commerce/cache/loader.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import type { Location } from './location/location.ts'
import type { LocationService } from './location/service.ts'
import type { Movement } from './movement/repository.ts'
import type { PolicyService } from './policy/service.ts'
import type { Reconciliation } from './reconciliation/repository.ts'
import type { ReturnService } from './return/service.ts'
import type { StockService } from './stock/service.ts'
import type { Stock } from './stock/stock.ts'

/** A page to read, with its position in the list's own terms. */
interface PageOf<P> {
  limit: number
  backward: boolean
  position: P | null
}

/** What staff read as it is in the database, with one row more than the page has. */
export interface Lists {
  locations(page: PageOf<string>): Promise<Location[]>
  movements(sku: string, page: PageOf<bigint>): Promise<Movement[]>
  reconciliation(): Promise<Reconciliation>
}

/** What the resolvers of one request work with. */
export interface InventoryContext {
  viewer: Viewer | null
  /** Stock by SKU; null when it never had any. */
  stocks: Loader<string, Stock>
  /** Locations by code. */
  locations: Loader<string, Location>
  lists: Lists
  stockService: StockService
  locationService: LocationService
  policyService: PolicyService
  returnService: ReturnService
}
