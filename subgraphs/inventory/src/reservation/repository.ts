import type { Sql } from '../stock/repository.ts'
import type { HeldLine, Place, Shortage } from './allocation.ts'
import type { ClosedState, Reservation } from './reservation.ts'

/** A reservation that is to be made: held, or closed beforehand. */
export interface NewReservation {
  id: string
  state: 'held' | 'released'
  fingerprint: string
  /** RFC 3339. */
  expiresAt: string
}

/** A reservation as it is in the database. */
export interface Found {
  reservation: Reservation
  /** What it was made for; empty when it was closed before it was made. */
  fingerprint: string
  isOver: boolean
}

/**
 * Makes those of the reservations that do not exist, held ones without lines yet, or already expired when their time is over; waits while other
 * transactions make the same, in the order of the ids. Answers what was made.
 */
export async function openReservations(
  sql: Sql,
  reservations: readonly NewReservation[],
): Promise<Map<string, 'held' | 'released' | 'expired'>> {
  if (reservations.length === 0) return new Map()
  const rows = reservations.map(({ expiresAt, ...row }) => ({ ...row, expires_at: expiresAt }))
  const made = await sql.$queryRaw<{ id: string; state: 'held' | 'released' | 'expired' }[]>`
    insert into reservation (id, state, fingerprint, expires_at, closed_at)
    select id, state, fingerprint, expires_at, case when state <> 'held' then now() end
    from (
      select id, fingerprint, expires_at, case when state = 'held' and expires_at <= now() then 'expired' else state end as state
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, state text, fingerprint text, expires_at timestamptz)
    ) as wanted
    order by id on conflict do nothing
    returning id::text, state`
  return new Map(made.map(({ id, state }) => [id, state]))
}

/** Reads reservations, with the lines of those that are held, and keeps everyone else from changing them until the transaction ends. */
export async function lockReservations(sql: Sql, ids: readonly string[]): Promise<Map<string, Found>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.$queryRaw<
    {
      id: string
      state: Reservation['state']
      fingerprint: string
      shortages: Shortage[] | null
      expires_at: Date
      is_over: boolean
    }[]
  >`
    select id::text, state, fingerprint, shortages, expires_at, expires_at <= clock_timestamp() as is_over
    from reservation where id = any(${[...ids]}::uuid[]) order by id for update`
  const lines = await linesOf(
    sql,
    rows.flatMap(({ id, state }) => (state === 'held' ? [id] : [])),
  )
  return new Map(
    rows.map(({ id, state, fingerprint, shortages, expires_at, is_over }) => {
      const reservation: Reservation =
        state === 'held'
          ? { state, expiresAt: expires_at.toISOString(), lines: lines.get(id) ?? [] }
          : state === 'refused'
            ? { state, shortages: shortages ?? [] }
            : { state }
      return [id, { reservation, fingerprint, isOver: is_over }]
    }),
  )
}

/** Remembers of which reservations there were not enough units. */
export async function refuseReservations(
  sql: Sql,
  refused: readonly { id: string; shortages: readonly Shortage[] }[],
): Promise<void> {
  if (refused.length === 0) return
  // Each its own json, taken as it is: jsonb, and json that is taken apart, refuse some characters that a wanted SKU can have.
  await sql.$executeRaw`
    update reservation r set state = 'refused', closed_at = now(), shortages = given.shortages::json
    from unnest(${refused.map(({ id }) => id)}::uuid[],
      ${refused.map(({ shortages }) => JSON.stringify(shortages))}::text[]) as given(id, shortages)
    where r.id = given.id`
}

/** Writes down what is held. */
export async function addLines(sql: Sql, lines: readonly (HeldLine & { id: string })[]): Promise<void> {
  if (lines.length === 0) return
  await sql.$executeRaw`
    insert into reservation_line (reservation_id, sku, location, quantity, backordered)
    select id, sku, location, quantity, backordered
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as line(id uuid, sku text, location text, quantity int, backordered int)`
}

