import { createHash } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import type { Language } from '../../analysis/language.ts'
import type { Changes, PriceChange, StockChange } from '../port.ts'
import { type ProductSource, sourceOf } from './document.ts'
import type { Names } from './indices.ts'
import { KEEP_NEWEST, KEEP_PRODUCT, KEEP_SKU } from './scripts.ts'

export interface Target {
  client: Client
  names: Names
  language: Language
  /** How much popularity one sold unit is worth. */
  soldUnit: number
}

interface SkuChange {
  price: Omit<PriceChange, 'sku'> | null
  stock: Omit<StockChange, 'sku'> | null
  productIds: string[]
}

interface Offer {
  sku: string
  price: SkuChange['price']
  stock: SkuChange['stock']
}

interface ProductChange {
  document: ProductSource | null
  offers: Offer[]
  units: number | null
}

type Operation = Record<string, unknown>

/** Documents of one bulk request. */
const BATCH = 500
const RETRIES = 5
const MAX_ID = 512

/**
 * Takes changes in, in three steps: SKUs remember their prices, stock and products; what they know then, whichever process wrote it, goes
 * into the products; searches see it when this is done. A process that writes the price and one that writes the product at the same time
 * miss nothing: the SKU's document is changed by one of them first, and the other one reads what it says.
 */
export async function applyChanges(target: Target, changes: Changes): Promise<void> {
  const { client, names, language, soldUnit } = target
  const skus = skuChangesOf(changes)
  await bulk(
    client,
    names.skus,
    [...skus].flatMap(([sku, change]) => keepSku(sku, change)),
    false,
  )
  const products = new Map<string, ProductChange>()
  const of = (id: string): ProductChange => {
    const known = products.get(id) ?? { document: null, offers: [], units: null }
    products.set(id, known)
    return known
  }
  for (const document of changes.products) {
    const known = of(document.productId)
    if ((known.document?.version ?? -1) < document.version) known.document = sourceOf(document, language)
  }
  for (const { productId, units } of changes.sales ?? []) of(productId).units = units
  for (const { productIds, ...offer } of await offersOf(client, names.skus, [...skus.keys()])) {
    for (const id of productIds) of(id).offers.push(offer)
  }
  const operations = [...products].map(([id, { document, offers, units }]): [Operation, Operation] => [
    { update: { _id: id, retry_on_conflict: RETRIES } },
    scripted(KEEP_PRODUCT, { document, offers, units, soldUnit }),
  ])
  await bulk(client, names.products, operations, true)
  await bulk(
    client,
    names.state,
    [[{ update: { _id: 'state', retry_on_conflict: RETRIES } }, scripted(KEEP_NEWEST, { asOf: changes.asOf })]],
    false,
  )
}

function skuChangesOf({ products, prices, stocks }: Changes): Map<string, SkuChange> {
  const skus = new Map<string, SkuChange>()
  const of = (sku: string): SkuChange => {
    const known = skus.get(sku) ?? { price: null, stock: null, productIds: [] }
    skus.set(sku, known)
    return known
  }
  for (const { productId, variants } of products) {
    for (const { sku } of variants) of(sku).productIds.push(productId)
  }
  for (const { sku, ...price } of prices) {
    const known = of(sku)
    if ((known.price?.version ?? -1) < price.version) known.price = price
  }
  for (const { sku, ...stock } of stocks) {
    const known = of(sku)
    if ((known.stock?.version ?? -1) < stock.version) known.stock = stock
  }
  return skus
}

function keepSku(sku: string, { price, stock, productIds }: SkuChange): [Operation, Operation][] {
  const owners = productIds.length > 0 ? [...new Set(productIds)] : [null]
  return owners.map((productId) => [
    { update: { _id: idOf(sku), retry_on_conflict: RETRIES } },
    scripted(KEEP_SKU, { price, stock, productId }),
  ])
}

function scripted(source: string, params: Record<string, unknown>): Operation {
  return { script: { lang: 'painless', source, params }, scripted_upsert: true, upsert: {} }
}

/** What the SKUs' documents say now: read by id, so without waiting for a refresh. */
async function offersOf(
  client: Client,
  index: string,
  skus: readonly string[],
): Promise<(Offer & { productIds: string[] })[]> {
  const offers: (Offer & { productIds: string[] })[] = []
  for (let at = 0; at < skus.length; at += BATCH) {
    const some = skus.slice(at, at + BATCH)
    const { body } = await client.mget({ index, body: { ids: some.map(idOf) } })
    for (const [n, sku] of some.entries()) {
      const { _source: source } = body.docs[n] as {
        _source?: { price?: Offer['price']; stock?: Offer['stock']; productIds?: string[] }
      }
      if (source)
        offers.push({
          sku,
          price: source.price ?? null,
          stock: source.stock ?? null,
          productIds: source.productIds ?? [],
        })
    }
  }
  return offers
}

/** Sends operations in batches; throws with the first reason when some were refused. `refresh`: searches see them when this is done. */
async function bulk(
  client: Client,
  index: string,
  operations: readonly [Operation, Operation][],
  refresh: boolean,
): Promise<void> {
  for (let at = 0; at < operations.length; at += BATCH) {
    const some = operations.slice(at, at + BATCH)
    const isLast = at + BATCH >= operations.length
    const { body } = await client.bulk({ index, body: some.flat(), refresh: refresh && isLast })
    if (!body.errors) continue
    const failed = body.items.flatMap((item) => Object.values(item)).filter(({ error }) => error)
    // When it was too busy for some, that is what the others may be refused for as well.
    const { _id: id, error, status } = failed.find((item) => item.status === 429) ?? failed[0] ?? {}
    const refused = `Expected OpenSearch to take ${some.length} changes into ${index}; it refused ${failed.length}, first ${id}: ${error?.type}: ${error?.reason}.`
    throw Object.assign(new Error(refused), { statusCode: status })
  }
}

/** A document's id has at most 512 bytes. */
function idOf(sku: string): string {
  const id = `sku:${sku}`
  return Buffer.byteLength(id) <= MAX_ID ? id : `hash:${createHash('sha256').update(sku).digest('hex')}`
}
