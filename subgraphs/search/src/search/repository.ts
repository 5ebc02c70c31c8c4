import type { PrismaClient } from '@commerce/prisma/search'

/** What the index was told about a product, for the texts around a hit and for finding products like it. */
export interface KnownProduct {
  productId: string
  title: string
  description: string | null
  brand: string | null
  categories: readonly { slug: string }[]
  attributes: readonly { name: string; value: string }[]
  skus: readonly string[]
}

/** The products that the live generation knows of these, by id. */
export async function readProducts(database: PrismaClient, ids: readonly string[]): Promise<Map<string, KnownProduct>> {
  if (ids.length === 0) return new Map()
  const rows = await database.$queryRaw<KnownProduct[]>`
    select product_id as "productId", skus, body->>'title' as title, body->>'description' as description,
      nullif(body->>'brand', '') as brand, body->'categories' as categories, body->'attributes' as attributes
    from product_document
    where generation = (select id from generation where state = 'LIVE') and product_id = any(${[...ids]}::uuid[])`
  return new Map(rows.map((row) => [row.productId, row]))
}
