// Long because it is every statement of one store: what is written in a batch, and what is read of it again.
import type { Prisma, PrismaClient } from '@commerce/prisma/search'
import type { Changes } from '../engine/port.ts'
import { documentOf, type Facts, type ProductFact, skusOf, stockOf } from './document.ts'
import { jsonForPostgres } from './json.ts'

export type StoreDatabase = PrismaClient
type Transaction = Prisma.TransactionClient

const BATCH_LIMIT_MS = 45_000 // before the events are delivered again
/** Days whose sales count, for how popular a product is. */
export const SALES_DAYS = 30
/** Orders that are older are not counted any more: after that, their ids are forgotten. */
const ORDERS_KEPT_DAYS = 90
const DAY_MS = 24 * 60 * 60 * 1000

/** How many rows a generation holds. */
export interface Counts {
  documents: number
  prices: number
  stocks: number
}

/** Where to read on; null: from the beginning. */
export type Page<T> = { rows: T[]; next: string | null }

/** What the index is made of, in PostgreSQL. */
export type DocumentStore = ReturnType<typeof createStore>

export function createStore(database: StoreDatabase) {
  return {
    /**
     * Takes facts into the live generation and the one that is being filled, in one transaction; older versions than known are dropped,
     * an order is counted once. `onlyInto`: into that generation alone, and nothing when it is on its way out. Answers the generations.
     */
    apply(facts: Facts, lastSeq: number, now: number, onlyInto?: number): Promise<number[]> {
      return database.$transaction(
        async (tx) => {
          // One writer at a time: batches that hold the same rows would wait for each other in a circle. A swap waits too.
          await lockStore(tx)
          const generations = (await activeGenerations(tx)).filter((id) => onlyInto === undefined || id === onlyInto)
          if (generations.length === 0) {
            if (onlyInto !== undefined) return []
            throw new Error('The index has no generation to take changes into.')
          }
          await saveDocuments(tx, generations, facts.products)
          await savePrices(tx, generations, facts.prices)
          await saveStocks(tx, generations, facts.stocks)
          await saveOrders(tx, generations, facts.orders, now)
          await tx.$executeRaw`
            update generation set taken_seq = greatest(taken_seq, ${BigInt(lastSeq)}),
              as_of = greatest(as_of, nullif(${facts.asOf}::timestamptz, 'epoch'))
            where id = any(${generations}::int[])`
          return generations
        },
        { maxWait: 10_000, timeout: BATCH_LIMIT_MS },
      )
    },

    async documents(
      generation: number,
      after: string | null,
      limit: number,
    ): Promise<Page<Changes['products'][number]>> {
      const rows = await database.$queryRaw<{ body: ProductFact; product_id: string }[]>`
        select body, product_id::text from product_document where generation = ${generation}
          and product_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid
        order by product_id limit ${limit}`
      const next = rows.length < limit ? null : (rows.at(-1)?.product_id ?? null)
      return { rows: rows.map(({ body }) => documentOf(body)), next }
    },

    async prices(generation: number, after: string | null, limit: number): Promise<Page<Changes['prices'][number]>> {
      const rows = await database.$queryRaw<PriceRow[]>`
        select sku, version, minor_units, compare_at_minor_units, currency_code from variant_price
        where generation = ${generation} and (${after}::text is null or sku > ${after}) order by sku limit ${limit}`
      return { rows: rows.map(priceFrom), next: rows.length < limit ? null : (rows.at(-1)?.sku ?? null) }
    },

    async stocks(generation: number, after: string | null, limit: number): Promise<Page<Changes['stocks'][number]>> {
      const rows = await database.$queryRaw<Changes['stocks'][number][]>`
        select sku, version, available, sellable from variant_stock
        where generation = ${generation} and (${after}::text is null or sku > ${after}) order by sku limit ${limit}`
      return { rows, next: rows.length < limit ? null : (rows.at(-1)?.sku ?? null) }
    },

    async counts(generation: number): Promise<Counts> {
      const [row] = await database.$queryRaw<{ documents: bigint; prices: bigint; stocks: bigint }[]>`
        select (select count(*) from product_document where generation = ${generation}) as documents,
          (select count(*) from variant_price where generation = ${generation}) as prices,
          (select count(*) from variant_stock where generation = ${generation}) as stocks`
      return {
        documents: Number(row?.documents ?? 0),
        prices: Number(row?.prices ?? 0),
        stocks: Number(row?.stocks ?? 0),
      }
    },

    /** Products of a generation picked at random, at most so many. */
    async sample(generation: number, size: number): Promise<Changes['products'][number][]> {
      const rows = await database.$queryRaw<{ body: ProductFact }[]>`
        select distinct on (product_id) body from generate_series(1, ${size}::int) as i
        cross join lateral (select gen_random_uuid() as pivot where i > 0) as random
        cross join lateral (select product_id, body from product_document
          where generation = ${generation} and product_id >= pivot order by product_id limit 1) as picked`
      return rows.map(({ body }) => documentOf(body))
    },

    /** Units sold in the last 30 days, of the products of which something was sold since. */
    async sales(generation: number, since: number, now: number): Promise<{ productId: string; units: number }[]> {
      const rows = await database.$queryRaw<{ product_id: string; units: bigint }[]>`
        with sold as materialized (
          select distinct sku from variant_sales
          where generation = ${generation} and changed_at >= ${new Date(since)}::timestamptz
        ), product as materialized (
          select distinct on (product_id) product_id, skus from sold
          join product_document on generation = ${generation} and skus @> array[sold.sku]
        )
        select product_id::text, coalesce(sum(units), 0) as units
        from product left join variant_sales on generation = ${generation} and sku = any(skus)
          and day > ${new Date(now - SALES_DAYS * DAY_MS)}::date
        group by product_id`
      return rows.map(({ product_id, units }) => ({ productId: product_id, units: Number(units) }))
    },

    /** The products that have these SKUs, by SKU; of two with the same one, any. */
    async productsOf(skus: readonly string[]): Promise<Map<string, string>> {
      const rows = await database.$queryRaw<{ sku: string; product_id: string }[]>`
        select sku, product_id::text from unnest(${skus}::text[]) as sku
        join product_document on generation = (select id from generation where state = 'LIVE') and skus @> array[sku]`
      return new Map(rows.map(({ sku, product_id }) => [sku, product_id]))
    },

    /** Forgets orders that are too old to count, and generations that are on their way out, at most `limit` rows of each table; whether more are left. */
    async sweep(now: number, limit = 10_000): Promise<boolean> {
      const oldest = new Date(now - ORDERS_KEPT_DAYS * DAY_MS)
      const left = [
        await database.$executeRaw`delete from counted_order where ctid = any(array(select ctid from counted_order
          where day < ${oldest}::date limit ${limit}))`,
        await database.$executeRaw`delete from variant_sales where ctid = any(array(select ctid from variant_sales
          where day < ${oldest}::date limit ${limit}))`,
      ]
      const gone = await database.$queryRaw<{ id: number }[]>`
        select id from generation where state in ('OLD', 'REFUSED') and swept_at is null`
      for (const { id } of gone) {
        const rows = [
          await database.$executeRaw`delete from product_document where generation = ${id} and product_id in
            (select product_id from product_document where generation = ${id} limit ${limit})`,
          await database.$executeRaw`delete from variant_price where generation = ${id} and sku in
            (select sku from variant_price where generation = ${id} limit ${limit})`,
          await database.$executeRaw`delete from variant_stock where generation = ${id} and sku in
            (select sku from variant_stock where generation = ${id} limit ${limit})`,
          await database.$executeRaw`delete from counted_order where generation = ${id} and order_id in
            (select order_id from counted_order where generation = ${id} limit ${limit})`,
          await database.$executeRaw`delete from variant_sales where ctid = any(array(select ctid from variant_sales
            where generation = ${id} limit ${limit}))`,
        ]
        if (rows.every((count) => count === 0)) {
          await database.$executeRaw`update generation set swept_at = now() where id = ${id}`
        }
        left.push(...rows.map((count) => (count > 0 ? limit : 0)))
      }
      return left.some((rows) => rows >= limit)
    },
  }
}

