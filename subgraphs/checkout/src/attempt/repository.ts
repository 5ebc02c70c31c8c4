import { Prisma } from '@commerce/prisma/checkout'
import type { Attempt, AttemptState } from './attempt.ts'

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

/** Stores a new attempt, leased unless it is over already; false when the key has one. */
export async function insertAttempt(tx: Tx, key: AttemptKey, attempt: Attempt, lease: Lease | null): Promise<boolean> {
  const { id, fingerprint, cartId, viewerId, openedAt, state } = attempt
  const inserted = await tx.$executeRaw`
    insert into attempt (id, scope, idempotency_key, fingerprint, cart_id, viewer_id, phase, state, opened_at, lease, lease_until)
    values (${id}::uuid, ${key.scope}, ${key.idempotencyKey}, ${fingerprint}, ${cartId}::uuid, ${viewerId},
            ${state.at}, ${encode(state)}::jsonb, ${openedAt}, ${lease?.token ?? null}::uuid, ${leaseEnd(lease)})
    on conflict (scope, idempotency_key) do nothing`
  return inserted === 1
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

/**
 * Stores the next state; false when the lease was lost meanwhile: then somebody else has gone on. The lease starts anew, or ends with the attempt.
 * The tries in vain are counted per phase.
 */
export async function saveState(
  tx: Tx,
  attempt: Attempt,
  next: AttemptState,
  lease: Lease,
  { over }: { over: boolean },
): Promise<boolean> {
  const saved = await tx.$executeRaw`
    update attempt set phase = ${next.at}, state = ${encode(next)}::jsonb, next_try_at = clock_timestamp(), updated_at = now(),
      tries = case when phase = ${next.at} then tries else 0 end,
      lease = ${over ? null : lease.token}::uuid, lease_until = ${leaseEnd(over ? null : lease)}
    where id = ${attempt.id}::uuid and lease = ${lease.token}::uuid and phase = ${attempt.state.at}`
  return saved === 1
}

/** Whether an attempt is still in this state and under this lease; then nobody else changes it until the transaction ends. */
export async function holdsLease(tx: Tx, { id, state }: Attempt, lease: Lease): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    select 1 from attempt where id = ${id}::uuid and lease = ${lease.token}::uuid and phase = ${state.at} for update`
  return rows.length === 1
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
    update attempt set phase = ${state.at}, state = ${encode(state)}::jsonb, opened_at = ${openedAt}, tries = 0,
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

function encode(state: AttemptState): string {
  return JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

function decode(state: string): AttemptState {
  return JSON.parse(state, (key, value) => (AMOUNTS.has(key) && typeof value === 'string' ? BigInt(value) : value))
}
