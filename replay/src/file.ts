import { createReadStream, statSync } from 'node:fs'
import { pipeline, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { COLUMNS, type Line, type Reason, type Row, readLine } from './lines.ts'

/** The file is none that can be replayed: one sentence says why. */
export class FileError extends Error {
  override name = 'FileError'
}

export interface Watching {
  /** Told of each line that is left out. */
  leftOut(reason: Reason, number: number): void
  /** Told how much of the file was read, from 0 to 1. */
  read(share: number): void
}

const MAX_ROW_BYTES = 100_000

/** The lines of the file in their order, gunzipped if its name ends with .gz, read no faster than they are taken. Throws `FileError`. */
export async function* linesOf(path: string, { leftOut, read }: Watching): AsyncGenerator<Line, void, undefined> {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new FileError(`There is no file ${path}.`)
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const parser = parse({ bom: true, columns: headed, max_record_size: MAX_ROW_BYTES, relax_column_count: true })
  const source = createReadStream(path)
  const rows = path.endsWith('.gz')
    ? pipeline(source, counted, createGunzip(), parser, () => {})
    : pipeline(source, counted, parser, () => {})
  let number = 0
  try {
    for await (const row of rows as AsyncIterable<Row>) {
      number++
      const line = readLine(row, number)
      read(bytes / Math.max(1, size))
      if (typeof line === 'string') leftOut(line, number)
      else yield line
    }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    if (error instanceof CsvError || code?.startsWith('Z_'))
      throw new FileError(`${path}, after row ${number}: ${message}`)
    throw error
  }
}

function headed(header: string[]): string[] {
  const missing = COLUMNS.filter((name) => !header.includes(name))
  if (missing.length === 0) return header
  throw new FileError(`The first row has to name the columns ${COLUMNS.join(', ')}; it lacks ${missing.join(', ')}.`)
}
