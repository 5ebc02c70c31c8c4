import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { PriceChange, SearchDocument } from '../../subgraphs/search/src/engine/port.ts'

/** Products to search in. */
export interface Catalog {
  name: string
  documents: readonly SearchDocument[]
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
  const present = (['computer-parts', 'best-buy'] as const).filter((name) => existsSync(feeds[name]))
  return present.length > 0 ? present : ['sample-shop']
}

/** A catalog from its product feed, as the search subgraph is told of its products. `limit`: evenly spread over the file. */
export function readCatalog(name: CatalogName, limit = Number.POSITIVE_INFINITY): Catalog {
  const bytes = readFileSync(feeds[name])
  const lines = (feeds[name].endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trimEnd().split('\n')
  const step = Math.max(1, lines.length / limit)
  const count = Math.min(limit, lines.length)
  const rows = Array.from({ length: count }, (_, n) => JSON.parse(lines[Math.floor(n * step)] as string) as Row)
  return { name, documents: rows.map(documentOf), prices: rows.flatMap(priceOf) }
}

/** One row of a product feed, as far as it is read here. */
interface Row {
  id: string
  title: string
  description?: string | null
  brand?: string | null
  product_type?: string | null
  price: string | null
  color?: string | null
  custom_number_0?: number
  product_detail?: { attribute_name: string; attribute_value: string }[]
}

function documentOf(row: Row): SearchDocument {
  const path = (row.product_type ?? '').split(' > ').filter(Boolean)
  const details = (row.product_detail ?? []).map((one) => ({ name: one.attribute_name, value: one.attribute_value }))
  return {
    productId: row.id,
    version: 1,
    title: row.title,
    description: row.description ?? null,
    brand: row.brand ?? null,
    categories: path.map((name, n) => {
      const slug = path
        .slice(0, n + 1)
        .join('-')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
      return { id: slug, slug, name }
    }),
    attributes: row.color ? [{ name: 'color', value: row.color }, ...details] : details,
    variants: [{ sku: row.id, title: row.title }],
    popularity: row.custom_number_0 ?? 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  }
}

function priceOf({ id, price }: Row): PriceChange[] {
  const [amount, currencyCode] = price?.split(' ') ?? []
  if (!amount || !currencyCode) return []
  const minorUnits = Math.round(Number(amount) * 100)
  return [{ sku: id, version: 1, money: { minorUnits, compareAtMinorUnits: null, currencyCode } }]
}
