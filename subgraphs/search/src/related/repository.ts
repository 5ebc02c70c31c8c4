import type { PrismaClient } from '@commerce/prisma/search'
import { type Pair, pairsOf } from './related.ts'

/** An order as far as it is counted. */
export interface PairedOrder {
  id: string
  placedOn: Date
  lines: readonly { sku: string }[]
}

/** Counts what was bought together, each order once however often it comes. */
export async function addOrders(database: PrismaClient, orders: readonly PairedOrder[]): Promise<void> {
  await database.$transaction(async (tx) => {
    const fresh = await tx.$queryRaw<{ id: string }[]>`
      insert into paired_order (order_id, placed_on)
      select * from unnest(${orders.map(({ id }) => id)}::uuid[], ${orders.map(({ placedOn }) => placedOn)}::date[])
      order by 1 on conflict do nothing returning order_id as id`
    const isFresh = new Set(fresh.map(({ id }) => id))
    const counted = sumsOf(orders.filter(({ id }) => isFresh.has(id)))
    if (counted.length === 0) return
    await tx.$executeRaw`
      insert into bought_together as known (sku, other, orders, last_on)
      select * from unnest(${counted.map(({ sku }) => sku)}::text[], ${counted.map(({ other }) => other)}::text[],
        ${counted.map((one) => one.orders)}::int[], ${counted.map(({ lastOn }) => lastOn)}::date[])
      on conflict (sku, other) do update set orders = known.orders + excluded.orders,
        last_on = greatest(known.last_on, excluded.last_on)`
  })
}

interface Sum extends Pair {
  orders: number
  lastOn: Date
}

/** One row a pair, in one order, so that two replicas do not wait for each other. */
function sumsOf(orders: readonly PairedOrder[]): Sum[] {
  const sums = new Map<string, Sum>()
  for (const { placedOn, lines } of orders) {
    for (const { sku, other } of pairsOf(lines)) {
      const key = JSON.stringify([sku, other])
      const known = sums.get(key)
      if (!known) sums.set(key, { sku, other, orders: 1, lastOn: placedOn })
      else {
        known.orders++
        if (known.lastOn < placedOn) known.lastOn = placedOn
      }
    }
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

/** For each product the others of the live generation that were bought with it, the most frequent first. */
export async function readTogether(
  database: PrismaClient,
  productIds: readonly string[],
  limit: number,
): Promise<Map<string, string[]>> {
  const rows = await database.$queryRaw<{ productId: string; otherId: string }[]>`
    with live as (select id from generation where state = 'LIVE'),
    product as (
      select product_id, unnest(skus) as sku from product_document
      where generation = (select id from live) and product_id = any(${[...productIds]}::uuid[])
    ),
    -- More SKUs than products are wanted: some are of one product, some are gone.
    best as (
      select product.product_id, together.other, together.orders
      from product cross join lateral (
        select other, orders from bought_together where bought_together.sku = product.sku
        order by orders desc, other limit ${limit * 4}
      ) as together
    ),
    ranked as (
      select best.product_id, known.product_id as other_id, sum(best.orders) as orders,
        row_number() over (partition by best.product_id order by sum(best.orders) desc, known.product_id) as place
      from best join product_document as known
        on known.generation = (select id from live) and known.skus @> array[best.other] and known.product_id <> best.product_id
      group by best.product_id, known.product_id
    )
    select product_id as "productId", other_id as "otherId" from ranked where place <= ${limit} order by product_id, place`
  const together = new Map<string, string[]>()
  for (const { productId, otherId } of rows) together.set(productId, [...(together.get(productId) ?? []), otherId])
  return together
}

/** Forgets orders and pairs from before a day. */
export async function sweepTogether(database: PrismaClient, before: Date): Promise<void> {
  await database.$executeRaw`delete from bought_together where last_on < ${before}::date`
  await database.$executeRaw`delete from paired_order where placed_on < ${before}::date`
}
