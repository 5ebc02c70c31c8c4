import type { SearchEngine as OldEngine } from './engine.ts'
import { NO_RULES, type SearchEngine, type SearchRequest, type Sort } from './port.ts'

/** The calls of the first engine, answered by one behind the port. */
export function oldCalls(engine: SearchEngine): Omit<OldEngine, 'apply'> {
  const requestOf = (
    {
      query,
      brands,
      categories,
      priceMin,
      priceMax,
      currencyCode,
      inStock,
      attributes,
    }: Parameters<OldEngine['count']>[0],
    sort: Sort,
    slice: SearchRequest['slice'],
    facets: SearchRequest['facets'] = null,
  ): SearchRequest => ({
    query,
    sort,
    slice,
    currencyCode,
    facets,
    filters: {
      categories,
      brands,
      price: { min: priceMin, max: priceMax, currencyCode },
      inStock,
      onSale: null,
      ratingMin: null,
      attributes: attributes.map((one) => ({ ...one, min: null, max: null })),
    },
    soldOut: 'MIXED',
    rules: NO_RULES,
    explain: false,
    now: Date.now(),
  })
  const first = { limit: 1, backward: false, position: null }
  return {
    async find(request, sort, { limit, backward, position }) {
      const at = position ? (JSON.parse(position[0]) as string[]) : null
      const { hits } = await engine.search(requestOf(request, sort, { limit, backward, position: at }))
      return hits.map(({ productId, position: own }) => ({ productId, keys: [JSON.stringify(own), ''] as const }))
    },
    count: async (request) => (await engine.search(requestOf(request, 'RELEVANCE', first))).totalCount,
    async facets(request, priceEdges) {
      const facets = { priceEdges, names: null, valuesPerFacet: 20, match: null }
      const { facets: counted } = await engine.search(requestOf(request, 'RELEVANCE', first, facets))
      return counted.flatMap((one) =>
        one.facet === 'onSale' || one.facet === 'rating' ? [] : [{ ...one, facet: one.facet }],
      )
    },
    async asOf() {
      const asOf = await engine.asOf()
      return asOf === null ? null : new Date(asOf)
    },
    documents: () => engine.documents(),
  }
}
