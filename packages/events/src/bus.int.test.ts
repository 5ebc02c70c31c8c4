// Long because each way in which NATS, the database or a message can break is one test over the same bus.
import { randomUUID } from 'node:crypto'
import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalNats, startNats } from '@commerce/local/nats.ts'
import { eventually, restartNats, testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { pino } from 'pino'
import { beforeAll, expect, test } from 'vitest'
import { connectEvents, type EventConnection } from './connection.ts'
import { startConsumer } from './consumer.ts'
import { type CommerceEvent, event, type NewEvent } from './contracts.ts'
import { type FeedEvent, startFeed } from './feed.ts'
import { versionsHeld } from './inspect.ts'
import { NotNow } from './not-now.ts'
import { createTransact, EventTooLarge, type Transact } from './outbox.ts'
import { type Relay, startRelay } from './relay.ts'
import type { SeenEvents } from './seen.ts'
import { STATES_KEPT } from './stream.ts'
import type { UnappliedEvent } from './unapplied.ts'

const log = pino({ level: 'silent' })
let nats: LocalNats
let connection: EventConnection
let databaseUrl: string
let prisma: PrismaClient
let relay: Relay
let transact: Transact<Parameters<Parameters<PrismaClient['$transaction']>[0]>[0]>

beforeAll(async () => {
  nats = await testNats()
  databaseUrl = await testDatabase('inventory')
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 4 }) })
  whenDone(() => prisma.$disconnect())
  connection = await connectEvents({ url: nats.url, name: 'test', log, replicas: 1 })
  whenDone(() => connection.close())
  relay = startRelay({ databaseUrl, connection, source: '/inventory', log, pollMs: 100 })
  whenDone(() => relay.stop())
  transact = createTransact(prisma as never, (rows) => relay.send(rows)) as typeof transact
})

const stockChanged = (sku: string, version: number): NewEvent =>
  event('inventory.stock.changed', { sku, version, locations: [], available: version })

const emit = (...events: NewEvent[]): Promise<void> =>
  transact(async (_tx, add) => {
    for (const one of events) add(one)
  })

/** A durable consumer that keeps what it got. */
async function collect(name: string): Promise<CommerceEvent[]> {
  const got: CommerceEvent[] = []
  const consumer = await startConsumer({
    connection,
    name,
    subjects: ['inventory.stock.changed.*'],
    async handle(events) {
      got.push(...events)
    },
  })
  whenDone(() => consumer.stop())
  return got
}

test('an event arrives as a CloudEvent with its entity, version and data', async () => {
  const got = await collect('shape')
  await emit(stockChanged('A.1 *', 7))
  const arrived = await eventually('the event', () => got.find((one) => one.subject === 'A.1 *'))
  expect(arrived).toMatchObject({
    specversion: '1.0',
    source: '/inventory',
    type: 'inventory.stock.changed',
    version: 7,
    data: { sku: 'A.1 *', version: 7, available: 7 },
  })
})

