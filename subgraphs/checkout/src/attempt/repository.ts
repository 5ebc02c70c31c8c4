// Above the usual length: the lease and the recovery point of an attempt are one row, and nobody may change one without the other.
import { Prisma } from '@commerce/prisma/checkout'
import { jsonOf } from '../json.ts'
import { type Attempt, type AttemptState, isOver } from './attempt.ts'

type Tx = Prisma.TransactionClient

/** Who asks with which key: keys of different viewers never meet, nor, of those who are not signed in, keys for different carts. */
export interface AttemptKey {
  scope: string
  idempotencyKey: string
}

/** The right to work on an attempt until it runs out; `token` is another one each time. */
export interface Lease {
  token: string
  ms: number
}

/** An attempt, and who works on it: somebody, somebody who has not been heard of for too long, or nobody until its next try. */
export interface StoredAttempt extends Attempt {
  work: 'leased' | 'abandoned' | 'none'
}

interface Row {
  id: string
  fingerprint: string
  cart_id: string
  viewer_id: string | null
  opened_at: Date
  state: string
  work: StoredAttempt['work']
}

const COLUMNS = Prisma.sql`id, fingerprint, cart_id, viewer_id, opened_at, state::text as state,
  case when lease is null then 'none' when lease_until > clock_timestamp() then 'leased' else 'abandoned' end as work`

/** An attempt that is to be stored; `lease` null: it is over already. */
export interface NewAttempt {
  key: AttemptKey
  attempt: Attempt
  lease: Lease | null
}

