import { Prisma } from '@commerce/prisma/checkout'
import type { Lease } from '../attempt/repository.ts'
import type { Actor } from '../order/order.ts'
import type { Task, TaskKind, TaskState } from './task.ts'

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
  state: TaskState
}

const COLUMNS = Prisma.sql`id, order_id, kind, fingerprint, actor, actor_id, reason, minor_units, created_at, state`

/** The task that a key of this order stands for, or null. */
export async function findByKey(db: Tx, orderId: string, idempotencyKey: string): Promise<Task | null> {
  const [row] = await db.$queryRaw<Row[]>`
    select ${COLUMNS} from order_task where order_id = ${orderId}::uuid and idempotency_key = ${idempotencyKey}`
  return row ? toTask(row) : null
}

export async function findTask(db: Tx, id: string): Promise<Task | null> {
  const [row] = await db.$queryRaw<Row[]>`select ${COLUMNS} from order_task where id = ${id}::uuid`
  return row ? toTask(row) : null
}

/** The tasks of these orders that give money back, oldest first. */
export async function findRefunds(db: Tx, orderIds: readonly string[]): Promise<Task[]> {
  const rows = await db.$queryRaw<Row[]>`
    select ${COLUMNS} from order_task
    where order_id = any(${[...orderIds]}::uuid[]) and minor_units is not null order by created_at, id`
  return rows.map(toTask)
}

/** The ids of the tasks on this round's order that are not over. */
export async function findOpenOfRound(db: Tx, round: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    select task.id from order_task as task
    join placed_order as placed on placed.id = task.order_id
    where task.phase not in ('done', 'failed') and placed.round::text = ${round}`
  return rows.map(({ id }) => id)
}

/** Stores a new task, leased when there is something left to do; the order must be locked, and the key be new. */
export async function insertTask(tx: Tx, idempotencyKey: string, task: Task, lease: Lease | null): Promise<void> {
  const { id, orderId, kind, fingerprint, by, reason, minorUnits, createdAt, state } = task
  await tx.$executeRaw`
    insert into order_task (id, order_id, idempotency_key, fingerprint, kind, actor, actor_id, reason, minor_units,
      phase, state, created_at, lease, lease_until)
    values (${id}::uuid, ${orderId}::uuid, ${idempotencyKey}, ${fingerprint}, ${kind}, ${by.is}, ${by.id}, ${reason}, ${minorUnits},
      ${state.at}, ${JSON.stringify(state)}::jsonb, ${createdAt}, ${lease?.token ?? null}::uuid, ${leaseEnd(lease)})`
}

/** Takes the lease of a task that is not over and that nobody works on; null when there is nothing to take. */
export async function claimTask(db: Tx, id: string, lease: Lease): Promise<Task | null> {
  const [row] = await db.$queryRaw<Row[]>`
    update order_task set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id = ${id}::uuid and phase not in ('done', 'failed')
      and (lease_until is null or lease_until <= clock_timestamp())
    returning ${COLUMNS}`
  return row ? toTask(row) : null
}

/** Takes the leases of up to `limit` tasks that nobody works on and whose next try is due; replicas never get the same ones. */
export async function claimDueTasks(db: Tx, limit: number, lease: Lease): Promise<Task[]> {
  const rows = await db.$queryRaw<Row[]>`
    update order_task set lease = ${lease.token}::uuid, lease_until = ${leaseEnd(lease)}
    where id in (
      select id from order_task
      where phase not in ('done', 'failed') and next_try_at <= clock_timestamp()
        and (lease_until is null or lease_until <= clock_timestamp())
      order by next_try_at limit ${limit} for update skip locked)
    returning ${COLUMNS}`
  return rows.map(toTask)
}

/** Stores the next state, and the amount when it is decided now; false when the lease was lost meanwhile. */
export async function saveTask(
  tx: Tx,
  { id, state }: Task,
  next: Pick<Task, 'state' | 'minorUnits'>,
  lease: Lease,
  { over }: { over: boolean },
): Promise<boolean> {
  const { at } = next.state
  const saved = await tx.$executeRaw`
    update order_task set phase = ${at}, state = ${JSON.stringify(next.state)}::jsonb, minor_units = ${next.minorUnits},
      next_try_at = clock_timestamp(), tries = case when phase = ${at} then tries else 0 end,
      lease = ${over ? null : lease.token}::uuid, lease_until = ${leaseEnd(over ? null : lease)}
    where id = ${id}::uuid and lease = ${lease.token}::uuid and phase = ${state.at}`
  return saved === 1
}

/** Gives the lease back; the next try is due after the time that `restMs` gives for the number of tries so far, or, without it, at once. */
export async function restTask(
  db: Tx,
  id: string,
  lease: Lease,
  restMs: ((tries: number) => number) | null,
): Promise<void> {
  const [row] = await db.$queryRaw<{ tries: number }[]>`
    select tries from order_task where id = ${id}::uuid and lease = ${lease.token}::uuid`
  if (!row) return
  await db.$executeRaw`
    update order_task set lease = null, lease_until = null, tries = ${row.tries + (restMs ? 1 : 0)},
      next_try_at = clock_timestamp() + ${restMs?.(row.tries) ?? 0} * interval '1 ms'
    where id = ${id}::uuid and lease = ${lease.token}::uuid`
}

// By the database's clock: the replicas' own may differ.
function leaseEnd(lease: Lease | null): Prisma.Sql {
  return lease ? Prisma.sql`clock_timestamp() + ${lease.ms} * interval '1 ms'` : Prisma.sql`null`
}

function toTask(row: Row): Task {
  return {
    id: row.id,
    orderId: row.order_id,
    kind: row.kind as TaskKind,
    fingerprint: row.fingerprint,
    by: { is: row.actor as Actor['is'], id: row.actor_id },
    reason: row.reason,
    minorUnits: row.minor_units,
    createdAt: row.created_at,
    state: row.state,
  }
}
