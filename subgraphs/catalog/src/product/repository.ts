import type { Money } from '@commerce/service/money.ts'
import { Overtaken, type Reader, storable, type Tx } from '../database.ts'
import type { ProductState, VariantState } from './product.ts'

/** Products by id, each with its variants, in the order of the ids; null where there is none. */
export async function readProducts(db: Reader, ids: readonly string[]): Promise<(ProductState | null)[]> {
  // One statement, so that a product and its variants are of the same moment.
  const rows = await db.$queryRawUnsafe<ProductState[]>(
    `select id, slug, group_key as "groupKey", title, description, brand, category_id as "categoryId", media, attributes,
       popularity, version, created_at as "createdAt", updated_at as "updatedAt",
       (select coalesce(jsonb_agg(jsonb_build_object('id', variant.id, 'sku', sku, 'options', options, 'media', variant.media,
          'gtin', gtin, 'mpn', mpn, 'condition', condition) order by position), '[]')
        from variant where variant.product_id = product.id) as variants
     from product where id = any($1::uuid[])`,
    ids,
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** The product that a variant belongs to, and the variant. */
export interface VariantPlace {
  productId: string
  variantId: string
}

const PLACE = 'product_id as "productId", id as "variantId"'

/** Where each of these SKUs is; one that does not exist is left out. */
export async function findSkus(db: Reader, skus: readonly string[]): Promise<Map<string, VariantPlace>> {
  const rows = await db.$queryRawUnsafe<(VariantPlace & { sku: string })[]>(
    `select sku, ${PLACE} from variant where sku = any($1)`,
    storable(skus),
  )
  return new Map(rows.map(({ sku, ...place }) => [sku, place]))
}

/** Where each of these variant ids is; one that does not exist is left out. */
export async function findVariants(db: Reader, ids: readonly string[]): Promise<Map<string, VariantPlace>> {
  const rows = await db.$queryRawUnsafe<VariantPlace[]>(`select ${PLACE} from variant where id = any($1::uuid[])`, ids)
  return new Map(rows.map((place) => [place.variantId, place]))
}

/** The product ids of these slugs; a slug that does not exist is left out. */
export async function findSlugs(db: Reader, slugs: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.$queryRawUnsafe<{ id: string; slug: string }[]>(
    'select id, slug from product where slug = any($1)',
    storable(slugs),
  )
  return new Map(rows.map(({ id, slug }) => [slug, id]))
}

/** The products of these feed groups. */
export async function findGroups(
  db: Reader,
  groupKeys: readonly string[],
): Promise<{ id: string; groupKey: string }[]> {
  return db.$queryRawUnsafe('select id, group_key as "groupKey" from product where group_key = any($1)', groupKeys)
}

/** Locks products until the transaction ends, always in the same order. Who changes a product, its variants or their prices does this first. */
export async function lockProducts(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.$queryRawUnsafe('select 1 from product where id = any($1::uuid[]) order by id for update', ids)
}

/** A new product with the slugs it may take, the preferred one first, and what lists sort it by. */
export interface NewProduct {
  product: ProductState
  slugs: readonly string[]
  listed: Money | null
}

/** Creates products; answers the slug that each one got, by id. Throws `Overtaken` when one of them has just been created by somebody else. */
export async function insertProducts(tx: Tx, products: readonly NewProduct[]): Promise<Map<string, string>> {
  const slugs = new Map<string, string>()
  for (let attempt = 0; slugs.size < products.length; attempt++) {
    const rows = products.flatMap(({ product, slugs: candidates, listed }, n) => {
      const slug = candidates[attempt]
      return slugs.has(product.id) || !slug ? [] : [{ ...productRow({ ...product, slug }), ...listedRow(listed), n }]
    })
    if (rows.length === 0) throw new Overtaken('A product of the same group or slug was created at the same moment.')
    const inserted = await tx.$queryRawUnsafe<{ id: string; slug: string }[]>(
      `insert into product (id, slug, group_key, title, description, brand, category_id, media, attributes, popularity,
         lowest_price, lowest_currency, version, created_at, updated_at)
       select id, slug, group_key, title, description, brand, category_id, media, attributes, popularity,
         lowest_price, lowest_currency, 1, updated_at, updated_at
       from jsonb_to_recordset($1::jsonb) as row(${PRODUCT_ROW}, lowest_price bigint, lowest_currency text, n int)
       order by slug, n
       on conflict do nothing
       returning id, slug`,
      JSON.stringify(rows),
    )
    for (const { id, slug } of inserted) slugs.set(id, slug)
  }
  return slugs
}

/** Saves changed products, each with its version raised in the same statement; answers the new versions by id. */
export async function updateProducts(tx: Tx, products: readonly ProductState[]): Promise<Map<string, number>> {
  const rows = await tx.$queryRawUnsafe<{ id: string; version: number }[]>(
    `update product set group_key = row.group_key, title = row.title, description = row.description, brand = row.brand,
       category_id = row.category_id, media = row.media, attributes = row.attributes, popularity = row.popularity,
       updated_at = row.updated_at, version = product.version + 1
     from jsonb_to_recordset($1::jsonb) as row(${PRODUCT_ROW})
     where product.id = row.id
     returning product.id, product.version`,
    JSON.stringify(products.map(productRow)),
  )
  return new Map(rows.map(({ id, version }) => [id, version]))
}

/** Saves what lists sort products by; not a change of the product itself. */
export async function updateListed(tx: Tx, listed: readonly { id: string; listed: Money | null }[]): Promise<void> {
  await tx.$executeRawUnsafe(
    `update product set lowest_price = row.lowest_price, lowest_currency = row.lowest_currency
     from jsonb_to_recordset($1::jsonb) as row(id uuid, lowest_price bigint, lowest_currency text)
     where product.id = row.id and (product.lowest_price, product.lowest_currency)
       is distinct from (row.lowest_price, row.lowest_currency)`,
    JSON.stringify(listed.map(({ id, listed: price }) => ({ id, ...listedRow(price) }))),
  )
}

/** Creates variants, or saves changed ones; `position` is their place among those of their product. */
export async function saveVariants(
  tx: Tx,
  variants: readonly { productId: string; position: number; variant: VariantState }[],
): Promise<void> {
  const rows = variants.map(({ productId, position, variant }) => ({ ...variant, product_id: productId, position }))
  await tx.$executeRawUnsafe(
    `insert into variant (id, product_id, sku, position, options, media, gtin, mpn, condition)
     select id, product_id, sku, position, options, media, gtin, mpn, condition
     from jsonb_to_recordset($1::jsonb) as row(id uuid, product_id uuid, sku text, position int, options jsonb, media jsonb,
       gtin text, mpn text, condition text)
     order by sku
     on conflict (id) do update set options = excluded.options, media = excluded.media, gtin = excluded.gtin,
       mpn = excluded.mpn, condition = excluded.condition`,
    JSON.stringify(rows),
  )
}

const PRODUCT_ROW = `id uuid, slug text, group_key text, title text, description text, brand text, category_id uuid, media jsonb,
  attributes jsonb, popularity int, updated_at timestamptz`

function productRow({
  groupKey,
  categoryId,
  updatedAt,
  variants: _,
  ...product
}: ProductState): Record<string, unknown> {
  return { ...product, group_key: groupKey, category_id: categoryId, updated_at: updatedAt }
}

function listedRow(listed: Money | null): Record<string, unknown> {
  return { lowest_price: listed && Number(listed.minorUnits), lowest_currency: listed?.currencyCode ?? null }
}
