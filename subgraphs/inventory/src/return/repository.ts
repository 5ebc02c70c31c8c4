import type { Sql } from '../stock/repository.ts'

/** Units of each SKU that a reservation sold and that did not come back yet. Read it while the SKUs are locked. */
export async function unitsOutside(sql: Sql, reservationId: string): Promise<Map<string, number>> {
  const rows = await sql.$queryRaw<{ sku: string; units: number }[]>`
    select sku, -sum(delta)::int as units from movement
    where reservation_id = ${reservationId}::uuid and kind in ('sale', 'return') group by sku`
  return new Map(rows.map(({ sku, units }) => [sku, units]))
}

/** What the ledger has of a return, by SKU; empty when it never was. */
export async function readReturn(sql: Sql, returnId: string): Promise<{ sku: string; quantity: number }[]> {
  return sql.$queryRaw<{ sku: string; quantity: number }[]>`
    select sku, sum(delta)::int as quantity from movement where return_id = ${returnId}::uuid group by sku order by sku`
}
