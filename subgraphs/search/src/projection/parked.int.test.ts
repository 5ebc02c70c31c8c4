import { randomUUID } from 'node:crypto'
import { startConsumer } from '@commerce/events/consumer.ts'
import { eventually } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { beforeAll, expect, test } from 'vitest'
import { price, product } from '../../test/events.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { createWorld, type World } from '../../test/world.ts'
import { createStore } from '../document/repository.ts'
import { indexConsumer, openIndex } from './consumer.ts'
import { createProjectionRepository, MAX_PARKED } from './repository.ts'

const refusedId = randomUUID()
const refused = product({ id: refusedId, title: 'refused', sku: 'refused' })
let world: World
let harness: Harness

/** What no statement of this database takes until it is dropped. */
const REFUSE = `
  create function refuse() returns trigger language plpgsql as $$ begin
    if new.body->>'title' = 'refused' then raise exception 'no room for it'; end if;
    return new;
  end $$;
  create trigger refuse before insert on product_document for each row execute function refuse()`

beforeAll(async () => {
  world = await createWorld()
  for (const statement of REFUSE.split(/(?<=\$\$);/)) await world.database.$executeRawUnsafe(statement)
  // As the subgraph's own consumer, but with pauses that a test can wait for.
  const { database, connection } = world
  const log = createLog('search', process.env.SEARCH_TEST_LOG ?? 'silent')
  const filling = { store: createStore(database), repository: createProjectionRepository(database), log }
  await openIndex(connection, filling)
  const consumer = await startConsumer({ connection, ...indexConsumer(filling), retryDelaysMs: [10, 10] })
  await world.publish([refused, price('refused', 100), product({ title: 'accepted' })])
  await eventually('it is parked', async () => (await database.parkedEvent.count()) === 1)
  await world.stored()
  await consumer.stop()
  harness = await startHarness(world)
})

interface Parked {
  subject: string
  sequence: string
  reason: string
  tries: number
  body: string
}

async function parked(scopes: readonly string[] = ['search:write']) {
  const query = '{ searchParkedEvents(first: 100) { subject sequence reason tries parkedAt body } }'
  return harness.graphql<{ searchParkedEvents: Parked[] }>(query, {}, scopes)
}

interface Outcome {
  events: { subject: string }[]
  userErrors: { code: string; field: string[]; message: string }[]
}

async function tell(what: 'Replay' | 'Discard', subjects: readonly string[], scopes = ['search:write']) {
  const { data, errors } = await harness.graphql<Record<string, Outcome>>(
    `mutation ($input: SearchParkedEventsInput!) {
      searchParkedEvents${what}(input: $input) { events { subject } userErrors { code field message } }
    }`,
    { input: { subjects } },
    scopes,
  )
  return { outcome: data?.[`searchParkedEvents${what}`], code: errors?.[0]?.extensions.code }
}

async function found(query: string): Promise<number | undefined> {
  const text = 'query ($query: String!) { search(query: $query) { totalCount } }'
  return (await harness.graphql<{ search: { totalCount: number } }>(text, { query })).data?.search.totalCount
}

test('staff see what could not be taken in, and why; the rest was', async () => {
  const { data } = await parked()
  expect(data?.searchParkedEvents).toMatchObject([{ subject: refused.subject, tries: 3 }])
  expect(data?.searchParkedEvents[0]?.reason).toContain('no room for it')
  expect(JSON.parse(data?.searchParkedEvents[0]?.body ?? '')).toMatchObject({ data: { title: 'refused' } })
  expect(await found('accepted')).toBe(1)
  expect((await parked([])).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  expect((await parked(['catalog:write'])).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  expect((await tell('Replay', [refused.subject], ['catalog:write'])).code).toBe('FORBIDDEN')
  const status = '{ searchStatus { parkedEvents lag } }'
  const { data: shown } = await harness.graphql<{ searchStatus: object }>(status, {}, ['catalog:write'])
  expect(shown?.searchStatus).toEqual({ parkedEvents: 1, lag: 0 })
})

test('a replay that fails leaves the event parked and says why; one that succeeds is searched', async () => {
  const again = await tell('Replay', [refused.subject, 'catalog.product.changed.nobody'])
  expect(again.outcome?.events).toEqual([])
  expect(again.outcome?.userErrors).toMatchObject([
    { code: 'NOT_PARKED', field: ['subjects', '1'] },
    { code: 'NOT_APPLIED', field: ['subjects', '0'] },
  ])
  expect(again.outcome?.userErrors[1]?.message).toContain('no room for it')

  await world.database.$executeRawUnsafe('drop trigger refuse on product_document')
  const { outcome } = await tell('Replay', [refused.subject])
  expect(outcome).toEqual({ events: [{ subject: refused.subject }], userErrors: [] })
  expect((await parked()).data?.searchParkedEvents).toEqual([])
  await expect.poll(() => found('refused'), { timeout: 5_000 }).toBe(1)
  expect(await world.database.productDocument.count({ where: { productId: refusedId } })).toBe(1)
  expect((await tell('Replay', [refused.subject])).outcome?.userErrors).toMatchObject([{ code: 'NOT_PARKED' }])
})

test('what is replayed after a newer version came changes nothing', async () => {
  const id = randomUUID()
  await world.publish([product({ id, version: 2, title: 'newest word' })])
  await world.stored()
  const old = product({ id, version: 1, title: 'older word' })
  const repository = createProjectionRepository(world.database)
  const body = JSON.stringify({
    specversion: '1.0',
    id: randomUUID(),
    source: '/test',
    type: old.type,
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    version: 1,
    data: old.data,
  })
  await repository.park({ subject: old.subject, seq: 1, body, reason: 'by an earlier release', tries: 5 })
  expect((await tell('Replay', [old.subject])).outcome?.events).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 1_200)) // two looks of the replicas
  expect([await found('newest'), await found('older')]).toEqual([1, 0])
})

test('what breaks its contract is parked at once, holds nothing up, and can be discarded', async () => {
  await world.publishRaw('catalog.product.changed.broken', '{"type":"catalog.product.changed"}')
  await world.publishRaw('inventory.stock.changed.garbage', 'not \0 json')
  await world.publish([product({ title: 'behind the broken ones' })])
  await world.stored()
  expect(await found('behind broken')).toBe(1)
  const subjects = ['catalog.product.changed.broken', 'inventory.stock.changed.garbage']
  expect((await parked()).data?.searchParkedEvents.map(({ subject }) => subject).toSorted()).toEqual(subjects)
  expect((await tell('Replay', subjects)).outcome?.userErrors.map(({ code }) => code)).toEqual([
    'NOT_APPLIED',
    'NOT_APPLIED',
  ])
  expect((await tell('Discard', subjects)).outcome?.events).toHaveLength(2)
  expect((await parked()).data?.searchParkedEvents).toEqual([])
  expect((await tell('Discard', [])).code).toBe('BAD_USER_INPUT')
})

test('of each subject the newest is kept, and of all a thousand', { timeout: 60_000 }, async () => {
  const repository = createProjectionRepository(world.database)
  const park = (subject: string, seq: number) =>
    repository.park({ subject, seq, body: String(seq), reason: 'x', tries: 1 })
  await park('same', 5)
  await park('same', 4)
  expect(await world.database.parkedEvent.findMany()).toMatchObject([{ subject: 'same', body: '5' }])
  for (let i = 1; i < MAX_PARKED; i++) await park(`s-${i}`, i)
  expect(await park('one-too-many', 1)).toMatchObject({ subject: 'same', seq: 5n })
  expect(await repository.parkedCount()).toBe(MAX_PARKED)
})
