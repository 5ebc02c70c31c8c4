// Long because each kind of row and policy is one test over the same graph.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { eventually, scratchFolder } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/catalog'
import { PrismaPg } from '@prisma/adapter-pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { startCatalog, type TestCatalog } from '../../test/harness.ts'
import type { RemoteResult } from './client.ts'
import type { Policy } from './options.ts'
import { openReport, type Summary } from './report.ts'
import type { ImportRow } from './rows.ts'
import { runImport } from './run.ts'

let catalog: TestCatalog
let folder: string
beforeAll(async () => {
  catalog = await startCatalog()
  folder = scratchFolder('feeds')
  mkdirSync(folder)
})

const IMPORT = `mutation ($rows: [ProductImportRow!]!) { productsImport(input: { rows: $rows }) {
  rows { sku outcome hasPrice warnings problems { field expected got } product { slug version } }
  userErrors { code message } } }`

const send = async (
  rows: readonly ImportRow[],
): Promise<(RemoteResult & { product: { slug: string; version: number } })[]> =>
  (await catalog.ask(IMPORT, { rows })).productsImport.rows

function row(sku: string, more: object = {}): ImportRow {
  return { sku, title: `Product ${sku}`, price: { amount: '5.00', currencyCode: 'USD' }, ...more }
}

