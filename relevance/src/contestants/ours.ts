import {
  type Changes,
  NO_RULES,
  noFilters,
  type SearchEngine,
  type SearchRequest,
} from '../../../subgraphs/search/src/engine/port.ts'
import { createResidentEngine } from '../../../subgraphs/search/src/engine/resident/engine.ts'
import type { Catalog } from '../catalogs.ts'
import type { Contestant, Open } from './contestant.ts'

const CURRENCY = 'USD'
const MOMENT = '2026-06-01T00:00:00.000Z'
const BATCH = 1_000
const PRICE_EDGES = [2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000]

/** Our engine, which takes changes while it answers. */
export interface Ours extends Contestant {
  /** Products with their prices; of each there are five to be had. */
  add(part: Pick<Catalog, 'documents' | 'prices'>): Promise<void>
  apply(changes: Partial<Changes>): Promise<void>
}

/** The shop's default engine, empty, in this process, through its port, as a replica of the search subgraph holds it. */
export function createOurs(): Ours {
  const engine: SearchEngine = createResidentEngine()
  const idsOf = ({ hits }: { hits: readonly { productId: string }[] }, limit: number) =>
    hits.slice(0, limit).map(({ productId }) => productId)
  return {
    async add({ documents, prices }) {
      for (let at = 0; at < Math.max(documents.length, prices.length); at += BATCH) {
        const products = documents.slice(at, at + BATCH)
        const stocks = products.flatMap(({ variants }) =>
          variants.map(({ sku }) => ({ sku, version: 1, available: 5, sellable: true })),
        )
        await engine.apply({ products, prices: prices.slice(at, at + BATCH), stocks, asOf: MOMENT })
      }
    },
    apply: async (changes) => engine.apply({ products: [], prices: [], stocks: [], asOf: MOMENT, ...changes }),
    find: async (query, limit) => idsOf(await engine.search(request(query, limit)), limit),
    async page(query, limit) {
      const answer = await engine.search({
        ...request(query, limit),
        facets: { priceEdges: PRICE_EDGES, names: null, valuesPerFacet: 20, match: null },
      })
      const counts = (wanted: string) =>
        Object.fromEntries(
          answer.facets.flatMap(({ facet, label, value, count }) =>
            facet === wanted ? [[label ?? value, count]] : [],
          ),
        )
      return {
        ids: idsOf(answer, limit),
        totalCount: answer.totalCount,
        facets: { category: counts('category'), brand: counts('brand') },
      }
    },
    suggest: async (prefix, limit) => (await engine.suggest(prefix, limit)).queries.map(({ text }) => text),
    close: async () => engine.close?.(),
  }
}

/** Our engine with a catalog in it. */
export const openOurs: Open = async (catalog) => {
  const ours = createOurs()
  await ours.add(catalog)
  return ours
}

/** A search as a page of results asks for it, without facets. */
function request(query: string, limit: number): SearchRequest {
  return {
    query,
    filters: noFilters(CURRENCY),
    sort: 'RELEVANCE',
    slice: { limit, backward: false, position: null },
    currencyCode: CURRENCY,
    soldOut: 'LAST',
    rules: NO_RULES,
    facets: null,
    explain: false,
    now: Date.parse(MOMENT),
  }
}
