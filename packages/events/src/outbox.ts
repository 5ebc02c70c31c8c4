import { randomUUID } from 'node:crypto'
import { type Changes, changesWanted, noteChange } from './changes.ts'
import { contracts, type NewEvent } from './contracts.ts'
import type { OutboxRow } from './outbox-table.ts'
import { currentTraceparent } from './trace.ts'

/** The part of a Prisma transaction that the outbox needs. */
export interface SqlTransaction {
  $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T>
}

/** The part of a Prisma client that opens transactions. */
export interface SqlDatabase<Tx extends SqlTransaction> {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: { maxWait?: number; timeout?: number }): Promise<T>
}

/** NATS carries messages up to 1 MB; the envelope of an event takes a little of it. */
const MAX_DATA_BYTES = 900_000

/** A change whose event would be too large to leave: it was not made. */
export class EventTooLarge extends Error {
  override name = 'EventTooLarge'
  readonly key: string
  constructor(event: NewEvent, bytes: number) {
    super(`The event ${event.type} of ${event.key} has ${bytes} bytes, at most ${MAX_DATA_BYTES} can leave.`)
    this.key = event.key
  }
}

/** Adds a fact to the transaction it belongs to; it counts as a change, and as part of the trace, of the work that calls this. */
export type Emit = (event: NewEvent) => void

/** Runs one intention: state changes and their events in a single transaction, all or nothing. Rejects with `EventTooLarge` when an event cannot leave. */
export type Transact<Tx> = <T>(work: (tx: Tx, emit: Emit) => Promise<T>, options?: { timeoutMs?: number }) => Promise<T>

/**
 * Makes the `transact` of a subgraph. `committed` is called after each commit with its events as they stand in the
 * outbox, before the caller gets its result: caches raise their floors there and the relay lets them leave. By then they are noted for `notingChanges` too.
 */
export function createTransact<Tx extends SqlTransaction>(
  database: SqlDatabase<Tx>,
  committed: (rows: readonly OutboxRow[]) => void,
): Transact<Tx> {
  return async (work, { timeoutMs = 10_000 } = {}) => {
    let emitted: Emitted[] = []
    let rows: OutboxRow[] = []
    const result = await database.$transaction(
      async (tx) => {
        emitted = []
        const outcome = await work(tx, (event) =>
          emitted.push({ event, traceparent: currentTraceparent(), changes: changesWanted() }),
        )
        if (emitted.length > 0) rows = await append(tx, emitted)
        return outcome
      },
      { maxWait: 5_000, timeout: timeoutMs },
    )
    for (const { event, changes } of emitted) noteChange(event.subject, event.version, changes)
    if (emitted.length > 0) committed(rows)
    return result
  }
}

interface Emitted {
  event: NewEvent
  traceparent: string | undefined
  changes: Changes | undefined
}

async function append(tx: SqlTransaction, emitted: readonly Emitted[]): Promise<OutboxRow[]> {
  const rows = emitted.map(({ event, traceparent }) => {
    const { type, subject, version } = event
    const data = contracts[type].data.parse(event.data) // what breaks its contract must not leave, nor the change be kept
    const bytes = Buffer.byteLength(JSON.stringify(data))
    if (bytes > MAX_DATA_BYTES) throw new EventTooLarge(event, bytes)
    return { event_id: randomUUID(), subject, type, version, data, traceparent: traceparent ?? null }
  })
  const appended = await tx.$queryRawUnsafe<Pick<OutboxRow, 'id' | 'event_id' | 'created_at'>[]>(
    `insert into outbox (event_id, subject, type, version, data, traceparent)
     select event_id, subject, type, version, data, traceparent
     from jsonb_to_recordset($1::jsonb)
       as row(event_id uuid, subject text, type text, version int, data jsonb, traceparent text)
     returning id::text, event_id::text, created_at`,
    JSON.stringify(rows),
  )
  const given = new Map(appended.map((row) => [row.event_id, row]))
  return rows.map((row) => ({ ...row, ...given.get(row.event_id) }) as OutboxRow)
}
