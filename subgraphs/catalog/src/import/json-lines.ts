import { type FeedRecord, MAX_ROW_BYTES } from './feed.ts'

const NEWLINE = 10

/** Reads JSON lines: one object a line, empty lines between them. A line that is none is unreadable, the others are read. */
export async function* readJsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<FeedRecord, void, undefined> {
  let line = 0
  for await (const bytes of lines(chunks)) {
    line += 1
    const record = parseLine(bytes, line)
    if (record) yield record
  }
}

function parseLine(bytes: Buffer | null, line: number): FeedRecord | null {
  if (bytes === null) return unreadable(line, `a row of at most ${MAX_ROW_BYTES} bytes`, 'a longer one')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return unreadable(line, 'text in UTF-8', JSON.stringify(bytes.toString('latin1').slice(0, 60)))
  }
  if (text.trim() === '') return null
  try {
    const record: unknown = JSON.parse(text)
    if (record !== null && typeof record === 'object' && !Array.isArray(record)) {
      return { line, record: record as Record<string, unknown> }
    }
  } catch {}
  return unreadable(line, 'a JSON object', JSON.stringify(text.slice(0, 60)))
}

function unreadable(line: number, expected: string, got: string): FeedRecord {
  return { line, unreadable: { expected, got } }
}

// Null stands for a line that is too long: what it held is let go while it is read.
async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null, void, undefined> {
  let parts: Buffer[] = []
  let size = 0
  const take = (): Buffer | null => {
    const taken = size > MAX_ROW_BYTES ? null : Buffer.concat(parts)
    parts = []
    size = 0
    return taken
  }
  const keep = (part: Buffer): void => {
    size += part.length
    if (size > MAX_ROW_BYTES) parts = []
    else parts.push(part)
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    keep(chunk.subarray(start))
  }
  if (size > 0) yield take()
}