/** Holds all writers of the store off until the transaction ends. */
export async function lockStore(tx: Transaction): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('search-index'))`
}

async function activeGenerations(tx: Transaction): Promise<number[]> {
  const rows = await tx.$queryRaw<{ id: number }[]>`select id from generation where state in ('LIVE', 'FILLING')`
  return rows.map(({ id }) => id)
}

async function saveDocuments(tx: Transaction, generations: number[], products: Facts['products']): Promise<void> {
  if (products.length === 0) return
  const rows = products.map((body) => ({ product_id: body.id, version: body.version, skus: skusOf(body), body }))
  await tx.$executeRaw`
    insert into product_document as known (generation, product_id, version, skus, body)
    select generation, product_id, version, skus, body from unnest(${generations}::int[]) as generation,
      jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb) as row(product_id uuid, version int, skus text[], body jsonb)
    on conflict (generation, product_id) do update
      set version = excluded.version, skus = excluded.skus, body = excluded.body
    where known.version < excluded.version`
}

interface PriceRow {
  sku: string
  version: number
  minor_units: bigint | null
  compare_at_minor_units: bigint | null
  currency_code: string | null
}

function priceFrom({ sku, version, minor_units, compare_at_minor_units, currency_code }: PriceRow) {
  if (minor_units === null || currency_code === null) return { sku, version, money: null }
  const compareAtMinorUnits = compare_at_minor_units === null ? null : Number(compare_at_minor_units)
  return { sku, version, money: { minorUnits: Number(minor_units), compareAtMinorUnits, currencyCode: currency_code } }
}

async function savePrices(tx: Transaction, generations: number[], prices: Facts['prices']): Promise<void> {
  if (prices.length === 0) return
  const rows = prices.map(({ sku, version, price }) => ({
    sku,
    version,
    minor_units: price?.minorUnits ?? null,
    compare_at_minor_units: price?.compareAtMinorUnits ?? null,
    currency_code: price?.currencyCode ?? null,
  }))
  await tx.$executeRaw`
    insert into variant_price as known (generation, sku, version, minor_units, compare_at_minor_units, currency_code)
    select generation, sku, version, minor_units, compare_at_minor_units, currency_code
    from unnest(${generations}::int[]) as generation, jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb)
      as row(sku text, version int, minor_units bigint, compare_at_minor_units bigint, currency_code text)
    on conflict (generation, sku) do update set version = excluded.version, minor_units = excluded.minor_units,
      compare_at_minor_units = excluded.compare_at_minor_units, currency_code = excluded.currency_code
    where known.version < excluded.version`
}

async function saveStocks(tx: Transaction, generations: number[], stocks: Facts['stocks']): Promise<void> {
  if (stocks.length === 0) return
  await tx.$executeRaw`
    insert into variant_stock as known (generation, sku, version, available, sellable)
    select generation, sku, version, available, sellable
    from unnest(${generations}::int[]) as generation, jsonb_to_recordset(${jsonForPostgres(stocks.map(stockOf))}::jsonb)
      as row(sku text, version int, available int, sellable boolean)
    on conflict (generation, sku) do update
      set version = excluded.version, available = excluded.available, sellable = excluded.sellable
    where known.version < excluded.version`
}

async function saveOrders(tx: Transaction, generations: number[], orders: Facts['orders'], now: number): Promise<void> {
  const counted = orders.filter(({ placedAt }) => Date.parse(placedAt) > now - ORDERS_KEPT_DAYS * DAY_MS)
  if (counted.length === 0) return
  const rows = counted.flatMap(({ id, placedAt, lines }) =>
    lines.map(({ sku, quantity }) => ({ order_id: id, day: placedAt.slice(0, 10), sku, units: quantity })),
  )
  await tx.$executeRaw`
    with line as materialized (
      select * from jsonb_to_recordset(${jsonForPostgres(rows)}::jsonb) as row(order_id uuid, day date, sku text, units bigint)
    ), fresh as (
      insert into counted_order (generation, order_id, day)
      select distinct generation, order_id, day from unnest(${generations}::int[]) as generation, line
      on conflict do nothing returning generation, order_id
    )
    insert into variant_sales as known (generation, sku, day, units, changed_at)
    select generation, sku, day, sum(units), ${new Date(now)}::timestamptz
    from fresh join line using (order_id) where length(sku) <= 500 group by generation, sku, day
    on conflict (generation, sku, day) do update set units = known.units + excluded.units, changed_at = excluded.changed_at`
}
