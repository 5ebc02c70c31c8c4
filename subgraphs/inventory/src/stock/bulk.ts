import type { Count } from './change.ts'
import { type Refusal, type RefusalCode, refused } from './refusal.ts'
import type { Stock } from './stock.ts'
import type { Made, Told } from './write.ts'

/** What to do when some rows cannot be done: nothing, or the others. */
export type ErrorPolicy = 'ALL_OR_NOTHING' | 'VALID_ROWS'

/** Counts of many SKUs. */
export interface BulkCount {
  rows: readonly Count[]
  errorPolicy: ErrorPolicy
}

export type RowStatus = 'APPLIED' | 'UNCHANGED' | 'REFUSED' | 'SKIPPED'

export interface RowResult {
  status: RowStatus
  stock: Stock | null
  userErrors: Refusal[]
  warnings: string[]
}

export type BulkRefusal = Refusal<RefusalCode | 'TOO_MANY_ROWS' | 'NO_ROWS' | 'DUPLICATE_ROW'>

export interface BulkResult {
  /** Rows that changed something. */
  applied: number
  /** In the order of the rows; empty when the whole was refused. */
  results: RowResult[]
  userErrors: BulkRefusal[]
}

export const MAX_ROWS = 500

/** What is wrong with a list of counts as a whole. */
export function refuseBulk({ rows }: BulkCount): BulkRefusal | null {
  if (rows.length === 0) return refused('NO_ROWS', 'rows', 'There are no rows.')
  if (rows.length > MAX_ROWS) {
    return refused('TOO_MANY_ROWS', 'rows', `At most ${MAX_ROWS} rows can be set at once, ${rows.length} were given.`)
  }
  const seen = new Map<string, number>()
  for (const [i, { sku, location }] of rows.entries()) {
    const key = JSON.stringify([sku, location])
    const first = seen.get(key)
    if (first !== undefined) {
      const message = `Rows ${first} and ${i} are both about "${sku.slice(0, 200)}" at "${location.slice(0, 200)}": which of them is right?`
      return { code: 'DUPLICATE_ROW', field: ['rows', String(i)], message }
    }
    seen.set(key, i)
  }
  return null
}

/** The answer, from what became of each row. */
export function bulkAnswer({ results }: { results: readonly Made[]; changed: readonly Told[] }): BulkResult {
  const rows = results.map((made, i): RowResult => {
    if ('skipped' in made) return { status: 'SKIPPED', stock: null, userErrors: [], warnings: [] }
    if ('refusal' in made) {
      const { field, ...rest } = made.refusal
      const userErrors = [{ ...rest, field: ['rows', String(i), ...field] }]
      return { status: 'REFUSED', stock: null, userErrors, warnings: [] }
    }
    const { stock, warnings, isChange } = made
    return { status: isChange ? 'APPLIED' : 'UNCHANGED', stock, userErrors: [], warnings }
  })
  return { applied: rows.filter(({ status }) => status === 'APPLIED').length, results: rows, userErrors: [] }
}
