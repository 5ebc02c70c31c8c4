import { type CommerceEvent, contracts, type EventData, type EventType } from '@commerce/events/contracts.ts'
import type { Changes, SearchDocument } from '../engine/port.ts'

/** The events that the index is made of. */
export const SUBJECTS = [
  'catalog.product.changed.*',
  'catalog.price.changed.*',
  'inventory.stock.changed.*',
  'checkout.order.placed.*',
] as const

export type ProductFact = EventData<'catalog.product.changed'>
export type PriceFact = EventData<'catalog.price.changed'>
export type StockFact = EventData<'inventory.stock.changed'>
export type OrderFact = EventData<'checkout.order.placed'>

/** What events come to: the newest known state of each entity, each with its version, and each order once. */
export interface Facts {
  products: readonly ProductFact[]
  prices: readonly PriceFact[]
  stocks: readonly StockFact[]
  orders: readonly OrderFact[]
  /** When the newest of these happened; RFC 3339. */
  asOf: string
}

const MAX_SKU = 500 // characters: longer ones do not fit into a database index
const MAX_INT = 2_147_483_647

/** An event as far as the index looks at it. */
type Told = Pick<CommerceEvent, 'type' | 'data' | 'time'>

/** What a batch of events, in any order and with repetitions, comes to. What no index can hold, a SKU above 500 characters, is left out. */
export function factsFrom(events: readonly Told[]): Facts {
  const products = new Map<string, ProductFact>()
  const prices = new Map<string, PriceFact>()
  const stocks = new Map<string, StockFact>()
  const orders = new Map<string, OrderFact>()
  let asOf = 0
  for (const event of events) {
    if (isOf(event, 'catalog.product.changed')) keepNewest(products, event.data.id, event.data)
    else if (isOf(event, 'catalog.price.changed')) keepNewest(prices, event.data.sku, event.data)
    else if (isOf(event, 'inventory.stock.changed')) keepNewest(stocks, event.data.sku, event.data)
    else if (isOf(event, 'checkout.order.placed')) keepNewest(orders, event.data.id, event.data)
    else continue
    asOf = Math.max(asOf, Date.parse(event.time) || 0)
  }
  return {
    products: [...products.values()],
    prices: [...prices.values()].filter(isIndexable),
    stocks: [...stocks.values()].filter(isIndexable),
    orders: [...orders.values()],
    asOf: new Date(asOf).toISOString(),
  }
}

/** An event that arrived without its envelope, from its subject and data; null when it is of another kind or breaks its contract. */
export function toldBy(subject: string, data: unknown, changedAt: number): Told | null {
  const type = subject.slice(0, subject.lastIndexOf('.')) as EventType
  if (!SUBJECTS.some((known) => known === `${type}.*`)) return null
  const result = contracts[type].data.safeParse(data)
  if (!result.success) return null
  return { type, data: result.data, time: new Date(Number.isFinite(changedAt) ? changedAt : 0).toISOString() }
}

/** Facts as an engine takes them; orders reach it as sums, from the store. */
export function changesFrom({ products, prices, stocks, asOf }: Omit<Facts, 'orders'>): Changes {
  return { products: products.map(documentOf), prices: prices.map(priceOf), stocks: stocks.map(stockOf), asOf }
}

/** The document of a product. Variant options are searched and filtered like the product's own attributes. */
export function documentOf(product: ProductFact): SearchDocument {
  const variants = product.variants.filter(isIndexable)
  return {
    productId: product.id,
    version: product.version,
    title: product.title,
    description: product.description,
    brand: product.brand || null,
    categories: product.categories,
    attributes: [...product.attributes, ...variants.flatMap(({ options }) => options)],
    variants: variants.map(({ sku, title }) => ({ sku, title })),
    popularity: product.popularity,
    createdAt: product.createdAt,
    updatedAt: product.updatedAt,
  }
}

function priceOf({ sku, version, price }: PriceFact): Changes['prices'][number] {
  return { sku, version, money: price }
}

/** Units that can be had now or are still promised make a SKU sellable. */
export function stockOf({ sku, version, available, backorderable = 0 }: StockFact): Changes['stocks'][number] {
  const units = Math.max(-MAX_INT, Math.min(available, MAX_INT))
  return { sku, version, available: units, sellable: available > 0 || backorderable > 0 }
}

/** The SKUs under which a product is found. */
export function skusOf({ variants }: ProductFact): string[] {
  return [...new Set(variants.filter(isIndexable).map(({ sku }) => sku))]
}

function isOf<T extends EventType>(event: Told, type: T): event is Pick<CommerceEvent<T>, 'type' | 'data' | 'time'> {
  return event.type === type
}

function keepNewest<T extends { version: number }>(newest: Map<string, T>, key: string, data: T): void {
  const known = newest.get(key)
  if (!known || known.version < data.version) newest.set(key, data)
}

function isIndexable({ sku }: { sku: string }): boolean {
  return sku.length <= MAX_SKU
}