test('an event of a transaction that fails never leaves', async () => {
  const got = await collect('rollback')
  await expect(
    transact(async (_tx, add) => {
      add(stockChanged('rolled-back', 1))
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await emit(stockChanged('kept', 1))
  await eventually('the next event', () => got.some(({ subject }) => subject === 'kept'))
  expect(got.some(({ subject }) => subject === 'rolled-back')).toBe(false)
})

test('an event that breaks its contract takes its change back', async () => {
  const bad = { ...stockChanged('bad', 1), data: { sku: 'bad', version: 0 } } as unknown as NewEvent
  await expect(emit(bad)).rejects.toThrow(/version/)
})

test('an event too large to leave takes its change back', async () => {
  const locations = Array.from({ length: 20_000 }, (_, i) => ({
    code: `location ${i}`,
    onHand: 1,
    reserved: 0,
    safety: 0,
  }))
  const large = event('inventory.stock.changed', { sku: 'large', version: 1, locations, available: 1 })
  await expect(emit(large)).rejects.toThrow(EventTooLarge)
  expect(await prisma.outbox.count({ where: { subject: large.subject } })).toBe(0)
})

test('a handler that fails gets the event again, and holds no other event up', async () => {
  const seen: string[] = []
  let failures = 0
  const consumer = await startConsumer({
    connection,
    name: 'failing',
    subjects: ['inventory.stock.changed.*'],
    async handle(events) {
      if (events.some(({ subject }) => subject === 'poison') && failures++ < 3) throw new Error('not now')
      seen.push(...events.map(({ subject }) => subject))
    },
  })
  whenDone(() => consumer.stop())
  await emit(stockChanged('poison', 1), stockChanged('fine', 1))
  await eventually('the other event', () => seen.includes('fine'))
  await eventually('the failed event', () => seen.includes('poison'))
  expect(failures).toBeGreaterThanOrEqual(2)
  await eventually('nothing waits', async () => (await consumer.lag()) === 0)
})

test('what can never be applied is parked after its pauses, what breaks its contract at once, and nothing waits for it', async () => {
  const parked: UnappliedEvent[] = []
  const seen: string[] = []
  let parking = 0
  const consumer = await startConsumer({
    connection,
    name: 'parking',
    subjects: ['inventory.stock.changed.*'],
    retryDelaysMs: [10, 10],
    async handle(events) {
      if (events.some(({ subject }) => subject === 'hopeless')) throw new Error('no room for it')
      await new Promise((resolve) => setTimeout(resolve, 100)) // by then the hopeless one has come again
      seen.push(...events.map(({ subject }) => subject))
    },
    async park(event) {
      if (++parking === 1) throw new Error('the place for it is not there either')
      parked.push(event)
    },
  })
  whenDone(() => consumer.stop())
  await emit(stockChanged('hopeless', 1), stockChanged('hopeful', 1))
  await connection.nats.jetstream().publish('inventory.stock.changed.broken', '{}')
  await eventually('both are parked', () => parked.length === 2)
  await eventually('nothing waits', async () => (await consumer.lag()) === 0)
  const byReason = parked.toSorted((a, b) => a.tries - b.tries)
  expect(byReason[0]).toMatchObject({ subject: 'inventory.stock.changed.broken', body: '{}' })
  expect(byReason[1]).toMatchObject({ subject: 'inventory.stock.changed.hopeless', reason: 'no room for it' })
  expect(byReason[1]?.tries).toBeGreaterThanOrEqual(3)
  expect(seen).toContain('hopeful')
})

test('what can not be applied now waits as long as it takes, and is not parked', async () => {
  const seen: string[] = []
  let tries = 0
  let parked = 0
  const consumer = await startConsumer({
    connection,
    name: 'waiting',
    subjects: ['inventory.stock.changed.*'],
    retryDelaysMs: [10, 10],
    async handle(events) {
      const isWanted = events.some(({ subject }) => subject.startsWith('patient'))
      if (isWanted && tries++ < 12) throw new NotNow('nobody is there to take it')
      seen.push(...events.map(({ subject }) => subject))
    },
    async park({ subject }) {
      if (subject.includes('patient')) parked++
    },
  })
  whenDone(() => consumer.stop())
  await emit(stockChanged('patient-1', 1), stockChanged('patient-2', 1))
  await eventually('nothing waits', async () => (await consumer.lag()) === 0)
  expect(seen).toEqual(expect.arrayContaining(['patient-1', 'patient-2']))
  expect(parked).toBe(0)
})

test('a feed knows whether it has what somebody else has seen, whoever else publishes', async () => {
  const [feed, all] = [
    await startFeed(connection, ['inventory.>']),
    await startFeed(connection, ['inventory.>', 'catalog.>']),
  ]
  whenDone(() => Promise.all([feed.stop(), all.stop()]))
  const seen = () => all.seen as SeenEvents
  const before = seen().last.get('inventory')
  await emit(stockChanged('seen', 1))
  await eventually('the first event', () => seen().last.get('inventory') !== before)
  const event = JSON.stringify({ data: { version: 1 } })
  const { seq } = await connection.nats.jetstream().publish('catalog.product.changed.x', event)
  await eventually('both events', () => seen().last.get('catalog') === seq)
  await eventually('the feed has its own', () => feed.has(seen()))
  const later = (token: string) => ({ ...seen(), last: new Map([...seen().last, [token, seq + 1]]) })
  const joined = await startFeed(connection, ['inventory.>', 'catalog.>'])
  whenDone(() => joined.stop())
  expect(joined.seen).toEqual(seen()) // what was there before it is behind it too
  expect(feed.has(later('catalog'))).toBe(true) // that is none of its events
  expect(feed.has(later('inventory'))).toBe(false)
  expect(feed.has({ ...seen(), stream: 'another' })).toBe(false)
  await emit(stockChanged('seen', 2))
  await eventually('the feed has moved on', () => feed.has(later('inventory')))
})

test('what is not JSON or breaks its contract is set aside and stops nobody', async () => {
  const got = await collect('garbage')
  const feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  const versions: number[] = []
  feed.subscribe({ event: ({ data }) => versions.push(data.version), lost() {}, recovered() {} })
  feed.subscribe({
    event() {
      throw new Error('a listener that fails')
    },
    lost() {},
    recovered() {},
  })
  await connection.nats.jetstream().publish('inventory.stock.changed.garbage', 'not json')
  await connection.nats.jetstream().publish('inventory.stock.changed.garbage', JSON.stringify({ type: 'nobody.knows' }))
  await connection.nats.jetstream().publish('inventory.stock.changed.garbage', 'null')
  await emit(stockChanged('after-garbage', 1))
  await eventually('the good event', () => got.some(({ subject }) => subject === 'after-garbage'))
  await eventually('the feed goes on', () => versions.length > 0)
  expect(versions.every(Number.isInteger)).toBe(true)
})

test('a relay whose database connections are cut goes on with new ones', async () => {
  const got = await collect('cut')
  const skus = Array.from({ length: 40 }, (_, i) => `cut-${i}`)
  for (const sku of skus) {
    await emit(stockChanged(sku, 1))
    await prisma.$executeRawUnsafe(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay/inventory' and datname = current_database()`,
    )
  }
  await eventually('all events', () => skus.every((sku) => got.some(({ subject }) => subject === sku)), 20_000)
}, 60_000)

test('a connection that NATS refuses for good says so, so that its process can start anew', async () => {
  const own = await testNats()
  const refused = await connectEvents({ url: own.url, name: 'refused', log, replicas: 1 })
  await own.kill()
  const locked = await startNats({ folder: `${own.folder}-locked`, password: 'another', port: own.port })
  whenDone(() => locked.stop())
  await refused.ended
  expect(refused.connected).toBe(false)
  await expect(connectEvents({ url: own.url, name: 'again', log })).rejects.toThrow(
    /^NATS at .* refuses: .*See NATS_URL\.$/,
  )
})

test('events written while NATS is dead leave when it is back, each one, without a gap in the feed', async () => {
  const got = await collect('outage')
  const feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  const story: string[] = []
  feed.subscribe({
    event: ({ subject }: FeedEvent) => story.push(subject),
    lost: () => story.push('lost'),
    recovered: (complete) => story.push(`recovered ${complete}`),
  })
  expect(feed.current).toBe(true)
  await emit(stockChanged('before', 1))
  await eventually('the event before', () => story.includes('inventory.stock.changed.before'))

  await nats.kill()
  await eventually('the feed knows', () => !feed.current)
  expect(story.at(-1)).toBe('lost')
  const skus = Array.from({ length: 50 }, (_, i) => `during-${i}`)
  for (const sku of skus) await emit(stockChanged(sku, 1))

  nats = await restartNats(nats)
  await eventually('all events', () => skus.every((sku) => got.some(({ subject }) => subject === sku)), 20_000)
  await eventually('the feed is current', () => feed.current, 20_000)
  await eventually('the feed told them all', () =>
    skus.every((sku) => story.includes(`inventory.stock.changed.${sku}`)),
  )
  expect(story.filter((line) => line.startsWith('recovered'))).toEqual(['recovered true'])
  expect(await relay.backlog()).toBe(0)
}, 60_000)

test('a relay killed between publish and commit leaves a duplicate to nobody', async () => {
  const got = await collect('twice')
  const sku = `twice-${randomUUID()}`
  await emit(stockChanged(sku, 1))
  await eventually('the event', () => got.some(({ subject }) => subject === sku))
  // What a relay leaves behind that died after the publish: the row still counts as unpublished.
  await prisma.$executeRawUnsafe(`update outbox set published_at = null where subject like '%twice-%'`)
  relay.wake()
  await eventually('the row is done again', async () => (await relay.backlog()) === 0)
  await emit(stockChanged('after-twice', 1))
  await eventually('the next event', () => got.some(({ subject }) => subject === 'after-twice'))
  expect(got.filter(({ subject }) => subject === sku)).toHaveLength(1)
})

test('new states do not overtake older ones that another relay has in hand, and would not be pushed out by them', async () => {
  const url = await testDatabase('inventory')
  const owner = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) })
  whenDone(() => owner.$disconnect())
  const subject = 'inventory.stock.changed.overtaken'
  const toWrite = (version: number): NewEvent => stockChanged('overtaken', version)
  const died = createTransact(owner as never, () => {})
  for (let version = 1; version <= STATES_KEPT + 8; version++)
    await died(async (_tx, add) => void add(toWrite(version)))
  const inHand = new pg.Client({ connectionString: url })
  await inHand.connect()
  whenDone(() => inHand.end())
  await inHand.query(`select pg_advisory_lock(hashtext('outbox'))`)

  const late = startRelay({ databaseUrl: url, connection, source: '/inventory', log, pollMs: 100 })
  whenDone(() => late.stop())
  const living = createTransact(owner as never, (rows) => late.send(rows))
  await new Promise((resolve) => setTimeout(resolve, 300)) // as long as it takes the relay to know that it is connected
  await living(async (_tx, add) => void add(toWrite(STATES_KEPT + 9)))
  await new Promise((resolve) => setTimeout(resolve, 300))
  const wanted = new Map([[subject, STATES_KEPT + 9]])
  expect((await versionsHeld(connection, wanted)).size).toBe(0)

  await inHand.query(`select pg_advisory_unlock(hashtext('outbox'))`)
  await eventually('they left', async () => (await late.backlog()) === 0)
  expect(await versionsHeld(connection, wanted)).toEqual(wanted)
  // Nothing waits any more: it leaves at once, without being looked for.
  await inHand.query(`select pg_advisory_lock(hashtext('outbox'))`)
  await eventually('it is not behind', async () => {
    await living(async (_tx, add) => void add(stockChanged('at-once', 1)))
    return (await versionsHeld(connection, new Map([['inventory.stock.changed.at-once', 1]]))).size === 1
  })
})

