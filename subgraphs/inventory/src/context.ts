import type { Loader } from '@commerce/cache/loader.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import type { StockService } from './stock/service.ts'
import type { Stock } from './stock/stock.ts'

/** What the resolvers of one request work with. */
export interface InventoryContext {
  viewer: Viewer | null
  /** Stock by SKU; null when it never had any. */
  stocks: Loader<string, Stock>
  stockService: StockService
}
