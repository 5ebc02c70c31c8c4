import type { Prisma } from '@commerce/prisma/checkout'
import { isSku } from '@commerce/service/sku.ts'
import type { ListedPrice, ListedProduct, ListedStock, Offer } from './offer.ts'
import { type Terms, USUAL_TERMS } from './terms.ts'

type Tx = Prisma.TransactionClient

interface Row {
  sku: string
  product_title: string
  variant_title: string
  minor_units: bigint | null
  currency_code: string | null
  available: number | null
  terms: Terms | null
}

/** The offers of these SKUs; a SKU that no product lists, or text that is no SKU, is not in the map. */
export async function findOffers(db: Tx, skus: readonly string[]): Promise<Map<string, Offer>> {
  const possible = skus.filter(isSku)
  if (possible.length === 0) return new Map()
  const rows = await db.$queryRaw<Row[]>`
    select distinct on (variant.sku) variant.sku, product.title as product_title, variant.title as variant_title,
           price.minor_units, price.currency_code, stock.available,
           case when terms.sku is not null then json_build_object(
             'minQuantity', terms.min_quantity, 'maxQuantity', terms.max_quantity, 'step', terms.step,
             'weightGrams', terms.weight_grams, 'taxClass', terms.tax_class, 'ships', terms.ships) end as terms
    from offer_variant variant
    join offer_product product using (product_id)
    left join offer_price price using (sku)
    left join offer_stock stock using (sku)
    left join offer_terms terms using (sku)
    where variant.sku = any(${possible})
    order by variant.sku, product.product_id`
  return new Map(
    rows.map(({ sku, product_title, variant_title, minor_units, currency_code, available, terms }) => {
      const price =
        minor_units === null || currency_code === null ? null : { minorUnits: minor_units, currencyCode: currency_code }
      const titles = { productTitle: product_title, variantTitle: variant_title }
      return [sku, { sku, ...titles, price, available, terms: terms ?? USUAL_TERMS }]
    }),
  )
}

/** Takes over products that are newer than what is known, each with exactly the variants it has then. One state per product, in key order. */
export async function saveProducts(tx: Tx, products: readonly ListedProduct[]): Promise<void> {
  if (products.length === 0) return
  const titles = JSON.stringify(products.map(({ id, title, version }) => ({ id, title, version })))
  const taken = await tx.$queryRaw<{ product_id: string }[]>`
    insert into offer_product (product_id, title, version)
    select id, title, version from jsonb_to_recordset(${titles}::jsonb) as row(id uuid, title text, version int)
    order by id
    on conflict (product_id) do update set title = excluded.title, version = excluded.version
      where offer_product.version < excluded.version
    returning product_id`
  const newer = new Set(taken.map(({ product_id }) => product_id))
  if (newer.size === 0) return
  const variants = JSON.stringify(
    products.flatMap(({ id, variants: listed }) =>
      newer.has(id) ? listed.map(({ sku, title }) => ({ product_id: id, sku, title })) : [],
    ),
  )
  await tx.$executeRaw`
    delete from offer_variant where product_id = any(${[...newer]}::uuid[]) and (product_id, sku) not in (
      select product_id, sku from jsonb_to_recordset(${variants}::jsonb) as row(product_id uuid, sku text)
    )`
  await tx.$executeRaw`
    insert into offer_variant (product_id, sku, title)
    select distinct on (product_id, sku) product_id, sku, title
    from jsonb_to_recordset(${variants}::jsonb) as row(product_id uuid, sku text, title text)
    on conflict (product_id, sku) do update set title = excluded.title where offer_variant.title <> excluded.title`
}

/** Takes over prices that are newer than what is known. One state per SKU, in key order. */
export async function savePrices(tx: Tx, prices: readonly ListedPrice[]): Promise<void> {
  if (prices.length === 0) return
  const rows = JSON.stringify(
    prices.map(({ sku, version, price }) => ({
      sku,
      version,
      minor_units: price === null ? null : String(price.minorUnits),
      currency_code: price?.currencyCode ?? null,
    })),
  )
  await tx.$executeRaw`
    insert into offer_price (sku, minor_units, currency_code, version)
    select sku, minor_units, currency_code, version
    from jsonb_to_recordset(${rows}::jsonb) as row(sku text, minor_units bigint, currency_code text, version int)
    order by sku
    on conflict (sku) do update
      set minor_units = excluded.minor_units, currency_code = excluded.currency_code, version = excluded.version
      where offer_price.version < excluded.version`
}

/** Takes over stocks that are newer than what is known. One state per SKU, in key order. */
export async function saveStocks(tx: Tx, stocks: readonly ListedStock[]): Promise<void> {
  if (stocks.length === 0) return
  await tx.$executeRaw`
    insert into offer_stock (sku, available, version)
    select sku, available, version
    from jsonb_to_recordset(${JSON.stringify(stocks)}::jsonb) as row(sku text, available int, version int)
    order by sku
    on conflict (sku) do update set available = excluded.available, version = excluded.version
      where offer_stock.version < excluded.version`
}

/** Stores the terms of SKUs anew. One state per SKU. */
export async function saveTerms(tx: Tx, terms: readonly (Terms & { sku: string })[]): Promise<void> {
  if (terms.length === 0) return
  await tx.$executeRaw`
    insert into offer_terms (sku, min_quantity, max_quantity, step, weight_grams, tax_class, ships)
    select sku, "minQuantity", "maxQuantity", step, "weightGrams", "taxClass", ships
    from jsonb_to_recordset(${JSON.stringify(terms)}::jsonb)
      as row(sku text, "minQuantity" int, "maxQuantity" int, step int, "weightGrams" int, "taxClass" text, ships boolean)
    order by sku
    on conflict (sku) do update set min_quantity = excluded.min_quantity, max_quantity = excluded.max_quantity,
      step = excluded.step, weight_grams = excluded.weight_grams, tax_class = excluded.tax_class,
      ships = excluded.ships, updated_at = now()`
}
