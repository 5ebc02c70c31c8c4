import type { PriceWish } from '../price/price.ts'
import type { Media, Named } from '../product/parts.ts'
import { type Problem, textProblem } from '../product/text.ts'
import { LIMITS, type ProductWish, type VariantWish, wishProblems } from '../product/wish.ts'

/** One row of `productsImport`: the whole state of a variant and, for the first row of a group, of its product. */
export interface ImportRow {
  sku: string
  groupKey?: string | null
  title: string
  description?: string | null
  brand?: string | null
  categoryPath?: readonly string[] | null
  media?: readonly Media[] | null
  attributes?: readonly Named[] | null
  options?: readonly Named[] | null
  price?: PriceWish | null
  gtin?: string | null
  mpn?: string | null
  condition?: string | null
  popularity?: number | null
}

/** The wish of a row that describes its product: all of it is said, and the price only when there is one. */
export function productWish(row: ImportRow): ProductWish {
  return {
    title: row.title,
    description: row.description ?? null,
    brand: row.brand ?? null,
    categoryPath: row.categoryPath?.length ? row.categoryPath : null,
    media: row.media?.map(({ url, alt }) => ({ url, alt: alt ?? null })) ?? [],
    attributes: row.attributes ?? [],
    popularity: row.popularity ?? 0,
    variants: [variantWish(row)],
  }
}

/** The wish of a row that adds a variant to a product which another row describes. */
export function variantOnlyWish(row: ImportRow): ProductWish {
  return { variants: [variantWish(row)] }
}

function variantWish(row: ImportRow): VariantWish {
  return {
    sku: row.sku,
    options: row.options ?? [],
    media: row.groupKey ? (row.media?.map(({ url, alt }) => ({ url, alt: alt ?? null })) ?? []) : [],
    ...(row.price ? { price: row.price } : {}),
    gtin: row.gtin ?? null,
    mpn: row.mpn ?? null,
    condition: row.condition ?? null,
  }
}

/** What is wrong with a row by itself; the paths are those of the row. */
export function rowProblems(row: ImportRow): Problem[] {
  const group = row.groupKey == null ? null : textProblem(['groupKey'], row.groupKey, LIMITS.code)
  return [
    ...(group ? [group] : []),
    ...wishProblems(productWish(row)).map((found) => ({
      ...found,
      path: found.path[0] === 'variants' ? found.path.slice(2) : found.path,
    })),
  ]
}
