import { randomUUID } from 'node:crypto'
import { restartNats } from '@commerce/local/testing.ts'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { price, product, stock } from '../../test/events.ts'
import { type Harness, startHarness, startProcess } from '../../test/harness.ts'
import type { Asking } from '../../test/world.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})

const SEARCH =
  'query ($query: String, $filters: SearchFilters) { search(query: $query, filters: $filters) { totalCount asOf } }'
type Search = { search: { totalCount: number; asOf: string | null } }

async function found(query: string, filters: object = {}, asking: Asking & { url?: string } = {}): Promise<number> {
  const { data, errors } = await harness.ask<Search>(asking.url ?? harness.url, SEARCH, { query, filters }, asking)
  expect(errors).toBeUndefined()
  return data?.search.totalCount ?? -1
}

/** Keeps everybody from writing to the store until the returned function is called. */
async function holdStore(): Promise<() => Promise<void>> {
  const holder = new pg.Client(harness.databaseUrl)
  await holder.connect()
  await holder.query(`select pg_advisory_lock(hashtext('search-index'))`)
  return () => holder.end()
}

test('who has seen a change finds it, although the store does not have it yet', async () => {
  const [id, sku] = [randomUUID(), 'seen-1']
  await harness.publish([product({ id, sku, title: 'foreseen' })])
  await harness.stored()
  const release = await holdStore()
  try {
    for (let version = 1; version <= 20; version++) {
      await harness.publish([price(sku, version, { version }), stock(sku, version % 2, version)])
      await harness.published()
      const cents = `0.${String(version).padStart(2, '0')}`
      const filters = { priceMin: cents, priceMax: cents, inStock: version % 2 === 1 }
      expect(await found('foreseen', filters), `change ${version}`).toBe(1)
    }
    await harness.publish([product({ id, sku, version: 2, title: 'renamed' })])
    await harness.published()
    expect([await found('foreseen'), await found('renamed')]).toEqual([0, 1])
    expect(await harness.database.variantPrice.count({ where: { sku } })).toBe(0)
  } finally {
    await release()
  }
  await harness.stored()
  expect(await harness.database.variantPrice.count({ where: { sku, version: 20 } })).toBe(1)
})

test('asOf is when the newest change that is searched was made', async () => {
  const before = Date.now()
  await harness.publish([product({ title: 'dated' })])
  await harness.published()
  const { data } = await harness.graphql<Search>(SEARCH, { query: 'dated' })
  const asOf = Date.parse(data?.search.asOf ?? '')
  expect(asOf).toBeGreaterThanOrEqual(before - 1_000)
  expect(asOf).toBeLessThanOrEqual(Date.now() + 1_000)
})

test('an operator reads how far the index is and how soon changes are searched', async () => {
  await harness.publish([product({ title: 'measured', sku: 'measured' }), price('measured', 1)])
  await harness.stored()
  expect(await found('measured')).toBe(1)
  const response = await fetch(`${harness.url}/metrics`)
  const text = await response.text()
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  expect(response.headers.get('content-type')).toContain('version=0.0.4')
  expect(value('search_index_lag')).toBe(0)
  expect(value('search_index_parked_events')).toBe(0)
  expect(value('search_late_requests_total')).toBe(0)
  expect(value('search_index_documents')).toBe(await harness.database.productDocument.count())
  expect(Math.abs(Date.now() / 1_000 - value('search_index_as_of_seconds'))).toBeLessThan(60)
  expect(value('search_change_searchable_seconds_count')).toBeGreaterThanOrEqual(2)
  expect(text).not.toContain('search_index_rebuilt_ratio')
})

test('a process that starts later holds the same, changes during its start included', { timeout: 60_000 }, async () => {
  const ids = Array.from({ length: 50 }, () => randomUUID())
  await harness.publish(ids.map((id, i) => product({ id, sku: `late-${i}`, title: `replica ${i}` })))
  await harness.published()
  let version = 1
  let stopped = false
  const changing = (async () => {
    while (!stopped) {
      version++
      await harness.publish(ids.map((_, i) => price(`late-${i}`, version, { version })))
    }
  })()
  const replica = await startProcess(harness)
  await new Promise((resolve) => setTimeout(resolve, 200)) // some more changes
  stopped = true
  await changing
  await harness.published()
  const cents = (version / 100).toFixed(2)
  for (const url of [replica.url, harness.url]) {
    expect(await found('replica', { priceMin: cents, priceMax: cents }, { url })).toBe(50)
  }
  await replica.stop()
})

test('changes that no process was there to hear are found after a start', { timeout: 60_000 }, async () => {
  const replica = await startProcess(harness)
  await replica.kill()
  await harness.publish([product({ title: 'unheard' })])
  await harness.published()
  const next = await startProcess(harness)
  expect(await found('unheard', {}, { url: next.url })).toBe(1)
  await next.stop()
})

test('events that were lost are made up for by loading anew, while searches are answered', {
  timeout: 60_000,
}, async () => {
  const id = randomUUID()
  await harness.publish([product({ id, title: 'survivor' })])
  await harness.stored()
  let stopped = false
  const counts = new Set<number>()
  const searching = (async () => {
    while (!stopped) counts.add(await found('survivor', {}, { seen: false }))
  })()
  await harness.nats.kill()
  await harness.publish([product({ id, version: 2, title: 'survivor again' })])
  await restartNats(harness.nats, { empty: true })
  await harness.stored(30_000)
  await expect.poll(() => found('again', {}, { seen: false }), { timeout: 20_000 }).toBe(1)
  stopped = true
  await searching
  expect([...counts]).toEqual([1])
})
