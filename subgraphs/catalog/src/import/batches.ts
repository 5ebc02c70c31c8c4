import type { ImportRow } from './rows.ts'

/** A row with what its result has to name. */
export interface Numbered {
  line: number
  row: ImportRow
  warnings: string[]
}

const ROWS = 250
const MAX_ROWS = 500
/** The gateway takes bodies of at most 1 MiB. */
const BYTES = 600 * 1024

/**
 * Puts rows into batches of about 250. A batch does not end within a run of rows of the same group while it has room, so that the first of
 * them, which describes the product, does not race with the others.
 */
export async function* inBatches(rows: AsyncIterable<Numbered>): AsyncGenerator<Numbered[], void, undefined> {
  let batch: Numbered[] = []
  let bytes = 0
  for await (const numbered of rows) {
    const size = Buffer.byteLength(JSON.stringify(numbered.row)) + 1
    const last = batch.at(-1)?.row.groupKey
    const sameGroup = last != null && last === numbered.row.groupKey
    if (batch.length >= (sameGroup ? MAX_ROWS : ROWS) || (batch.length > 0 && bytes + size > BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(numbered)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
