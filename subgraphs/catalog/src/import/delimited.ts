import { finished } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { FeedError, type FeedRecord, MAX_ROW_BYTES } from './feed.ts'

/** Attributes that a feed may have several columns of. */
const REPEATABLE = new Set(['additional_image_link', 'product_detail', 'product_type'])
const MAX_COLUMNS = 500

/**
 * Reads CSV or TSV whose first row names the columns, as RFC 4180 has it; a quote inside a value that is not quoted is just a
 * character. A quote that is never closed takes the rest of the file with it: that is the last, unreadable row.
 */
export async function* readDelimited(
  source: AsyncIterable<Buffer>,
  delimiter: string,
): AsyncGenerator<FeedRecord, void, undefined> {
  // Records are taken out as they are parsed: the stream itself would drop those that wait when it meets an error.
  const parsed: { lines: number; values: string[] }[] = []
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    on_record(values: string[], { lines }) {
      parsed.push({ lines, values })
      return null
    },
  })
  let failure: Error | undefined
  parser.on('error', (error) => {
    failure = error
  })
  parser.resume()
  let columns: string[] | undefined
  let line = 0
  function* taken(): Generator<FeedRecord, void, undefined> {
    for (const { lines, values } of parsed.splice(0)) {
      line = lines
      if (columns) yield toRecord(columns, values, line)
      else columns = columnsFrom(values)
    }
  }
  for await (const chunk of source) {
    await new Promise<unknown>((resolve) => parser.write(chunk, resolve))
    yield* taken()
    if (failure) break
  }
  if (!failure) {
    parser.end()
    await finished(parser).catch(() => {})
  }
  yield* taken()
  if (failure instanceof CsvError) yield { line: line + 1, unreadable: reasonOf(failure) }
  else if (failure) throw failure
}

/** An attribute's name from a column's: `"image link"` and `"g:image_link"` are `image_link`, what is in parentheses is left out. */
export function columnName(header: string): string {
  return header
    .replace(/\(.*\)/, '')
    .trim()
    .toLowerCase()
    .replace(/^g:/, '')
    .replace(/[\s_]+/g, '_')
}

function columnsFrom(header: readonly string[]): string[] {
  const columns = header.map(columnName)
  if (columns.length > MAX_COLUMNS) throw new FeedError(`The file has more than ${MAX_COLUMNS} columns.`)
  if (!columns.includes('id') || !columns.includes('title')) {
    const found = columns.slice(0, 8).join(', ')
    throw new FeedError(
      `The first row has to name the columns, "id" and "title" among them; it has: ${found || 'nothing'}.`,
    )
  }
  const twice = columns.find((name, i) => name !== '' && !REPEATABLE.has(name) && columns.indexOf(name) !== i)
  if (twice) throw new FeedError(`The column "${twice}" is there twice.`)
  return columns
}

function toRecord(columns: readonly string[], values: readonly string[], line: number): FeedRecord {
  if (values.length !== columns.length) {
    return { line, unreadable: { expected: `${columns.length} values`, got: `${values.length} values` } }
  }
  const broken = values.find((value) => value.includes('\uFFFD'))
  if (broken !== undefined) {
    return { line, unreadable: { expected: 'text in UTF-8', got: JSON.stringify(broken.slice(0, 60)) } }
  }
  const record: Record<string, unknown> = Object.create(null)
  columns.forEach((name, i) => {
    const value = values[i] as string
    if (name === '' || value === '') return
    if (!REPEATABLE.has(name)) record[name] = value
    else record[name] = [...((record[name] as string[] | undefined) ?? []), value]
  })
  return { line, record }
}

function reasonOf({ code }: CsvError): { expected: string; got: string } {
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return { expected: 'a closing quote', got: 'the end of the file; what follows the opening quote is lost' }
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    const got = 'a longer one, perhaps a quote that is never closed; the rest of the file is not read'
    return { expected: `a row of at most ${MAX_ROW_BYTES} bytes`, got }
  }
  return { expected: 'a row of values', got: code }
}