/** Lets held reservations end later. */
export async function extendReservations(
  sql: Sql,
  extended: readonly { id: string; expiresAt: string }[],
): Promise<void> {
  if (extended.length === 0) return
  await sql.$executeRaw`
    update reservation r set expires_at = given.expires_at
    from unnest(${extended.map(({ id }) => id)}::uuid[],
      ${extended.map(({ expiresAt }) => expiresAt)}::timestamptz[]) as given(id, expires_at)
    where r.id = given.id and r.state = 'held'`
}

/** Ends up to `limit` held reservations whose time is over, leaving those that somebody else is working on; answers what they held. */
export async function endOverdue(sql: Sql, limit: number): Promise<{ count: number; lines: HeldLine[] }> {
  const rows = await sql.$queryRaw<(HeldLine & { id: string })[]>`
    with ended as (
      update reservation set state = 'expired', closed_at = now() where id in (
        select id from reservation where state = 'held' and expires_at <= now()
        order by expires_at limit ${limit} for update skip locked)
      returning id
    )
    select id::text, sku, location, quantity, backordered
    from ended left join reservation_line on reservation_id = id`
  return { count: new Set(rows.map(({ id }) => id)).size, lines: rows.filter(({ sku }) => sku !== null) }
}

/** Ends reservations. Their lines stay, as the record of what was held. */
export async function closeReservations(
  sql: Sql,
  closed: readonly { id: string; state: ClosedState }[],
): Promise<void> {
  if (closed.length === 0) return
  await sql.$executeRaw`
    update reservation r set state = given.state, closed_at = now()
    from unnest(${closed.map(({ id }) => id)}::uuid[], ${closed.map(({ state }) => state)}::text[]) as given(id, state)
    where r.id = given.id`
}

/** Those of the reservations of which the ledger has a sale: it knows also of those that were forgotten. */
export async function soldReservations(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const found = await sql.$queryRaw<{ id: string }[]>`
    select distinct reservation_id::text as id from movement
    where reservation_id = any(${[...ids]}::uuid[]) and kind = 'sale'`
  return new Set(found.map(({ id }) => id))
}

/** Where the locations of these SKUs are, by code. */
export async function readPlaces(sql: Sql, skus: readonly string[]): Promise<Map<string, Place>> {
  const rows = await sql.$queryRaw<(Place & { code: string })[]>`
    select code, country, region, latitude, longitude from location
    where code in (select location from stock_level where sku = any(${[...skus]}::text[]))`
  return new Map(rows.map(({ code, ...place }) => [code, place]))
}

/** Forgets up to `limit` reservations, with their lines, that ended more than so many days ago; answers how many it were. */
export function forgetReservations(sql: Sql, days: number, limit: number): Promise<number> {
  // What is held has not ended: its closed_at is null (a CHECK sees to it).
  return sql.$executeRaw`
    delete from reservation where id in (
      select id from reservation where closed_at < now() - ${days}::int * interval '1 day'
      limit ${limit} for update skip locked)`
}

/** Milliseconds until the next reservation expires, by the clock of the database; negative when overdue, null when none is held. */
export async function untilNextExpiry(sql: Sql): Promise<number | null> {
  const [next] = await sql.$queryRaw<{ ms: number | null }[]>`
    select (extract(epoch from min(expires_at) - clock_timestamp()) * 1000)::float8 as ms
    from reservation where state = 'held'`
  return next?.ms ?? null
}

async function linesOf(sql: Sql, ids: readonly string[]): Promise<Map<string, HeldLine[]>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.$queryRaw<(HeldLine & { id: string })[]>`
    select reservation_id::text as id, sku, location, quantity, backordered from reservation_line
    where reservation_id = any(${[...ids]}::uuid[]) order by reservation_id, sku, location`
  return Map.groupBy(rows, ({ id }) => id)
}