describe('productsImport', () => {
  it('creates, and changes nothing and tells nobody when the same rows come again', async () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      row(`same-${i}`, { categoryPath: ['Same', `Part ${i % 3}`], attributes: [{ name: 'n', value: String(i) }] }),
    )
    expect((await send(rows)).map(({ outcome }) => outcome)).toEqual(rows.map(() => 'CREATED'))
    await eventually('all events', () => catalog.events.length === 80)
    const again = await send(rows)
    expect(again.map(({ outcome, product }) => `${outcome} ${product.version}`)).toEqual(rows.map(() => 'UNCHANGED 1'))
    await send([row('marker')])
    await eventually('the events of the marker', () => catalog.events.length >= 82)
    expect(catalog.events).toHaveLength(82)
  })

  it('tells what changed and raises just that version', async () => {
    const [price] = await send([
      row('same-0', {
        categoryPath: ['Same', 'Part 0'],
        attributes: [{ name: 'n', value: '0' }],
        price: { amount: '6', currencyCode: 'USD' },
      }),
    ])
    expect(price).toMatchObject({ outcome: 'UPDATED', product: { version: 1 } })
    const [title] = await send([row('same-1', { title: 'New title' })])
    expect(title).toMatchObject({ outcome: 'UPDATED', product: { version: 2, slug: 'product-same-1' } })
  })

  it('rejects bad rows with their reasons and imports all others', async () => {
    const results = await send([
      row('good-1'),
      row('bad-price', { price: { amount: '1.999', currencyCode: 'USD' } }),
      row('bad-title', { title: ' ' }),
      row('good-1', { title: 'again' }),
      row('\u0000', { title: 'Zero' }),
      row('bad-media', { media: [{ url: 'ftp://x' }] }),
      row('good-2', { price: null }),
    ])
    expect(results.map(({ outcome, problems }) => [outcome, problems[0]?.field])).toEqual([
      ['CREATED', undefined],
      ['REJECTED', 'price.amount'],
      ['REJECTED', 'title'],
      ['REJECTED', 'sku'],
      ['REJECTED', 'sku'],
      ['REJECTED', 'media.0.url'],
      ['CREATED', undefined],
    ])
    expect(results[6]).toMatchObject({ hasPrice: false })
  })

  it('rejects what cannot be a SKU', async () => {
    expect(await send([row('A\tB'), row('fine')])).toMatchObject([
      {
        outcome: 'REJECTED',
        problems: [{ field: 'sku', expected: expect.stringContaining('1 to 200'), got: '"A\\tB"' }],
      },
      { outcome: 'CREATED' },
    ])
  })

  it('rejects just the row that makes a product too large for its event', async () => {
    const long = (length: number) => '漢'.repeat(length)
    const options = Array.from({ length: 5 }, (_, i) => ({ name: `${i}${long(99)}`, value: long(100) }))
    const giants = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) =>
        row(`${from + i}${long(190)}`, { groupKey: 'giants', options, price: null }),
      )
    expect((await send(giants(0, 165))).every(({ outcome }) => outcome === 'CREATED')).toBe(true)
    const results = await send([row('small-1'), ...giants(165, 175), row('small-2')])
    const rejected = results.filter(({ outcome }) => outcome === 'REJECTED')
    expect(rejected.length).toBeGreaterThan(0)
    expect(rejected.length).toBeLessThan(10)
    expect(rejected[0]?.problems).toMatchObject([{ expected: expect.stringContaining('900,000 bytes') }])
    expect([results.at(0), results.at(-1)]).toMatchObject([{ outcome: 'CREATED' }, { outcome: 'CREATED' }])
  })

  it('imports all others when the database refuses a row for a reason of its own', async () => {
    const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: catalog.databaseUrl }) })
    await database.$executeRawUnsafe("alter table product add constraint no_gremlins check (title <> 'Gremlin')")
    const results = await send([row('calm-1'), row('wild', { title: 'Gremlin' }), row('calm-2')])
    await database.$executeRawUnsafe('alter table product drop constraint no_gremlins')
    await database.$disconnect()
    expect(results.map(({ outcome }) => outcome)).toEqual(['CREATED', 'REJECTED', 'CREATED'])
    expect(results[1]?.problems).toMatchObject([{ expected: 'a row that the database accepts' }])
  })

  it('leaves a price as it is when a row has none', async () => {
    await catalog.ask(
      'mutation { priceSet(input: { sku: "good-2", price: { amount: "7", currencyCode: "USD" } }) { userErrors { code } } }',
    )
    expect(await send([row('good-2', { price: null })])).toMatchObject([{ outcome: 'UNCHANGED', hasPrice: true }])
  })

  it('puts rows of a group into one product, which the first row describes, now and later', async () => {
    const shirt = (sku: string, size: string, title: string) =>
      row(sku, { groupKey: 'shirt', title, options: [{ name: 'Size', value: size }] })
    const first = await send([shirt('shirt-s', 'S', 'Shirt'), row('between'), shirt('shirt-m', 'M', 'Other title')])
    expect([first[0]?.product.slug, first[2]?.product.slug]).toEqual(['shirt', 'shirt'])
    expect(first[0]?.product.version).toBe(1)
    const later = await send([shirt('shirt-l', 'L', 'Third title'), shirt('shirt-m', 'M', 'Other title')])
    expect(later.map(({ outcome }) => outcome)).toEqual(['CREATED', 'UNCHANGED'])
    const { product } = await catalog.ask('{ product(slug: "shirt") { title version options { values } } }')
    expect(product).toEqual({ title: 'Shirt', version: 2, options: [{ values: ['S', 'M', 'L'] }] })
    expect(
      (await send([row('shirt-l', { groupKey: 'else', options: [{ name: 'Size', value: 'L' }] })]))[0],
    ).toMatchObject({
      outcome: 'UNCHANGED',
      product: { slug: 'shirt' },
      warnings: [expect.stringContaining('stays in the product')],
    })
  })

  it('makes each category, slug and group once when many batches want them at the same time', async () => {
    const batches = Array.from({ length: 6 }, (_, b) =>
      Array.from({ length: 30 }, (_, i) =>
        row(`race-${b}-${i}`, {
          title: `Race ${i % 5}`,
          categoryPath: ['Race', `Course ${i % 4}`],
          groupKey: i % 10 === 0 ? `race group ${i}` : null,
          options: [{ name: 'No', value: `${b}-${i}` }],
        }),
      ),
    )
    if (batches[1]) batches[1].reverse()
    const results = (await Promise.all(batches.map(send))).flat()
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['CREATED']))
    expect(new Set(results.map(({ product }) => product.slug)).size).toBe(6 * 27 + 3)
    const { category } = await catalog.ask(
      '{ category(slug: "race") { children { name } products(first: 100) { nodes { id } } } }',
    )
    expect(category.children).toHaveLength(4)
  })

  it('takes 1 to 500 rows and needs the scope catalog:write', async () => {
    const { productsImport } = await catalog.ask(IMPORT, { rows: [] })
    expect(productsImport).toMatchObject({ rows: null, userErrors: [{ code: 'BATCH_SIZE' }] })
    const { errors } = await catalog.answer(IMPORT, { rows: [row('x')] }, { id: 'x', scopes: ['inventory:write'] })
    expect(errors[0].extensions.code).toBe('FORBIDDEN')
  })
})

