import type { CommerceEvent, EventData } from '@commerce/events/contracts.ts'
import type { Changes, SearchDocument } from '../engine/engine.ts'

/** The events that the search index is made of. */
export const SUBJECTS = ['catalog.product.changed.*', 'catalog.price.changed.*', 'inventory.stock.changed.*'] as const

const MAX_SKU = 500 // characters: longer ones do not fit into a database index
const MAX_INT = 2_147_483_647

/** What a batch of events, in any order and with repetitions, comes to: the newest version of each entity. */
export function changesFrom(events: readonly CommerceEvent[]): Changes {
  const products = new Map<string, EventData<'catalog.product.changed'>>()
  const prices = new Map<string, EventData<'catalog.price.changed'>>()
  const stocks = new Map<string, EventData<'inventory.stock.changed'>>()
  let asOf = 0
  for (const event of events) {
    asOf = Math.max(asOf, Date.parse(event.time) || 0)
    if (isOf(event, 'catalog.product.changed')) keepNewest(products, event.data.id, event.data)
    else if (isOf(event, 'catalog.price.changed')) keepNewest(prices, event.data.sku, event.data)
    else if (isOf(event, 'inventory.stock.changed')) keepNewest(stocks, event.data.sku, event.data)
  }
  return {
    products: [...products.values()].map(documentOf),
    prices: [...prices.values()].filter(isIndexable).map(({ sku, version, price }) => ({
      sku,
      version,
      minorUnits: price?.minorUnits ?? null,
      currencyCode: price?.currencyCode ?? null,
    })),
    stocks: [...stocks.values()].filter(isIndexable).map(({ sku, version, available }) => ({
      sku,
      version,
      available: Math.max(-MAX_INT, Math.min(available, MAX_INT)),
    })),
    asOf: new Date(asOf).toISOString(),
  }
}

function isOf<T extends CommerceEvent['type']>(event: CommerceEvent, type: T): event is CommerceEvent<T> {
  return event.type === type
}

function keepNewest<T extends { version: number }>(newest: Map<string, T>, key: string, data: T): void {
  const known = newest.get(key)
  if (!known || known.version < data.version) newest.set(key, data)
}

function isIndexable({ sku }: { sku: string }): boolean {
  return sku.length <= MAX_SKU
}

/** The document of a product. Variant options are searched and filtered like the product's own attributes. */
export function documentOf(product: EventData<'catalog.product.changed'>): SearchDocument {
  const variants = product.variants.filter(isIndexable)
  const attributes = [...product.attributes, ...variants.flatMap(({ options }) => options)]
  const skus = variants.map(({ sku }) => sku)
  const variantTitles = variants.map(({ title }) => title).filter((title) => title !== product.title)
  return {
    productId: product.id,
    version: product.version,
    brand: product.brand || null,
    categories: product.categories,
    attributes,
    popularity: Math.max(-MAX_INT, Math.min(product.popularity, MAX_INT)),
    createdAt: product.createdAt,
    updatedAt: product.updatedAt,
    skus,
    text: [
      { weight: 'A', text: [product.title, product.brand, ...skus, ...new Set(variantTitles)], maxWords: 1_000 },
      { weight: 'B', text: product.categories.map(({ name }) => name), maxWords: 100 },
      { weight: 'C', text: [...new Set(attributes.flatMap(({ name, value }) => [name, value]))], maxWords: 1_000 },
      { weight: 'D', text: [product.description?.slice(0, 20_000) ?? null], maxWords: 1_000 },
    ],
  }
}