test('a NATS server that lost its last events gets them again, also when others published first, and the feed knows', async () => {
  const got = await collect('lost-tail')
  await emit(stockChanged('before-backup', 1))
  await eventually('the event before', () => got.some(({ subject }) => subject === 'before-backup'))
  const streams = join(nats.folder, 'streams')
  await nats.stop()
  cpSync(streams, `${streams}.backup`, { recursive: true })
  nats = await restartNats(nats)
  await eventually('connected again', () => connection.connected, 20_000)

  const feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  const story: string[] = []
  feed.subscribe({
    event: ({ subject }) => story.push(subject),
    lost: () => story.push('lost'),
    recovered: (complete) => story.push(`recovered ${complete}`),
  })
  const skus = Array.from({ length: 5 }, (_, i) => `tail-${i}`)
  for (const sku of skus) await emit(stockChanged(sku, 1))
  await eventually('the feed has them', () => skus.every((sku) => story.includes(`inventory.stock.changed.${sku}`)))
  await eventually('they left', async () => (await relay.backlog()) === 0)
  const before = got.length

  await nats.kill() // and with the power everything that was not synced
  rmSync(streams, { recursive: true })
  renameSync(`${streams}.backup`, streams)
  nats = await restartNats(nats)
  const other = await connectEvents({ url: nats.url, name: 'other', log })
  whenDone(() => other.close())
  for (let i = 0; i < 8; i++) await other.nats.jetstream().publish('inventory.other.happened.x', '{}')

  await eventually(
    'all of them again',
    () => skus.every((sku) => got.slice(before).some(({ subject }) => subject === sku)),
    30_000,
  )
  await eventually('the feed is current', () => feed.current, 20_000)
  expect(story.filter((line) => line.startsWith('recovered'))).toEqual(['recovered false'])
}, 90_000)