/** Stores new attempts; answers the ids of those whose key had none yet. */
export async function insertAttempts(tx: Tx, attempts: readonly NewAttempt[]): Promise<Set<string>> {
  const rows = attempts.map(({ key, attempt, lease }) => ({
    id: attempt.id,
    scope: key.scope,
    idempotency_key: key.idempotencyKey,
    fingerprint: attempt.fingerprint,
    cart_id: attempt.cartId,
    viewer_id: attempt.viewerId,
    state: attempt.state,
    opened_at: attempt.openedAt,
    lease: lease?.token,
    lease_ms: lease?.ms,
  }))
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    insert into attempt (id, scope, idempotency_key, fingerprint, cart_id, viewer_id, phase, state, opened_at, lease, lease_until)
    select id, scope, idempotency_key, fingerprint, cart_id, viewer_id, state ->> 'at', state, opened_at,
      lease, clock_timestamp() + lease_ms * interval '1 ms'
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as row(id uuid, scope text, idempotency_key text, fingerprint text,
      cart_id uuid, viewer_id text, state jsonb, opened_at timestamptz, lease uuid, lease_ms int)
    order by scope, idempotency_key
    on conflict (scope, idempotency_key) do nothing
    returning id::text`
  return new Set(inserted.map(({ id }) => id))
}

export async function findAttemptByKey(db: Tx, { scope, idempotencyKey }: AttemptKey): Promise<StoredAttempt | null> {
  const [row] = await db.$queryRaw<Row[]>`
    select ${COLUMNS} from attempt where scope = ${scope} and idempotency_key = ${idempotencyKey}`
  return row ? toAttempt(row) : null
}

export async function findAttempt(db: Tx, id: string): Promise<StoredAttempt | null> {
  const [row] = await db.$queryRaw<Row[]>`select ${COLUMNS} from attempt where id = ${id}::uuid`
  return row ? toAttempt(row) : null
}

/** The id of the attempt that has this round and is not over, or null. */
export async function findOpenByRound(db: Tx, round: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`
    select id from attempt where state ->> 'round' = ${round} and phase not in ('done', 'failed')`
  return row?.id ?? null
}

/** Takes the lease of an attempt that is not over and that nobody works on; null when there is nothing to take. */
export async function claimAttempt(db: Tx, id: string, lease: Lease): Promise<StoredAttempt | null> {
  const [row] = await db.$queryRaw<Row[]>`
    update attempt set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id = ${id}::uuid and phase not in ('done', 'failed')
      and (lease_until is null or lease_until <= clock_timestamp())
    returning ${COLUMNS}`
  return row ? toAttempt(row) : null
}

/** Takes the leases of up to `limit` attempts that nobody works on and whose next try is due; replicas never get the same ones. */
export async function claimDue(db: Tx, limit: number, lease: Lease): Promise<StoredAttempt[]> {
  const rows = await db.$queryRaw<Row[]>`
    update attempt set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id in (
      select id from attempt
      where phase not in ('done', 'failed') and next_try_at <= clock_timestamp()
        and (lease_until is null or lease_until <= clock_timestamp())
      order by next_try_at limit ${limit} for update skip locked)
    returning ${COLUMNS}`
  return rows.map(toAttempt)
}

/** An attempt as its worker knows it: the phase that is stored of it, and the lease it is worked on under. */
export interface Leased {
  id: string
  phase: AttemptState['at']
  lease: Lease
}

/**
 * Stores next states; answers the ids of those that were stored: who is missing has lost its lease meanwhile, and somebody else has gone on. The
 * lease starts anew, or ends with the attempt. The tries in vain are counted per phase.
 */
export async function saveStates(tx: Tx, saves: readonly (Leased & { next: AttemptState })[]): Promise<Set<string>> {
  if (saves.length === 0) return new Set()
  const rows = saves.map(({ id, phase, lease, next }) => {
    return { id, stored: phase, lease: lease.token, state: next, lease_ms: isOver(next) ? null : lease.ms }
  })
  // The ids once more: PostgreSQL knows how long an array is, but takes JSON for 100 rows, for which it would rather read the whole table.
  const saved = await tx.$queryRaw<{ id: string }[]>`
    update attempt set phase = row.state ->> 'at', state = row.state, next_try_at = clock_timestamp(), updated_at = now(),
      tries = case when attempt.phase = row.state ->> 'at' then tries else 0 end,
      lease = case when row.lease_ms is not null then row.lease end,
      lease_until = clock_timestamp() + row.lease_ms * interval '1 ms'
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as row(id uuid, stored text, lease uuid, state jsonb, lease_ms int)
    where attempt.id = row.id and attempt.id = any(${saves.map(({ id }) => id)}::uuid[])
      and attempt.lease = row.lease and attempt.phase = row.stored
    returning attempt.id::text`
  return new Set(saved.map(({ id }) => id))
}

/** Those of the attempts that are still in their phase and under their lease; nobody else changes them until the transaction ends. */
export async function lockLeased(tx: Tx, attempts: readonly Leased[]): Promise<Set<string>> {
  if (attempts.length === 0) return new Set()
  const rows = attempts.map(({ id, phase, lease }) => ({ id, stored: phase, lease: lease.token }))
  const locked = await tx.$queryRaw<{ id: string }[]>`
    select attempt.id::text
    from attempt join jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id uuid, stored text, lease uuid) using (id)
    where attempt.id = any(${attempts.map(({ id }) => id)}::uuid[])
      and attempt.lease = row.lease and attempt.phase = row.stored
    order by attempt.id for update of attempt`
  return new Set(locked.map(({ id }) => id))
}

/** Gives the lease back. The next try is due after the time that `restMs` gives for the number of tries in vain so far, or, without it, at once. */
export async function restAttempt(
  db: Tx,
  id: string,
  lease: Lease,
  restMs: ((tries: number) => number) | null,
): Promise<void> {
  const [row] = await db.$queryRaw<{ tries: number }[]>`
    select tries from attempt where id = ${id}::uuid and lease = ${lease.token}::uuid`
  if (!row) return
  await db.$executeRaw`
    update attempt set lease = null, lease_until = null, tries = ${row.tries + (restMs ? 1 : 0)},
      next_try_at = clock_timestamp() + ${restMs?.(row.tries) ?? 0} * interval '1 ms'
    where id = ${id}::uuid and lease = ${lease.token}::uuid`
}

/** An attempt that failed because something was unavailable, nobody else changing it until the transaction ends; null when it is not such a one (any more). */
export async function lockUnavailable(tx: Tx, id: string): Promise<StoredAttempt | null> {
  const [row] = await tx.$queryRaw<Row[]>`
    select ${COLUMNS} from attempt
    where id = ${id}::uuid and phase = 'failed' and state -> 'failure' ->> 'is' = 'unavailable' for update`
  return row ? toAttempt(row) : null
}

/** Starts a finished attempt again, or ends it in another way (without a lease); it must be locked. */
export async function reopenAttempt(
  tx: Tx,
  id: string,
  { state, openedAt }: Pick<Attempt, 'state' | 'openedAt'>,
  lease: Lease | null,
): Promise<void> {
  await tx.$executeRaw`
    update attempt set phase = ${state.at}, state = ${jsonOf(state)}::jsonb, opened_at = ${openedAt}, tries = 0,
      next_try_at = clock_timestamp(), updated_at = now(), lease = ${lease?.token ?? null}::uuid, lease_until = ${leaseEnd(lease)}
    where id = ${id}::uuid`
}

// By the database's clock: the replicas' own may differ.
function leaseEnd(lease: Lease | null): Prisma.Sql {
  return lease ? Prisma.sql`clock_timestamp() + ${lease.ms} * interval '1 ms'` : Prisma.sql`null`
}

function toAttempt({ id, fingerprint, cart_id, viewer_id, opened_at, state, work }: Row): StoredAttempt {
  return {
    id,
    fingerprint,
    cartId: cart_id,
    viewerId: viewer_id,
    openedAt: opened_at,
    state: decode(state),
    work,
  }
}

// JSON has no bigint: amounts are stored as strings, and known by the names of their fields.
const AMOUNTS = new Set([
  'minorUnits',
  'unitMinorUnits',
  'before',
  'now',
  'subtotal',
  'discount',
  'shipping',
  'tax',
  'taxIncluded',
  'total',
  'discountMinorUnits',
  'taxMinorUnits',
  'taxIncludedMinorUnits',
])

function decode(state: string): AttemptState {
  return JSON.parse(state, (key, value) => (AMOUNTS.has(key) && typeof value === 'string' ? BigInt(value) : value))
}
