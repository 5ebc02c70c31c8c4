import { createHash } from 'node:crypto'
import type { Prisma, PrismaClient } from '@commerce/prisma/search'
import type { Changes, SearchDocument } from '../engine.ts'
import { ATTRIBUTE_SEPARATOR, jsonForPostgres } from '../postgres.ts'
import { vectorOf } from '../words.ts'

export type IndexDatabase = PrismaClient
type Transaction = Prisma.TransactionClient

const BATCH_LIMIT_MS = 45_000 // before the events are delivered again
const MAX_FILTERABLE = 200 // characters: an index entry has little room, and nobody picks such a value

/** The writing side: a handful of statements per batch, however many changes it has. */
export function createIndex(database: IndexDatabase) {
  return {
    async apply(changes: Changes): Promise<void> {
      await database.$transaction(
        async (tx) => {
          // One writer at a time: what is derived from several entities never misses what another batch brings.
          await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('search-index'))`
          const products = await saveDocuments(tx, changes.products)
          const priced = await savePrices(tx, changes.prices)
          const stocked = await saveStocks(tx, changes.stocks)
          await deriveOffers(tx, products, priced)
          await deriveAvailability(tx, products, stocked)
          await tx.$executeRaw`update progress set as_of = greatest(as_of, ${changes.asOf}::timestamptz)`
        },
        { maxWait: 10_000, timeout: BATCH_LIMIT_MS },
      )
    },
  }
}

async function saveDocuments(tx: Transaction, documents: readonly SearchDocument[]): Promise<string[]> {
  if (documents.length === 0) return []
  await saveCategories(tx, documents)
  const rows = documents.map((document) => {
    const words = vectorOf(document.text)
    return {
      product_id: document.productId,
      version: document.version,
      brand: document.brand?.slice(0, MAX_FILTERABLE) ?? null,
      category_ids: document.categories.map(({ id }) => id),
      attributes: [...new Set(document.attributes.map(({ name, value }) => name + ATTRIBUTE_SEPARATOR + value))].filter(
        ({ length }) => length <= MAX_FILTERABLE,
      ),
      popularity: document.popularity,
      created_at: document.createdAt,
      text_hash: createHash('sha256').update(words).digest('base64'),
      words,
    }
  })
  const applied = await tx.$queryRaw<{ product_id: string }[]>`
    insert into document as known
      (product_id, version, brand, category_ids, attributes, popularity, created_at, text_hash, words)
    select product_id, version, brand, category_ids, attributes, popularity, created_at, text_hash, words::tsvector
    from jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb) as row(product_id uuid, version int, brand text,
      category_ids uuid[], attributes text[], popularity int, created_at timestamptz, text_hash text, words text)
    on conflict (product_id) do update set version = excluded.version, brand = excluded.brand,
      category_ids = excluded.category_ids, attributes = excluded.attributes, popularity = excluded.popularity,
      created_at = excluded.created_at, text_hash = excluded.text_hash,
      words = case when known.text_hash = excluded.text_hash then known.words else excluded.words end
    where known.version < excluded.version
    returning product_id`
  const ids = applied.map(({ product_id }) => product_id)
  await saveSkus(tx, ids, documents)
  return ids
}

async function saveSkus(tx: Transaction, ids: readonly string[], documents: readonly SearchDocument[]): Promise<void> {
  if (ids.length === 0) return
  const applied = new Set(ids)
  const rows = documents
    .filter(({ productId }) => applied.has(productId))
    .flatMap(({ productId, skus }) => skus.map((sku) => ({ product_id: productId, sku })))
  await tx.$executeRaw`
    with said as materialized (
      select * from jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb) as row(product_id uuid, sku text)
    ), gone as (
      delete from document_sku known where product_id = any(${ids}::uuid[])
        and not exists (select from said where said.product_id = known.product_id and said.sku = known.sku)
    )
    insert into document_sku (product_id, sku) select distinct product_id, sku from said on conflict do nothing`
}

interface CategoryRow {
  id: string
  parent_id: string | null
  slug: string
  name: string
  said_at: string
}

async function saveCategories(tx: Transaction, documents: readonly SearchDocument[]): Promise<void> {
  const latest = new Map<string, CategoryRow>()
  for (const { categories, updatedAt } of documents) {
    for (const [i, { id, slug, name }] of categories.entries()) {
      const known = latest.get(id)
      if (known && known.said_at >= updatedAt) continue
      latest.set(id, { id, parent_id: categories[i - 1]?.id ?? null, slug, name, said_at: updatedAt })
    }
  }
  if (latest.size === 0) return
  await tx.$executeRaw`
    insert into category as known (id, parent_id, slug, name, said_at)
    select id, parent_id, slug, name, said_at from jsonb_to_recordset(${jsonForPostgres([...latest.values()])}::jsonb)
      as row(id uuid, parent_id uuid, slug text, name text, said_at timestamptz)
    on conflict (id) do update
      set parent_id = excluded.parent_id, slug = excluded.slug, name = excluded.name, said_at = excluded.said_at
    where known.said_at < excluded.said_at and (known.parent_id, known.slug, known.name)
      is distinct from (excluded.parent_id, excluded.slug, excluded.name)`
}

async function savePrices(tx: Transaction, prices: Changes['prices']): Promise<string[]> {
  if (prices.length === 0) return []
  const rows = prices.map(({ sku, version, minorUnits, currencyCode }) => ({
    sku,
    version,
    minor_units: minorUnits,
    currency_code: currencyCode,
  }))
  const applied = await tx.$queryRaw<{ sku: string }[]>`
    insert into sku_price as known (sku, version, minor_units, currency_code)
    select sku, version, minor_units, currency_code from jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb)
      as row(sku text, version int, minor_units bigint, currency_code text)
    on conflict (sku) do update
      set version = excluded.version, minor_units = excluded.minor_units, currency_code = excluded.currency_code
    where known.version < excluded.version
    returning sku`
  return applied.map(({ sku }) => sku)
}

async function saveStocks(tx: Transaction, stocks: Changes['stocks']): Promise<string[]> {
  if (stocks.length === 0) return []
  const applied = await tx.$queryRaw<{ sku: string }[]>`
    insert into sku_stock as known (sku, version, available)
    select sku, version, available from jsonb_to_recordset(${jsonForPostgres(stocks)}::jsonb)
      as row(sku text, version int, available int)
    on conflict (sku) do update set version = excluded.version, available = excluded.available
    where known.version < excluded.version
    returning sku`
  return applied.map(({ sku }) => sku)
}

/** The cheapest variant in each currency, of these products and of those that have one of these SKUs. */
async function deriveOffers(tx: Transaction, products: readonly string[], skus: readonly string[]): Promise<void> {
  if (products.length + skus.length === 0) return
  await tx.$executeRaw`
    with affected as materialized (
      select unnest(${products}::uuid[]) as product_id
      union select product_id from document_sku where sku = any(${skus}::text[])
    ), cheapest as materialized (
      select product_id, currency_code, min(minor_units) as minor_units
      from affected join document_sku using (product_id) join sku_price using (sku)
      where currency_code is not null group by product_id, currency_code
    ), gone as (
      delete from offer known using affected where known.product_id = affected.product_id and not exists (
        select from cheapest where cheapest.product_id = known.product_id and cheapest.currency_code = known.currency_code)
    )
    insert into offer as known (product_id, currency_code, minor_units)
    select product_id, currency_code, minor_units from cheapest
    on conflict (product_id, currency_code) do update set minor_units = excluded.minor_units
    where known.minor_units <> excluded.minor_units`
}

/** Whether any variant can be had, of these products and of those that have one of these SKUs. */
async function deriveAvailability(
  tx: Transaction,
  products: readonly string[],
  skus: readonly string[],
): Promise<void> {
  if (products.length + skus.length === 0) return
  await tx.$executeRaw`
    with affected as materialized (
      select unnest(${products}::uuid[]) as product_id
      union select product_id from document_sku where sku = any(${skus}::text[])
    )
    insert into availability as known (product_id, in_stock)
    select product_id, coalesce(bool_or(available > 0), false)
    from affected left join document_sku using (product_id) left join sku_stock using (sku) group by product_id
    on conflict (product_id) do update set in_stock = excluded.in_stock where known.in_stock <> excluded.in_stock`
}
