import { type Reader, storable, type Tx } from '../database.ts'
import type { PriceState, PriceValue } from './price.ts'

interface Row {
  sku: string
  variantId: string
  productId: string
  minorUnits: bigint | null
  currencyCode: string | null
  compareAt: bigint | null
  version: number
  setAt: Date
}

const PRICES = `select variant.sku, variant.id as "variantId", variant.product_id as "productId", minor_units as "minorUnits",
  currency_code as "currencyCode", compare_at_minor_units as "compareAt", version, set_at as "setAt"
  from price join variant on variant.id = price.variant_id`

/** Prices by SKU, in the order of the SKUs; null where there never was one. */
export async function readPrices(db: Reader, skus: readonly string[]): Promise<(PriceState | null)[]> {
  const rows = await db.$queryRawUnsafe<Row[]>(`${PRICES} where variant.sku = any($1)`, storable(skus))
  const bySku = new Map(rows.map((row) => [row.sku, toPrice(row)]))
  return skus.map((sku) => bySku.get(sku) ?? null)
}

/** All prices of these products' variants. */
export async function readPricesOf(db: Reader, productIds: readonly string[]): Promise<PriceState[]> {
  const rows = await db.$queryRawUnsafe<Row[]>(`${PRICES} where variant.product_id = any($1::uuid[])`, productIds)
  return rows.map(toPrice)
}

/** Saves prices, each with its version raised in the same statement; answers the new versions by variant id. */
export async function savePrices(
  tx: Tx,
  prices: readonly { variantId: string; value: PriceValue | null; setAt: Date }[],
): Promise<Map<string, number>> {
  const rows = prices.map(({ variantId, value, setAt }) => ({
    variant_id: variantId,
    minor_units: value && Number(value.minorUnits),
    currency_code: value?.currencyCode ?? null,
    compare_at: value?.compareAt == null ? null : Number(value.compareAt),
    set_at: setAt,
  }))
  const saved = await tx.$queryRawUnsafe<{ variantId: string; version: number }[]>(
    `insert into price (variant_id, minor_units, currency_code, compare_at_minor_units, version, set_at)
     select variant_id, minor_units, currency_code, compare_at, 1, set_at
     from jsonb_to_recordset($1::jsonb) as row(variant_id uuid, minor_units bigint, currency_code text, compare_at bigint,
       set_at timestamptz)
     order by variant_id
     on conflict (variant_id) do update set minor_units = excluded.minor_units, currency_code = excluded.currency_code,
       compare_at_minor_units = excluded.compare_at_minor_units, set_at = excluded.set_at, version = price.version + 1
     returning variant_id as "variantId", version`,
    JSON.stringify(rows),
  )
  return new Map(saved.map(({ variantId, version }) => [variantId, version]))
}

function toPrice({ minorUnits, currencyCode, compareAt, ...row }: Row): PriceState {
  return {
    ...row,
    value: minorUnits === null || currencyCode === null ? null : { minorUnits, currencyCode, compareAt },
  }
}
