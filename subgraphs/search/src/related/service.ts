import type { PrismaClient } from '@commerce/prisma/search'
import { dayOf } from '../demand/demand.ts'
import type { OrderFact } from '../document/document.ts'
import type { SearchEngine } from '../engine/port.ts'
import { readProducts } from '../search/repository.ts'
import { likeness } from './related.ts'
import { addOrders, readTogether, sweepTogether } from './repository.ts'

export interface RelatedOptions {
  database: PrismaClient
  engine: Pick<SearchEngine, 'search'>
  currencyCode: string
  now(): number
}

/** Orders placed before this many days are not counted, and what was only bought then is forgotten. */
const KEPT_DAYS = 365
const DAY_MS = 24 * 60 * 60 * 1000
const MAX_SKU = 500 // as in document/: longer ones do not fit into a database index

export type RelatedService = ReturnType<typeof createRelatedService>

/** Products that go with a product. Ids are uuids. */
export function createRelatedService({ database, engine, currencyCode, now }: RelatedOptions) {
  const oldest = (): Date => new Date(dayOf(now()).getTime() - KEPT_DAYS * DAY_MS)
  return {
    /** Products like this one, the nearest first; none when it is not known. */
    async like(productId: string, first: number): Promise<string[]> {
      const known = (await readProducts(database, [productId])).get(productId)
      const request = known && likeness(known, first + 1, currencyCode, now())
      if (!request) return []
      const { hits } = await engine.search(request)
      return hits.flatMap((hit) => (hit.productId === productId ? [] : [hit.productId])).slice(0, first)
    },

    /** For each product those that were bought with it, the most frequent first. */
    boughtWith: (productIds: readonly string[], first: number) => readTogether(database, productIds, first),

    /** Counts orders; the same again counts nothing. */
    async takeOrders(orders: readonly OrderFact[]): Promise<void> {
      const counted = orders
        .map(({ id, placedAt, lines }) => ({
          id,
          placedOn: dayOf(Date.parse(placedAt)),
          lines: lines.filter(({ sku }) => sku.length <= MAX_SKU),
        }))
        .filter(({ placedOn }) => placedOn >= oldest())
      if (counted.length > 0) await addOrders(database, counted)
    },

    sweep: () => sweepTogether(database, oldest()),
  }
}
