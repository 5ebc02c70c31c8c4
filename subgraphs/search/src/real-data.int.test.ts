import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { price, product } from '../test/events.ts'
import { startHarness } from '../test/harness.ts'

const FILE = join(import.meta.dirname, '../../../../shared/data/products-computer-parts.jsonl.gz')
const present = existsSync(FILE)
if (!present) console.warn(`Skipped: the real products are not at ${FILE}.`)

/** How many products, spread over the file; all of them: 66,778. */
const ROWS = Number(process.env.SEARCH_TEST_ROWS || 3_000)

interface FeedRow {
  id: string
  title: string
  brand?: string
  product_type: string
  price: string | null
  product_detail?: { attribute_name: string; attribute_value: string }[]
}

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function eventsOf(row: FeedRow) {
  const path = row.product_type.split(' > ')
  const told = product({
    id: uuid(row.id),
    sku: row.id,
    title: row.title,
    brand: row.brand ?? null,
    categories: path.map((name, i) => {
      const slug = path
        .slice(0, i + 1)
        .join(' ')
        .toLowerCase()
        .replaceAll(' ', '-')
      return { id: uuid(slug), slug, name }
    }),
    attributes: (row.product_detail ?? []).map((one) => ({ name: one.attribute_name, value: one.attribute_value })),
  })
  return row.price ? [told, price(row.id, Math.round(Number.parseFloat(row.price) * 100))] : [told]
}

test.skipIf(!present)('follows and finds real computer parts', { timeout: 300_000 }, async () => {
  const harness = await startHarness()
  const lines = gunzipSync(readFileSync(FILE)).toString().trimEnd().split('\n')
  const step = Math.max(1, Math.floor(lines.length / ROWS))
  const rows = lines.filter((_, i) => i % step === 0).map((line) => JSON.parse(line) as FeedRow)
  const events = rows.flatMap(eventsOf)

  const began = performance.now()
  for (let i = 0; i < events.length; i += 500) await harness.publish(events.slice(i, i + 500))
  await harness.indexed(240_000)
  console.info(`${events.length} events are in the index after ${Math.round(performance.now() - began)} ms`)

  const found = async (query: string, filters: object = {}): Promise<number | undefined> => {
    const { data } = await harness.graphql<{ search: { totalCount: number } }>(
      'query ($query: String, $filters: SearchFilters) { search(query: $query, filters: $filters) { totalCount facets { key } } }',
      { query, filters },
    )
    return data?.search.totalCount
  }
  const count = (condition: (row: FeedRow) => boolean): number => rows.filter(condition).length
  expect(await found('')).toBe(rows.length)
  expect(await found('', { brands: ['Corsair'] })).toBe(count(({ brand }) => brand === 'Corsair'))
  expect(await found('', { categorySlugs: ['computer-parts-memory'] })).toBe(
    count(({ product_type }) => product_type === 'Computer Parts > Memory'),
  )
  expect(await found('', { priceMax: '50' })).toBe(
    count((row) => row.price !== null && Number.parseFloat(row.price) <= 50),
  )
  expect(await found('geforce rtx')).toBeGreaterThanOrEqual(count(({ title }) => /\bgeforce rtx\b/i.test(title)))
  for (const row of rows.slice(0, 5)) expect(await found(row.id)).toBeGreaterThanOrEqual(1)
})
