import type { EventConnection } from '@commerce/events/connection.ts'
import { durableLags, versionsHeld } from '@commerce/events/inspect.ts'
import type { DatabaseName } from '@commerce/prisma/engine.ts'
import type pg from 'pg'
import type { Projection, Seen, Told } from './seen.ts'

/** A connection to each database that is read. */
export type Databases = Readonly<Record<Exclude<DatabaseName, never>, pg.Pool>>

/** Reads all that the audit needs. What changes meanwhile is read at different moments: everything has to be at rest. */
export async function readShop(databases: Databases, connection: EventConnection): Promise<Seen> {
  const { catalog, inventory, checkout, search } = databases
  const [clock] = await rows<{ at: Date }>(inventory, 'select clock_timestamp() as at')
  const outboxes = new Map<string, Told[]>()
  for (const name of ['catalog', 'inventory', 'checkout'] as const) {
    outboxes.set(name, await rows<Told>(databases[name], OUTBOX))
  }
  // In the order of versions: the last one of a subject stays.
  const last = new Map([...outboxes.values()].flat().map(({ subject, version }) => [subject, version]))
  return {
    at: clock?.at.getTime() ?? 0,
    levels: await rows(inventory, 'select sku, location, on_hand as "onHand", reserved from stock_level'),
    movements: await rows(inventory, MOVEMENTS),
    reservations: await rows(inventory, RESERVATIONS),
    attempts: await rows(checkout, ATTEMPTS),
    orders: await rows(checkout, ORDERS),
    payments: await rows(checkout, PAYMENTS),
    tasks: await rows(checkout, TASKS),
    placing: await rows(checkout, PLACING),
    outboxes,
    projections: [
      await projection('the stock that search knows', inventory, STOCK, search, SEARCH_STOCK),
      await projection('the prices that search knows', catalog, PRICE, search, SEARCH_PRICE),
      await projection('the prices that checkout knows', catalog, PRICE, checkout, OFFER_PRICE),
    ],
    stream: await versionsHeld(connection, last),
    lags: await durableLags(connection),
  }
}

const OUTBOX = `
  select subject, type, version, published_at is not null as left, data from outbox order by subject, version, id`
const MOVEMENTS = `
  select sku, location, delta, kind, idempotency_key as "idempotencyKey", reservation_id as "reservationId" from movement order by id`
const RESERVATIONS = `
  select id, state, (extract(epoch from expires_at) * 1000)::float8 as "expiresAt",
    (select coalesce(jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity)), '[]')
     from reservation_line where reservation_id = id) as lines
  from reservation`
const ATTEMPTS = `
  select id, idempotency_key as key, cart_id as "cartId", phase, state ->> 'orderId' as "orderId" from attempt`
const ORDERS = `
  select o.id, attempt_id as "attemptId", cart_id as "cartId", status, payment_state as "paymentState",
    total_minor_units::float8 as total,
    round, reservation_id as "reservationId",
    (select coalesce(jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit', unit_minor_units)), '[]')
     from placed_order_line where order_id = o.id) as lines
  from placed_order o`
const PAYMENTS = `
  select kind, authorization_key as "authorizationKey", outcome, minor_units::float8 as "minorUnits" from local_payment`
const TASKS = `select id, order_id as "orderId", kind, phase from order_task`
const PLACING = `
  select id, attempt_id as "attemptId" from cart where attempt_id is not null and completed_at is null`
const STOCK = `
  select s.sku as key, s.version || ': ' || sum(greatest(0, on_hand - reserved - safety)) as value
  from stock s join stock_level l on l.sku = s.sku group by s.sku, s.version`
const SEARCH_STOCK = `
  select sku as key, version || ': ' || available as value from variant_stock join generation on id = generation where state = 'LIVE'`
const PRICE = `
  select v.sku as key, p.version || ': ' || p.minor_units as value from price p join variant v on v.id = p.variant_id`
const SEARCH_PRICE = `
  select sku as key, version || ': ' || minor_units as value from variant_price join generation on id = generation where state = 'LIVE'`
const OFFER_PRICE = `select sku as key, version || ': ' || minor_units as value from offer_price`

async function projection(
  name: string,
  owner: pg.Pool,
  source: string,
  reader: pg.Pool,
  known: string,
): Promise<Projection> {
  return { name, source: await pairs(owner, source), known: await pairs(reader, known) }
}

async function pairs(pool: pg.Pool, sql: string): Promise<Map<string, string>> {
  return new Map((await rows<{ key: string; value: string }>(pool, sql)).map(({ key, value }) => [key, value]))
}

async function rows<T extends object>(pool: pg.Pool, sql: string): Promise<T[]> {
  return (await pool.query(sql)).rows as T[]
}
