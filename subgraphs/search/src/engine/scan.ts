import type { Changes, SearchAnswer, SearchDocument, SearchEngine, SearchRequest } from './port.ts'

/** Reads every document for every search: what an index is measured against, not for shops. */
export function createScanEngine(): SearchEngine {
  const documents = new Map<string, SearchDocument>()
  const prices = new Map<string, Changes['prices'][number]>()
  const stocks = new Map<string, Changes['stocks'][number]>()
  const sales = new Map<string, number>()
  let asOf = ''

  function keep<T extends { version: number }>(known: Map<string, T>, key: string, given: T): void {
    if ((known.get(key)?.version ?? 0) < given.version) known.set(key, given)
  }

  function priceOf(document: SearchDocument, currencyCode: string): number | null {
    const own = document.variants.flatMap(({ sku }) => {
      const money = prices.get(sku)?.money
      return money?.currencyCode === currencyCode ? [money.minorUnits] : []
    })
    return own.length > 0 ? Math.min(...own) : null
  }

  function matches(document: SearchDocument, { query, filters }: SearchRequest): boolean {
    const text = [document.title, document.brand, document.description, ...document.variants.map(({ sku }) => sku)]
      .join(' ')
      .toLowerCase()
    const words = text.split(/[^\p{L}\p{N}]+/u)
    const asked = query
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean)
    if (!asked.every((word) => words.some((one) => one.startsWith(word)))) return false
    const { min, max, currencyCode } = filters.price
    const price = priceOf(document, currencyCode)
    if (min !== null && (price === null || price < min)) return false
    if (max !== null && (price === null || price > max)) return false
    const inStock = document.variants.some(({ sku }) => stocks.get(sku)?.sellable)
    return filters.inStock === null || filters.inStock === inStock
  }

  return {
    apply(changes) {
      for (const product of changes.products) keep(documents, product.productId, product)
      for (const price of changes.prices) keep(prices, price.sku, price)
      for (const stock of changes.stocks) keep(stocks, stock.sku, stock)
      for (const { productId, units } of changes.sales ?? []) sales.set(productId, units)
      if (Date.parse(changes.asOf) > 0 && changes.asOf > asOf) asOf = changes.asOf
    },
    async search(request): Promise<SearchAnswer> {
      const popularity = ({ productId, popularity }: SearchDocument) => popularity + (sales.get(productId) ?? 0)
      const found = [...documents.values()]
        .filter((document) => matches(document, request))
        .toSorted((a, b) => popularity(b) - popularity(a) || (a.productId < b.productId ? -1 : 1))
      const { limit, position } = request.slice
      const after = position ? found.findIndex(({ productId }) => productId === position[0]) + 1 : 0
      return {
        hits: found.slice(after, after + limit + 1).map(({ productId }) => ({
          productId,
          position: [productId],
          matched: [],
          pinned: false,
          explanation: null,
        })),
        totalCount: found.length,
        facets: [],
        didYouMean: null,
        relaxed: [],
        asOf: asOf || null,
      }
    },
    suggest: async () => ({ queries: [], categories: [], brands: [], products: [] }),
    setSynonyms() {},
    documents: async () => documents.size,
    asOf: async () => asOf || null,
  }
}
