import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fromAmount } from '@commerce/service/money.ts'
import { readRow } from '../../subgraphs/catalog/src/import/feed-row.ts'
import { readFeed } from '../../subgraphs/catalog/src/import/reader.ts'
import type { ImportRow } from '../../subgraphs/catalog/src/import/rows.ts'
import { slugify } from '../../subgraphs/catalog/src/product/slug.ts'
import type { PriceChange, SearchDocument } from '../../subgraphs/search/src/engine/port.ts'

/** Products to search in. */
export interface Catalog {
  name: string
  documents: readonly SearchDocument[]
  /** At most one a product, in the order of the products. */
  prices: readonly PriceChange[]
}

const root = join(import.meta.dirname, '../..')
const real = join(root, '../shared/data')
const feeds = {
  'computer-parts': join(real, 'products-computer-parts.jsonl.gz'),
  'best-buy': join(real, 'products-best-buy.jsonl.gz'),
  'sample-shop': join(root, 'prisma/seed/sample-shop.jsonl'),
} as const
export type CatalogName = keyof typeof feeds

/** The catalogs whose files are there: the two real ones, or the sample shop when both are absent. */
export function presentCatalogs(): readonly CatalogName[] {
  const present = (['best-buy', 'computer-parts'] as const).filter((name) => existsSync(feeds[name]))
  return present.length > 0 ? present : ['sample-shop']
}

/** The file of a catalog's product feed. */
export function feedOf(name: CatalogName): string {
  return feeds[name]
}

/** A catalog from its product feed, read by the rules of the catalog's own import, bad rows left out. `limit`: evenly spread over the file. */
export async function readCatalog(name: CatalogName, limit = Number.POSITIVE_INFINITY): Promise<Catalog> {
  const rows: ImportRow[] = []
  for await (const one of readFeed(feeds[name])) {
    const read = 'record' in one ? readRow(one.record, { currency: null }) : null
    if (read?.product && read.errors.length === 0) rows.push(read.product)
  }
  const step = Math.max(1, rows.length / limit)
  const some = Array.from({ length: Math.min(limit, rows.length) }, (_, n) => rows[Math.floor(n * step)] as ImportRow)
  return { name, documents: some.map(documentOf), prices: some.flatMap(priceOf) }
}

const CREATED_AT = '2026-01-01T00:00:00.000Z'

function documentOf(row: ImportRow): SearchDocument {
  const path = row.categoryPath ?? []
  return {
    productId: row.sku,
    version: 1,
    title: row.title,
    description: row.description ?? null,
    brand: row.brand ?? null,
    categories: path.map((name, n) => {
      const slug = slugify(path.slice(0, n + 1).join(' '))
      return { id: slug, slug, name }
    }),
    attributes: [...(row.attributes ?? []), ...(row.options ?? [])].map(({ name, value }) => ({ name, value })),
    variants: [{ sku: row.sku, title: row.title }],
    popularity: row.popularity ?? 0,
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
  }
}

function priceOf({ sku, price }: ImportRow): PriceChange[] {
  if (!price) return []
  const units = (amount: string) => Number(fromAmount(amount, price.currencyCode))
  const compareAtMinorUnits = price.compareAt == null ? null : units(price.compareAt)
  return [
    {
      sku,
      version: 1,
      money: { minorUnits: units(price.amount), compareAtMinorUnits, currencyCode: price.currencyCode },
    },
  ]
}
