import type { Sql } from '../stock/repository.ts'
import type { HeldLine, Reservation, Shortage } from './reservation.ts'

interface Row {
  state: Reservation['state']
  fingerprint: string
  shortages: Shortage[] | null
}

/**
 * Makes a reservation that is held, without lines yet, or already expired when its time is over; waits while another transaction makes
 * the same. Answers what it is now, and whether this call made it.
 */
export async function openReservation(
  sql: Sql,
  { id, fingerprint, expiresAt }: { id: string; fingerprint: string; expiresAt: string },
): Promise<{ made: boolean; reservation: Reservation; fingerprint: string }> {
  const [made] = await sql.$queryRaw<Row[]>`
    insert into reservation (id, state, fingerprint, expires_at, closed_at)
    select ${id}::uuid, case when late then 'expired' else 'held' end, ${fingerprint}, ${expiresAt}::timestamptz,
      case when late then now() end
    from (select ${expiresAt}::timestamptz <= now() as late) as check_time
    on conflict do nothing
    returning state, fingerprint, shortages`
  if (made) return { made: true, reservation: toReservation(made), fingerprint }
  const [found] = await sql.$queryRaw<Row[]>`
    select state, fingerprint, shortages from reservation where id = ${id}::uuid`
  if (!found) throw new Error(`Reservation ${id} can neither be made nor found.`)
  return { made: false, reservation: toReservation(found), fingerprint: found.fingerprint }
}

/** Remembers that there were not enough units. */
export async function refuseReservation(sql: Sql, id: string, shortages: readonly Shortage[]): Promise<void> {
  await sql.$executeRaw`
    update reservation set state = 'refused', closed_at = now(), shortages = ${JSON.stringify(shortages)}::json
    where id = ${id}::uuid`
}

/** Writes down what is held. */
export async function addLines(sql: Sql, id: string, lines: readonly HeldLine[]): Promise<void> {
  await sql.$executeRaw`
    insert into reservation_line (reservation_id, sku, location, quantity)
    select ${id}::uuid, sku, location, quantity
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as line(sku text, location text, quantity int)`
}

/** Reads a reservation and keeps everyone else from changing it until the transaction ends; null when there is none. */
export async function lockReservation(
  sql: Sql,
  id: string,
): Promise<{ reservation: Reservation; lines: HeldLine[] } | null> {
  const [row] = await sql.$queryRaw<Row[]>`
    select state, fingerprint, shortages from reservation where id = ${id}::uuid for update`
  return row ? { reservation: toReservation(row), lines: await linesOf(sql, [id]) } : null
}

/** Makes a reservation that never held anything, so that a request to hold which comes late finds it closed; false when it exists. */
export async function openReleased(sql: Sql, id: string): Promise<boolean> {
  const made = await sql.$executeRaw`
    insert into reservation (id, state, fingerprint, expires_at, closed_at)
    values (${id}::uuid, 'released', '', now(), now()) on conflict do nothing`
  return made === 1
}

/** Takes up to `limit` held reservations whose time is over, leaving those that somebody else is working on. */
export async function lockOverdue(sql: Sql, limit: number): Promise<{ ids: string[]; lines: HeldLine[] }> {
  const rows = await sql.$queryRaw<{ id: string }[]>`
    select id from reservation where state = 'held' and expires_at <= now()
    order by expires_at limit ${limit} for update skip locked`
  const ids = rows.map(({ id }) => id)
  return { ids, lines: ids.length > 0 ? await linesOf(sql, ids) : [] }
}

/** Ends reservations. Their lines stay, as the record of what was held. */
export async function closeReservations(
  sql: Sql,
  ids: readonly string[],
  state: 'committed' | 'released' | 'expired',
): Promise<void> {
  await sql.$executeRaw`
    update reservation set state = ${state}, closed_at = now() where id = any(${[...ids]}::uuid[])`
}

/** Whether the ledger has a sale of this reservation: it knows also of those that were forgotten. */
export async function wasSold(sql: Sql, id: string): Promise<boolean> {
  const found = await sql.$queryRaw<unknown[]>`select 1 from movement where reservation_id = ${id}::uuid limit 1`
  return found.length > 0
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

function linesOf(sql: Sql, ids: readonly string[]): Promise<HeldLine[]> {
  return sql.$queryRaw<HeldLine[]>`
    select sku, location, quantity from reservation_line where reservation_id = any(${[...ids]}::uuid[]) order by sku`
}

function toReservation({ state, shortages }: Row): Reservation {
  return state === 'refused' ? { state, shortages: shortages ?? [] } : { state }
}
