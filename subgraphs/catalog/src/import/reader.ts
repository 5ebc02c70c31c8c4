import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { readDelimited } from './delimited.ts'
import { FeedError, type FeedRecord } from './feed.ts'
import { readJsonLines } from './json-lines.ts'

/** How a feed is written. */
export type FeedFormat = 'jsonl' | 'csv' | 'tsv'

const PEEK_BYTES = 64 * 1024

/**
 * Reads a feed row by row, holding no more than a few rows: JSON lines, CSV or TSV, plain or gzip, by what is in the file and,
 * where that leaves it open, by its name. `progress` is told the bytes of the file that were read. Throws `FeedError`.
 */
export async function* readFeed(
  path: string,
  progress: (bytes: number) => void = () => {},
): AsyncGenerator<FeedRecord, void, undefined> {
  try {
    const chunks = textChunks(path, await isGzip(path), progress)
    const head = await peek(chunks)
    if (head.length === 0) throw new FeedError('The file is empty.')
    const whole = replay(head, chunks)
    const format = formatOf(head.toString('utf8'), path)
    if (format === 'jsonl') yield* readJsonLines(whole)
    else yield* readDelimited(whole, format === 'tsv' ? '\t' : delimiterOf(head.toString('utf8')))
  } catch (error) {
    throw readable(error)
  }
}

/** The format of a feed that starts with `head`; `path` decides when there is only one column. */
export function formatOf(head: string, path: string): FeedFormat {
  const start = head.replace(/^\uFEFF/, '').trimStart()
  if (start.startsWith('[')) {
    throw new FeedError('The file is one JSON array: write one object per line instead (JSON lines).')
  }
  if (start.startsWith('{')) return 'jsonl'
  const [header = ''] = start.split(/\r?\n/)
  if (header.includes('\t')) return 'tsv'
  if (/[,;]/.test(header)) return 'csv'
  return /\.tsv|\.txt/i.test(path) ? 'tsv' : 'csv'
}

function delimiterOf(head: string): string {
  const [header = ''] = head.split(/\r?\n/)
  return header.split(';').length > header.split(',').length ? ';' : ','
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function* textChunks(
  path: string,
  gzip: boolean,
  progress: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path)
  const text = gzip ? pipeline(file, createGunzip(), () => {}) : file
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      progress(file.bytesRead)
      yield chunk
    }
  } finally {
    file.destroy()
  }
}

async function peek(chunks: AsyncGenerator<Buffer, void, undefined>): Promise<Buffer> {
  let head = Buffer.alloc(0)
  while (head.length < PEEK_BYTES && !head.includes(10)) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  return head
}

async function* replay(
  head: Buffer,
  rest: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  yield head
  yield* rest
}

function readable(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ENOENT') return new FeedError('The file does not exist.')
  if (code === 'EISDIR') return new FeedError('It is a folder, not a file.')
  if (code === 'EACCES') return new FeedError('The file may not be read by this user.')
  if (code?.startsWith('Z_')) return new FeedError(`The gzip file is damaged or incomplete (${message}).`)
  return error
}
