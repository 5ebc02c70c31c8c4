import { inBatches, type Numbered } from './batches.ts'
import type { RemoteResult } from './client.ts'
import type { FeedRecord } from './feed.ts'
import { type FieldProblem, readRow, USED_ATTRIBUTES } from './feed-row.ts'
import type { ImportOptions } from './options.ts'
import { readFeed } from './reader.ts'
import type { Report } from './report.ts'
import type { ImportRow } from './rows.ts'

export interface RunOptions extends Pick<ImportOptions, 'file' | 'policy' | 'currency'> {
  report: Report
  /** Imports a batch; answers one result a row, in their order. */
  send(rows: readonly ImportRow[]): Promise<RemoteResult[]>
  /** Told how many bytes of the file were read. */
  progress(bytes: number): void
  /** Told what people should know beside the rows. */
  note(line: string): void
}

/** Batches under way at once: enough to keep the graph busy while the next rows are read. */
const IN_FLIGHT = 3

/** Imports a feed under a policy. Every row ends up in the report once. Throws `FeedError` or `ImportFailed`; what was imported by then stays. */
export async function runImport(given: RunOptions): Promise<void> {
  const options = { ...given, note: once(given.note) }
  if (options.policy === 'reject-all' && (await rejectWhole(options))) return
  const running = new Set<Promise<void>>()
  let failure: unknown
  for await (const batch of inBatches(goodRows(options))) {
    const sent: Promise<void> = sendBatch(options, batch)
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => running.delete(sent))
    running.add(sent)
    if (running.size >= IN_FLIGHT) await Promise.race(running)
    if (failure) break
  }
  await Promise.all(running)
  if (failure) throw failure
}

/** Says each thing once: reject-all reads the file twice. */
function once(note: (line: string) => void): (line: string) => void {
  const said = new Set<string>()
  return (line) => {
    if (!said.has(line)) note(line)
    said.add(line)
  }
}

/** The first pass of reject-all: whether some row is bad. Then these rows are reported and nothing was sent. */
async function rejectWhole({ report, ...options }: RunOptions): Promise<boolean> {
  let rows = 0
  for await (const read of readRows(options)) {
    rows += 1
    if (read.reasons.length > 0) {
      await report.add({ line: read.line, id: read.id, outcome: 'rejected', reasons: read.reasons, warnings: [] })
    }
  }
  if (report.summary.rejected === 0) return false
  options.note(
    `Nothing was imported: ${report.summary.rejected} of ${rows} rows are bad, and the policy is reject-all.`,
  )
  return true
}

async function* goodRows({ report, ...options }: RunOptions): AsyncGenerator<Numbered, void, undefined> {
  for await (const { line, id, row, reasons, warnings } of readRows(options)) {
    if (row && reasons.length === 0) yield { line, row, warnings }
    else await report.add({ line, id, outcome: 'rejected', reasons, warnings })
  }
}

interface Read {
  line: number
  id: string
  row: ImportRow | null
  /** Why the row is not imported; empty when it is. */
  reasons: string[]
  warnings: string[]
}

/** The rows of the file under the policy's rules. The ids of the file are held in memory, to find those that come twice. */
async function* readRows(
  options: Pick<RunOptions, 'file' | 'policy' | 'currency' | 'progress' | 'note'>,
): AsyncGenerator<Read, void, undefined> {
  const lineOfId = new Map<string, number>()
  const ignored = new Set<string>()
  for await (const feedRecord of readFeed(options.file, options.progress)) {
    noteIgnored(feedRecord, ignored, options.note)
    const read = judge(feedRecord, options)
    const before = read.row ? lineOfId.get(read.id) : undefined
    if (before !== undefined) {
      yield { ...read, row: null, reasons: [`id: the id of line ${before} again; the first one counts`] }
      continue
    }
    if (read.row) lineOfId.set(read.id, read.line)
    yield read
  }
}

function judge(feedRecord: FeedRecord, { policy, currency }: Pick<RunOptions, 'policy' | 'currency'>): Read {
  const { line } = feedRecord
  if ('unreadable' in feedRecord) {
    return { line, id: '', row: null, reasons: [sentence({ field: 'row', ...feedRecord.unreadable })], warnings: [] }
  }
  const { id, product, errors, notes } = readRow(feedRecord.record, { currency })
  const problems = errors.map(sentence)
  if (policy === 'keep-going' && product)
    return { line, id, row: product, reasons: [], warnings: [...problems, ...notes] }
  return { line, id, row: product, reasons: problems, warnings: notes }
}

async function sendBatch({ report, send }: RunOptions, batch: readonly Numbered[]): Promise<void> {
  const results = await send(batch.map(({ row }) => row))
  for (const [i, { line, row, warnings }] of batch.entries()) {
    const { outcome, hasPrice, problems, warnings: remote } = results[i] as RemoteResult
    await report.add({
      line,
      id: row.sku,
      outcome: outcome.toLowerCase() as Lowercase<typeof outcome>,
      reasons: problems.map(sentence),
      warnings: [...warnings, ...remote],
      hasPrice,
    })
  }
}

function noteIgnored(feedRecord: FeedRecord, known: Set<string>, note: (line: string) => void): void {
  if (!('record' in feedRecord)) return
  for (const name of Object.keys(feedRecord.record)) {
    if (USED_ATTRIBUTES.has(name) || known.has(name) || known.size >= 100) continue
    known.add(name)
    const why = name === 'availability' ? ': inventory owns stock' : ''
    note(`The attribute "${name.slice(0, 60)}" is ignored${why}.`)
  }
}

function sentence({ field, expected, got }: FieldProblem): string {
  return `${field}: expected ${expected}, got ${got}`
}
