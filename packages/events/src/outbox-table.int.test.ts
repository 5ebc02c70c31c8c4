import { randomUUID } from 'node:crypto'
import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { markPublished, unpublishDoubtful } from './outbox-table.ts'
import { STATES_KEPT } from './stream.ts'

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await testDatabase('inventory') })
  whenDone(() => pool.end())
})

async function waiting(subject: string): Promise<number[]> {
  const { rows } = await pool.query<{ version: number }>(
    'select version from outbox where published_at is null and subject = $1 order by version',
    [subject],
  )
  return rows.map(({ version }) => version)
}

test('of a stream that is lost the newest states of each subject leave again, and older ones do not follow when another relay asks', async () => {
  const subject = `inventory.stock.changed.${randomUUID()}`
  const last = 100
  for (let version = 1; version <= last; version++) {
    await pool.query(
      `insert into outbox (event_id, subject, type, version, data, published_at, stream, stream_seq)
       values ($1, $2, 'inventory.stock.changed', $3::int, '{}', now(), 'lost server-1', $3::int)`,
      [randomUUID(), subject, version],
    )
  }
  const newest = Array.from({ length: STATES_KEPT }, (_, i) => last - STATES_KEPT + 1 + i)
  expect(await unpublishDoubtful(pool, 'new server-2')).toBe(STATES_KEPT)
  expect(await waiting(subject)).toEqual(newest)
  // Another relay, before they left and after.
  expect(await unpublishDoubtful(pool, 'new server-2')).toBe(0)
  const { rows } = await pool.query<{ id: string }>('select id::text from outbox where published_at is null')
  await markPublished(
    pool,
    rows.map(({ id }, seq) => ({ id, holder: 'new server-2', seq })),
  )
  expect(await unpublishDoubtful(pool, 'new server-2')).toBe(0)
  expect(await waiting(subject)).toEqual([])
  // The same stream on another run of its server: what left last is in doubt.
  expect(await unpublishDoubtful(pool, 'new server-3')).toBe(STATES_KEPT)
  expect(await waiting(subject)).toEqual(newest)
})