describe('an import of a file', () => {
  async function importFile(
    name: string,
    content: string | Buffer,
    policy: Policy,
  ): Promise<{ summary: Summary; said: string[]; rows: unknown[] }> {
    const file = join(folder, name)
    writeFileSync(file, content)
    const said: string[] = []
    const report = await openReport(`${file}.report`, (line) => said.push(line))
    await runImport({ file, policy, currency: null, report, send, progress: () => {}, note: (line) => said.push(line) })
    await report.end()
    const rows = readFileSync(`${file}.report`, 'utf8').trim().split('\n').filter(Boolean)
    return { summary: report.summary, said, rows: rows.map((line) => JSON.parse(line)) }
  }

  const feed = (prefix: string) =>
    [
      { id: `${prefix}-1`, title: 'One', price: '1 USD' },
      { id: `${prefix}-2`, title: 'Two', price: '2 dollars', availability: 'in_stock' },
      { id: `${prefix}-1`, title: 'One again', price: '1 USD' },
      { id: `${prefix}-3`, price: '3 USD' },
      { id: `${prefix}-4`, title: 'Four', price: null },
    ]
      .map((record) => JSON.stringify(record))
      .join('\n')

  it('leaves bad rows out under reject-row, with a result for each row', async () => {
    const { summary, said, rows } = await importFile('row.jsonl.gz', gzipSync(feed('row')), 'reject-row')
    expect(summary).toEqual({
      rows: 5,
      created: 2,
      updated: 0,
      unchanged: 0,
      rejected: 3,
      withoutPrice: 1,
      warnings: 0,
    })
    expect(said).toContain('The attribute "availability" is ignored: inventory owns stock.')
    expect(rows).toContainEqual({
      line: 3,
      id: 'row-1',
      outcome: 'rejected',
      reasons: ['id: the id of line 1 again; the first one counts'],
      warnings: [],
    })
  })

  it('sends nothing under reject-all when a row is bad', async () => {
    const { summary, said } = await importFile('all.jsonl', feed('all'), 'reject-all')
    expect(summary).toMatchObject({ rows: 3, created: 0, rejected: 3 })
    expect(said).toContain('Nothing was imported: 3 of 5 rows are bad, and the policy is reject-all.')
    expect((await catalog.ask('{ variant(sku: "all-1") { id } }')).variant).toBeNull()
  })

  it('imports what is usable of a bad row under keep-going', async () => {
    const { summary, rows } = await importFile('keep.jsonl', feed('keep'), 'keep-going')
    expect(summary).toMatchObject({ rows: 5, created: 3, rejected: 2, withoutPrice: 2, warnings: 1 })
    expect(rows).toContainEqual(expect.objectContaining({ id: 'keep-2', warnings: [expect.stringContaining('price')] }))
  })

  it('reads a TSV, and says so when a file cannot be read', async () => {
    const text = 'id\ttitle\tprice\tproduct detail\nT-1\tA "tiny" thing\t3.50 EUR\tBody:weight:20 g,Body:wide:yes\n'
    expect((await importFile('feed.tsv', text, 'reject-row')).summary).toMatchObject({ rows: 1, created: 1 })
    const { variant } = await catalog.ask(
      '{ variant(sku: "T-1") { price { money { amount currencyCode } } product { attributes { name number unit boolean } } } }',
    )
    expect(variant).toEqual({
      price: { money: { amount: '3.50', currencyCode: 'EUR' } },
      product: {
        attributes: [
          { name: 'weight', number: 20, unit: 'g', boolean: null },
          { name: 'wide', number: null, unit: null, boolean: true },
        ],
      },
    })
    const cut = gzipSync(feed('cut').repeat(50)).subarray(0, 60)
    await expect(importFile('cut.jsonl.gz', cut, 'reject-row')).rejects.toThrow('damaged or incomplete')
    await expect(importFile('empty.jsonl', '', 'reject-row')).rejects.toThrow('The file is empty.')
  })

  it('imports the sample shop without a bad row, and changes nothing the second time', async () => {
    const seed = readFileSync(join(import.meta.dirname, '../../../../prisma/seed/sample-shop.jsonl'))
    const first = await importFile('sample.jsonl', seed, 'reject-all')
    expect(first.summary).toMatchObject({ rejected: 0, warnings: 0, withoutPrice: 1 })
    const second = await importFile('sample.jsonl', seed, 'reject-all')
    expect(second.summary).toMatchObject({ unchanged: first.summary.rows, created: 0, updated: 0 })
  })
})