test('a NATS server that comes back empty is filled again from the outbox, and the feed says that it cannot be complete', async () => {
  const got = await collect('empty-disk')
  await emit(stockChanged('kept-in-outbox', 3))
  await eventually('the event', () => got.some(({ subject }) => subject === 'kept-in-outbox'))
  for (let version = 1; version <= 40; version++) await emit(stockChanged('changed-often', version))
  await eventually('they left', () => got.some((one) => one.subject === 'changed-often' && one.version === 40))
  const feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  const story: string[] = []
  feed.subscribe({
    event() {},
    lost: () => story.push('lost'),
    recovered: (complete) => story.push(`recovered ${complete}`),
  })
  const before = got.filter(({ subject }) => subject === 'kept-in-outbox').length

  await nats.kill()
  nats = await restartNats(nats, { empty: true })
  await eventually(
    'the event again',
    () => got.filter(({ subject }) => subject === 'kept-in-outbox').length > before,
    30_000,
  )
  const often = () => got.filter(({ subject }) => subject === 'changed-often')
  await eventually('the newest states again', () => often().length >= 72)
  expect(
    often()
      .slice(40)
      .map(({ version }) => version)
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: 32 }, (_, i) => i + 9))
  await eventually('the feed is current', () => feed.current, 20_000)
  expect(story).toEqual(['lost', 'recovered false'])
}, 60_000)
