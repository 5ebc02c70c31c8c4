import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { UsageError } from './options.ts'

/** What became of one row of the feed. */
export interface RowReport {
  line: number
  id: string
  outcome: 'created' | 'updated' | 'unchanged' | 'rejected'
  reasons: string[]
  warnings: string[]
}

/** What became of all rows so far. */
export interface Summary {
  rows: number
  created: number
  updated: number
  unchanged: number
  rejected: number
  /** Imported rows whose variant has no price. */
  withoutPrice: number
  warnings: number
}

export interface Report {
  readonly summary: Summary
  add(row: RowReport & { hasPrice?: boolean }): Promise<void>
  end(): Promise<void>
}

const SHOWN = 20

/** Counts rows, shows the first rejected ones and, with a file, writes one JSON line for each row. Throws `UsageError` when the file cannot be made. */
export async function openReport(file: string | null, show: (line: string) => void): Promise<Report> {
  const summary: Summary = { rows: 0, created: 0, updated: 0, unchanged: 0, rejected: 0, withoutPrice: 0, warnings: 0 }
  const stream = file === null ? null : await openFile(file)
  let failure: Error | undefined
  stream?.on('error', (error) => (failure = error))
  return {
    summary,
    async add({ hasPrice, ...row }) {
      if (failure) throw failure
      summary.rows += 1
      summary[row.outcome] += 1
      summary.warnings += row.warnings.length > 0 ? 1 : 0
      if (row.outcome === 'rejected') {
        if (summary.rejected <= SHOWN) show(`line ${row.line}, ${row.id || 'no id'}: ${row.reasons.join('; ')}`)
        if (summary.rejected === SHOWN + 1) show('more rows were rejected: name a file with --report to see all')
      } else if (!hasPrice) summary.withoutPrice += 1
      if (stream && !stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain')
    },
    async end() {
      stream?.end()
      if (stream) await finished(stream)
    },
  }
}

async function openFile(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file)
  try {
    await once(stream, 'open')
  } catch (error) {
    throw new UsageError(`The report cannot be written: ${(error as Error).message}`)
  }
  return stream
}

/** The summary for people. */
export function summaryLines(summary: Summary, seconds: number): string[] {
  const lines = [
    `${summary.rows} rows in ${seconds.toFixed(1)} s: ${summary.created} created, ${summary.updated} updated, ` +
      `${summary.unchanged} unchanged, ${summary.rejected} rejected`,
  ]
  if (summary.withoutPrice > 0) {
    lines.push(`${summary.withoutPrice} without a price: they are shown but cannot be bought until priced`)
  }
  if (summary.warnings > 0) lines.push(`${summary.warnings} with warnings`)
  return lines
}
