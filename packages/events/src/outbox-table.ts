import type pg from 'pg'
import { STATES_KEPT } from './stream.ts'

/** A row of the table `outbox` as the relay reads it. */
export interface OutboxRow {
  id: string
  event_id: string
  subject: string
  type: string
  version: number
  data: unknown
  traceparent: string | null
  created_at: Date
}

/** What became of a row: who holds its event now, under which sequence number. */
export interface Published {
  id: string
  holder: string
  seq: number
}

/** The holder of rows that can never leave. */
export const SET_ASIDE = 'set aside'

const UNSYNCED = '5 minutes' // NATS syncs to disk every 2 minutes unless told otherwise
const NORMAL_WORK = '1 second'
const DELETED_AT_ONCE = 10_000

/**
 * The oldest rows that have not left and are not `leaving`; they are this transaction's until it ends. None while another relay has some in
 * hand: newer ones would overtake them.
 */
export async function claimRows(client: pg.ClientBase, most: number, leaving: readonly string[]): Promise<OutboxRow[]> {
  const { rows: turns } = await client.query<{ ours: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('outbox')) as ours`,
  )
  if (!turns[0]?.ours) return []
  const { rows } = await client.query<OutboxRow>(
    `select id, event_id, subject, type, version, data, traceparent, created_at from outbox
     where published_at is null and event_id <> all($2::uuid[]) order by id limit $1 for update skip locked`,
    [most, leaving],
  )
  return rows
}

export async function markPublished(client: pg.ClientBase | pg.Pool, done: readonly Published[]): Promise<void> {
  await client.query(
    `update outbox set published_at = now(), stream = done.holder, stream_seq = done.seq
     from unnest($1::bigint[], $2::text[], $3::bigint[]) as done(id, holder, seq) where outbox.id = done.id`,
    [done.map(({ id }) => id), done.map(({ holder }) => holder), done.map(({ seq }) => seq)],
  )
}

/**
 * Lets rows leave again that `holder` may not hold; answers how many. A holder is `<identity of the stream> <run of the server>`:
 * another stream holds none of our rows, and the same stream on another run of its server may have lost the end of what an earlier
 * run acknowledged, because JetStream acknowledges before it syncs to disk. Who has them already ignores them. Of each subject only as
 * many as the stream keeps: a day of changes would take long, and nothing is served from caches meanwhile.
 */
export async function unpublishDoubtful(pool: pg.Pool, holder: string): Promise<number> {
  const { rowCount } = await pool.query(
    // Counted among all rows of a subject: another relay may have let the newest leave already, and older ones would push them out again.
    `with doubtful as (
       select outbox.id, outbox.subject
       from outbox
       join (select stream, max(published_at) as last from outbox
             where published_at is not null and stream not in ($1, $2) group by stream) as earlier using (stream)
       where outbox.published_at is not null
         and (split_part(earlier.stream, ' ', 1) <> split_part($1, ' ', 1)
              or outbox.published_at > earlier.last - $3::interval)
     ), placed as (
       select id, row_number() over (partition by subject order by version desc) as place
       from outbox where subject in (select subject from doubtful)
     )
     update outbox set published_at = null
     where id in (select id from doubtful join placed using (id) where place <= $4)`,
    [holder, SET_ASIDE, UNSYNCED, STATES_KEPT],
  )
  return rowCount ?? 0
}

/** Deletes some rows that left longer than `keepMs` ago. */
export async function deleteOld(pool: pg.Pool, keepMs: number): Promise<void> {
  await pool.query(
    `delete from outbox where id in (
       select id from outbox where published_at < now() - $1 * interval '1 ms' order by published_at limit $2)`,
    [keepMs, DELETED_AT_ONCE],
  )
}

/** Whether every row that is older than a moment of normal work has left. Rows that any relay has in hand count: a claim only locks them. */
export async function isDrained(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ drained: boolean }>(
    `select not exists (
       select from outbox where published_at is null and created_at < now() - $1::interval) as drained`,
    [NORMAL_WORK],
  )
  return rows[0]?.drained ?? false
}

/** The newest row that there is. */
export async function newestRow(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('select coalesce(max(id), 0) as id from outbox')
  return rows[0]?.id ?? '0'
}

/** Whether a row up to this one has not left yet, whoever has it in hand. */
export async function isWaiting(pool: pg.Pool, upTo: string): Promise<boolean> {
  const { rows } = await pool.query<{ waiting: boolean }>(
    'select exists (select from outbox where published_at is null and id <= $1) as waiting',
    [upTo],
  )
  return rows[0]?.waiting ?? true
}

export async function countWaiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>('select count(*) from outbox where published_at is null')
  return Number(rows[0]?.count)
}
