import { randomUUID } from 'node:crypto'
import { notingChanges } from '@commerce/events/changes.ts'
import { type CommandContract, callCommand } from '@commerce/events/command.ts'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import { type FeedEvent, startFeed } from '@commerce/events/feed.ts'
import { testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import { createLog } from '@commerce/service/log.ts'
import { encodeViewer, headers } from '@commerce/service/viewer.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import type { z } from 'zod'
import { inventoryConfig } from '../src/config.ts'
import { start } from '../src/server.ts'

export const log = createLog('test', process.env.LOG_LEVEL ?? 'fatal')
const secret = 'a secret of this test'

/** Two processes of the inventory subgraph on a database and a NATS server of their own, and what its callers have in their hands. */
export interface TestInventory {
  database: PrismaClient
  connection: EventConnection
  /** Every event since the start, in order. */
  events: FeedEvent[]
  /** One operation as staff, or as whoever has these scopes; `floors` as the gateway sends them. Throws the first error. */
  ask<T>(query: string, variables?: object, as?: Asker): Promise<T>
  /** The whole answer, errors and extensions included. */
  answer(query: string, variables?: object, as?: Asker): Promise<Answer>
  call<I extends z.ZodType, O extends z.ZodType>(
    contract: CommandContract<I, O>,
    input: z.infer<I>,
  ): Promise<z.infer<O>>
  /** The same question to another process on the same database and NATS server. */
  askOther: TestInventory['ask']
  /** Counts a SKU; answers the version after it. */
  stock(sku: string, onHand: number, safety?: number): Promise<number>
}

interface Asker {
  scopes?: string[] | null
  floors?: object
}

interface Answer {
  data: unknown
  errors?: { message: string }[]
  extensions?: Record<string, unknown>
}

export const STAFF = ['inventory:read', 'inventory:write']

/** Opens a database of this test file's own, migrated. */
export async function openDatabase(): Promise<{ url: string; database: PrismaClient }> {
  const url = await testDatabase('inventory')
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }) })
  whenDone(() => database.$disconnect())
  return { url, database }
}

/** `settings`: of both processes, besides what they need anyway. */
export async function startInventory(settings: object = {}): Promise<TestInventory> {
  const { url, database } = await openDatabase()
  const nats = await testNats()
  const config = inventoryConfig.parse({
    PORT: 0,
    NATS_URL: nats.url,
    GATEWAY_SECRET: secret,
    DATABASE_URL_INVENTORY: url,
    ...settings,
  })
  const [running, other] = await Promise.all([start(config, log), start(config, log)])
  whenDone(() => Promise.all([running.stop(), other.stop()]))
  const connection = await connectEvents({ url: nats.url, name: 'test', log })
  whenDone(() => connection.close())
  const feed = await startFeed(connection, ['inventory.>'])
  whenDone(() => feed.stop())
  const events: FeedEvent[] = []
  feed.subscribe({ event: (event) => events.push(event), lost: () => {}, recovered: () => {} })

  // As a gateway does, it tells what its commands changed: the replica that is asked may not have heard of it.
  const changed = new Map<string, number>()
  const answer = answerAt(running.url, () => Object.fromEntries([...changed].slice(-50)))
  const ask = askBy(answer)
  return {
    database,
    connection,
    events,
    ask,
    answer,
    askOther: askBy(answerAt(other.url)),
    call: (contract, input) => notingChanges(changed, () => callCommand(connection, contract, input, 10_000)),
    async stock(sku, onHand, safety) {
      const input = { sku, onHand, safety, idempotencyKey: randomUUID() }
      const { stockSet } = await ask<{ stockSet: { stock: { version: number } } }>(
        'mutation ($input: StockSetInput!) { stockSet(input: $input) { stock { version } } }',
        { input },
      )
      return stockSet.stock.version
    },
  }
}

function answerAt(url: string, changed: () => object = () => ({})): TestInventory['answer'] {
  return async (query, variables = {}, { scopes = STAFF, floors = changed() } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [headers.secret]: secret,
        ...(scopes ? { [headers.viewer]: encodeViewer({ id: 'v', scopes }) } : {}),
        [headers.floors]: JSON.stringify(floors),
      },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Answer
  }
}

function askBy(answer: TestInventory['answer']): TestInventory['ask'] {
  return async <T>(query: string, variables?: object, as?: Asker) => {
    const { data, errors } = await answer(query, variables, as)
    if (errors) throw new Error(JSON.stringify(errors[0]))
    return data as T
  }
}

/** Every way in which the books contradict each other; empty when all is well. */
export async function contradictions(database: PrismaClient): Promise<unknown[]> {
  return database.$queryRaw`
    with booked as (select sku, location, sum(delta)::int as units from movement group by sku, location),
    held as (
      select sku, location, sum(quantity)::int as units
      from reservation_line join reservation on id = reservation_id where state = 'held' group by sku, location
    ),
    told as (select data->>'sku' as sku, array_agg(version order by version) as versions from outbox where type = 'inventory.stock.changed' group by 1)
    select l.sku, l.on_hand, booked.units as booked, l.reserved, held.units as held, s.version, told.versions
    from stock_level l join stock s using (sku)
    left join booked using (sku, location) left join held using (sku, location)
    left join told using (sku)
    where l.on_hand <> coalesce(booked.units, 0) or l.reserved <> coalesce(held.units, 0)
      or l.reserved < 0 or l.reserved > l.on_hand + l.backorder_limit
      or told.versions is distinct from (select array_agg(v) from generate_series(1, s.version) v)`
}

/** A moment so many milliseconds from now, as commands want it. */
export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()
