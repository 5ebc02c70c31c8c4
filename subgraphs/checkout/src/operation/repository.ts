import { Prisma } from '@commerce/prisma/checkout'
import type { Lease } from '../attempt/repository.ts'
import type { Actor } from '../order/order.ts'
import type { Operation, OperationKind, OperationState } from './operation.ts'

type Tx = Prisma.TransactionClient

interface Row {
  id: string
  order_id: string
  kind: string
  fingerprint: string
  actor: string
  actor_id: string | null
  reason: string | null
  minor_units: bigint | null
  created_at: Date
  state: OperationState
}

const COLUMNS = Prisma.sql`id, order_id, kind, fingerprint, actor, actor_id, reason, minor_units, created_at, state`

/** The operation that a key of this order stands for, or null. */
export async function findByKey(db: Tx, orderId: string, idempotencyKey: string): Promise<Operation | null> {
  const [row] = await db.$queryRaw<Row[]>`
    select ${COLUMNS} from order_operation where order_id = ${orderId}::uuid and idempotency_key = ${idempotencyKey}`
  return row ? toOperation(row) : null
}

export async function findOperation(db: Tx, id: string): Promise<Operation | null> {
  const [row] = await db.$queryRaw<Row[]>`select ${COLUMNS} from order_operation where id = ${id}::uuid`
  return row ? toOperation(row) : null
}

/** The operations of these orders that give money back, oldest first. */
export async function findRefunds(db: Tx, orderIds: readonly string[]): Promise<Operation[]> {
  const rows = await db.$queryRaw<Row[]>`
    select ${COLUMNS} from order_operation
    where order_id = any(${[...orderIds]}::uuid[]) and minor_units is not null order by created_at, id`
  return rows.map(toOperation)
}

/** The ids of the operations on this round's order that are not over. */
export async function findOpenOfRound(db: Tx, round: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    select operation.id from order_operation as operation
    join placed_order as placed on placed.id = operation.order_id
    where operation.phase not in ('done', 'failed') and placed.round::text = ${round}`
  return rows.map(({ id }) => id)
}

/** Stores a new operation, leased when there is something left to do; the order must be locked, and the key be new. */
export async function insertOperation(
  tx: Tx,
  idempotencyKey: string,
  operation: Operation,
  lease: Lease | null,
): Promise<void> {
  const { id, orderId, kind, fingerprint, by, reason, minorUnits, createdAt, state } = operation
  await tx.$executeRaw`
    insert into order_operation (id, order_id, idempotency_key, fingerprint, kind, actor, actor_id, reason, minor_units,
      phase, state, created_at, lease, lease_until)
    values (${id}::uuid, ${orderId}::uuid, ${idempotencyKey}, ${fingerprint}, ${kind}, ${by.is}, ${by.id}, ${reason}, ${minorUnits},
      ${state.at}, ${JSON.stringify(state)}::jsonb, ${createdAt}, ${lease?.token ?? null}::uuid, ${leaseEnd(lease)})`
}

/** Takes the lease of an operation that is not over and that nobody works on; null when there is nothing to take. */
export async function claimOperation(db: Tx, id: string, lease: Lease): Promise<Operation | null> {
  const [row] = await db.$queryRaw<Row[]>`
    update order_operation set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id = ${id}::uuid and phase not in ('done', 'failed')
      and (lease_until is null or lease_until <= clock_timestamp())
    returning ${COLUMNS}`
  return row ? toOperation(row) : null
}

/** Takes the leases of up to `limit` operations that nobody works on and whose next try is due; replicas never get the same ones. */
export async function claimDueOperations(db: Tx, limit: number, lease: Lease): Promise<Operation[]> {
  const rows = await db.$queryRaw<Row[]>`
    update order_operation set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id in (
      select id from order_operation
      where phase not in ('done', 'failed') and next_try_at <= clock_timestamp()
        and (lease_until is null or lease_until <= clock_timestamp())
      order by next_try_at limit ${limit} for update skip locked)
    returning ${COLUMNS}`
  return rows.map(toOperation)
}

/** Stores the next state, and the amount when it is decided now; false when the lease was lost meanwhile. */
export async function saveOperation(
  tx: Tx,
  { id, state }: Operation,
  next: Pick<Operation, 'state' | 'minorUnits'>,
  lease: Lease,
  { over }: { over: boolean },
): Promise<boolean> {
  const { at } = next.state
  const saved = await tx.$executeRaw`
    update order_operation set phase = ${at}, state = ${JSON.stringify(next.state)}::jsonb, minor_units = ${next.minorUnits},
      next_try_at = clock_timestamp(), tries = case when phase = ${at} then tries else 0 end,
      lease = ${over ? null : lease.token}::uuid, lease_until = ${leaseEnd(over ? null : lease)}
    where id = ${id}::uuid and lease = ${lease.token}::uuid and phase = ${state.at}`
  return saved === 1
}

/** Gives the lease back; the next try is due after the time that `restMs` gives for the number of tries so far, or, without it, at once. */
export async function restOperation(
  db: Tx,
  id: string,
  lease: Lease,
  restMs: ((tries: number) => number) | null,
): Promise<void> {
  const [row] = await db.$queryRaw<{ tries: number }[]>`
    select tries from order_operation where id = ${id}::uuid and lease = ${lease.token}::uuid`
  if (!row) return
  await db.$executeRaw`
    update order_operation set lease = null, lease_until = null, tries = ${row.tries + (restMs ? 1 : 0)},
      next_try_at = clock_timestamp() + ${restMs?.(row.tries) ?? 0} * interval '1 ms'
    where id = ${id}::uuid and lease = ${lease.token}::uuid`
}

// By the database's clock: the replicas' own may differ.
function leaseEnd(lease: Lease | null): Prisma.Sql {
  return lease ? Prisma.sql`clock_timestamp() + ${lease.ms} * interval '1 ms'` : Prisma.sql`null`
}

function toOperation(row: Row): Operation {
  return {
    id: row.id,
    orderId: row.order_id,
    kind: row.kind as OperationKind,
    fingerprint: row.fingerprint,
    by: { is: row.actor as Actor['is'], id: row.actor_id },
    reason: row.reason,
    minorUnits: row.minor_units,
    createdAt: row.created_at,
    state: row.state,
  }
}
