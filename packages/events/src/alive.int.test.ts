import { eventually, testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import pg from 'pg'
import { pino } from 'pino'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEvents, type EventConnection } from './connection.ts'
import { type EventFeed, startFeed } from './feed.ts'
import { startRelay } from './relay.ts'

const log = pino({ level: 'silent' })
let connection: EventConnection
let databaseUrl: string
let database: pg.Pool
let feed: EventFeed
let story: string[] = []
let alive = 0

beforeAll(async () => {
  const [nats, url] = await Promise.all([testNats(), testDatabase('inventory')])
  databaseUrl = url
  database = new pg.Pool({ connectionString: url })
  whenDone(() => database.end())
  connection = await connectEvents({ url: nats.url, name: 'test', log, replicas: 1 })
  whenDone(() => connection.close())
  feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  feed.subscribe(listener(() => story))
  connection.nats.subscribe('alive.inventory', { callback: () => alive++ })
})

beforeEach(() => {
  story = []
  alive = 0
})

function listener(into: () => string[]) {
  return {
    event: ({ subject }: { subject: string }) => into().push(subject),
    lost: () => into().push('lost'),
    recovered: () => into().push('recovered'),
    stalled: (source: string) => into().push(`${source} is stalled`),
    flowing: (source: string) => into().push(`${source} is flowing`),
  }
}

function start(): () => Promise<void> {
  const relay = startRelay({ databaseUrl, connection, source: '/inventory', log })
  let ended: Promise<void> | undefined
  const stop = () => (ended ??= relay.stop())
  whenDone(stop)
  return stop
}

/** A row of a change that was made so many seconds ago. */
async function addRow(sku: string, secondsAgo: number): Promise<void> {
  await database.query(
    `insert into outbox (event_id, subject, type, version, data, created_at)
     values (gen_random_uuid(), $1, 'inventory.stock.changed', 1, $2, now() - $3 * interval '1 second')`,
    [`inventory.stock.changed.${sku}`, { sku, version: 1, locations: [], available: 0 }, secondsAgo],
  )
}

test('a source is stalled when one of its events does not leave, whoever holds it, and flows once it has left', async () => {
  const [stop, stopOther] = [start(), start()]
  await eventually('the relays say that they are drained', () => alive > 3)
  await Promise.all([stop(), stopOther()])

  await addRow('stuck', 2)
  const hung = await database.connect() // a relay that has claimed the row and does not come back
  await hung.query(`begin; select from outbox where published_at is null for update`)
  start()
  start()
  await addRow('other', 0)
  await eventually('the stall', () => story.includes('inventory is stalled'))
  const late: string[] = []
  feed.subscribe(listener(() => late))
  expect(late).toEqual(['inventory is stalled'])

  await hung.query('rollback')
  hung.release()
  await eventually('the flow', () => story.at(-1) === 'inventory is flowing')
  expect(story).toEqual([
    'inventory is flowing',
    'inventory.stock.changed.other',
    'inventory is stalled',
    'inventory.stock.changed.stuck',
    'inventory is flowing',
  ])
  expect(feed.current).toBe(true)
})

test('young rows are normal work', async () => {
  start()
  await eventually('the relay says that it is drained', () => alive > 0)
  const hung = await database.connect()
  await addRow('young', -60) // never old enough while the test runs
  await hung.query(`begin; select from outbox for update`)
  const before = alive
  await eventually('it goes on saying so', () => alive > before + 2)
  await hung.query('rollback')
  hung.release()
})
