import type { MovementKind } from '../stock/change.ts'
import type { Sql } from '../stock/repository.ts'

/** One row of the ledger. */
export interface Movement {
  /** Grows with the ledger. */
  id: string
  sku: string
  location: { code: string }
  delta: number
  kind: MovementKind
  reason: string | null
  idempotencyKey: string | null
  reservationId: string | null
  transferId: string | null
  returnId: string | null
  at: Date
}

type Row = Omit<Movement, 'location'> & { location: string }

/** Up to `limit + 1` movements of a SKU, the newest first, after or (in reverse) before one of them. */
export async function listMovements(
  sql: Sql,
  sku: string,
  { limit, backward, position }: { limit: number; backward: boolean; position: bigint | null },
): Promise<Movement[]> {
  const rows = backward
    ? await sql.$queryRaw<Row[]>`
        select id::text, sku, location, delta, kind, reason, idempotency_key as "idempotencyKey",
          reservation_id::text as "reservationId", transfer_id::text as "transferId", return_id::text as "returnId", at
        from movement where sku = ${sku} and (${position}::bigint is null or id > ${position})
        order by movement.id limit ${limit + 1}`
    : await sql.$queryRaw<Row[]>`
        select id::text, sku, location, delta, kind, reason, idempotency_key as "idempotencyKey",
          reservation_id::text as "reservationId", transfer_id::text as "transferId", return_id::text as "returnId", at
        from movement where sku = ${sku} and (${position}::bigint is null or id < ${position})
        order by movement.id desc limit ${limit + 1}`
  return rows.map(({ location, ...row }) => ({ ...row, location: { code: location } }))
}
