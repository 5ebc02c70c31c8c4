import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnName, readDelimited } from './delimited.ts'
import { type FeedRecord, MAX_ROW_BYTES } from './feed.ts'
import { readJsonLines } from './json-lines.ts'
import { formatOf } from './reader.ts'

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(records: AsyncIterable<FeedRecord>): Promise<FeedRecord[]> {
  const list: FeedRecord[] = []
  for await (const record of records) list.push(record)
  return list
}

const json = (text: string | Buffer, size = 7) => all(readJsonLines(chunked(Buffer.from(text), size)))
const csv = (text: string, delimiter = ',', size = 7) => all(readDelimited(chunked(Buffer.from(text), size), delimiter))
const plain = (records: FeedRecord[]) => JSON.parse(JSON.stringify(records))

describe('JSON lines', () => {
  it('give one record a line, wherever chunks end', async () => {
    const value = fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }))
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.integer({ min: 1, max: 50 }), async (objects, size) => {
        const records = await json(objects.map((object) => JSON.stringify(object)).join('\n'), size)
        expect(plain(records)).toEqual(plain(objects.map((record, i) => ({ line: i + 1, record }))))
      }),
      { numRuns: 50 },
    )
  })

  it('are read on behind a line that is no object, no JSON or no UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from('[1]\nnull\n{"id":\n\n'),
      Buffer.from([0xff, 10]),
      Buffer.from('{"id":"x"}\r\n'),
    ])
    const records = await json(bytes)
    expect(records.map((record) => ('record' in record ? 'ok' : record.unreadable.expected))).toEqual([
      'a JSON object',
      'a JSON object',
      'a JSON object',
      'text in UTF-8',
      'ok',
    ])
    expect(records.at(-1)).toMatchObject({ line: 6, record: { id: 'x' } })
  })

  it('let go of a line that is too long', async () => {
    const records = await json(`{"id":"${'x'.repeat(MAX_ROW_BYTES)}"}\n{"id":"next"}`, 65_536)
    expect(records).toMatchObject([
      { line: 1, unreadable: {} },
      { line: 2, record: { id: 'next' } },
    ])
  })
})

describe('CSV and TSV', () => {
  it('give back every value that was written into them', async () => {
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`
    const value = fc.string({ minLength: 1 }).filter((text) => !text.includes('\uFFFD'))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value)), fc.integer({ min: 1, max: 50 }), async (rows, size) => {
        const text = ['id,title', ...rows.map((row) => row.map(quoted).join(','))].join('\n')
        const records = await csv(text, ',', size)
        expect(records.map((read) => 'record' in read && { ...read.record })).toEqual(
          rows.map(([id, title]) => ({ id, title })),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('never fail, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const source = chunked(Buffer.concat([Buffer.from('id,title\n'), bytes]), 64)
        expect(Array.isArray(await all(readDelimited(source, ',')))).toBe(true)
      }),
    )
  })

  it('keep a quote inside a value, and gather repeated columns', async () => {
    const text = 'id\ttitle\tadditional image link\tadditional image link\n1\t27" monitor\thttps://a\thttps://b\n'
    expect(plain(await csv(text, '\t'))).toEqual([
      { line: 2, record: { id: '1', title: '27" monitor', additional_image_link: ['https://a', 'https://b'] } },
    ])
  })

  it('tell the rows with too few values and the quote that is never closed', async () => {
    const records = await csv('id,title\n1\n2,two\n3,"three\n4,four\n')
    expect(records).toMatchObject([
      { line: 2, unreadable: { expected: '2 values', got: '1 values' } },
      { line: 3, record: { id: '2' } },
      { unreadable: { expected: 'a closing quote' } },
    ])
  })

  it('need a first row with the names of the columns', async () => {
    await expect(csv('1,2\n3,4')).rejects.toThrow('has to name the columns')
    await expect(csv('id,title,brand,brand\n')).rejects.toThrow('"brand" is there twice')
  })

  it('know the spellings of column names that feeds use', () => {
    expect(['Image Link', 'g:image_link', ' image_link', 'product detail(section:name)'].map(columnName)).toEqual([
      'image_link',
      'image_link',
      'image_link',
      'product_detail',
    ])
  })
})

it('tells the format by the content, and by the name only where the content leaves it open', () => {
  expect(formatOf('\uFEFF{"id":1}', 'feed.csv')).toBe('jsonl')
  expect(formatOf('id\ttitle\n', 'feed.csv')).toBe('tsv')
  expect(formatOf('id,title\n', 'feed.tsv')).toBe('csv')
  expect(formatOf('id\n', 'feed.tsv.gz')).toBe('tsv')
  expect(() => formatOf(' [{"id":1}]', 'feed.json')).toThrow('one object per line')
})
