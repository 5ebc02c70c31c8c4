import { randomBytes } from 'node:crypto'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import type { NewEvent } from '@commerce/events/contracts.ts'
import { startFeed } from '@commerce/events/feed.ts'
import { createTransact } from '@commerce/events/outbox.ts'
import { consumerLag } from '@commerce/events/progress.ts'
import { startRelay } from '@commerce/events/relay.ts'
import { formatSeen } from '@commerce/events/seen.ts'
import type { LocalNats } from '@commerce/local/nats.ts'
import { eventually, testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { createLog } from '@commerce/service/log.ts'
import { encodeViewer, headers } from '@commerce/service/viewer.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { CONSUMER } from '../src/projection/consumer.ts'

/** Servers of a test file's own, and a source of events as the other subgraphs are: outbox and relay. Search is started by the test. */
export interface World {
  /** The subgraph's own database, to look behind the scenes. */
  database: PrismaClient
  databaseUrl: string
  nats: LocalNats
  connection: EventConnection
  /** The environment of a search process in this world. */
  environment: Record<string, string>
  publish(events: readonly NewEvent[]): Promise<void>
  /** Puts into the stream what no subgraph would. */
  publishRaw(subject: string, body: string): Promise<void>
  /** Waits until all that was published is in the stream. */
  published(): Promise<void>
  /** Waits until all that was published is in the store. */
  stored(limitMs?: number): Promise<void>
  /** Asks a search process as a gateway that has seen everything that is in the stream; `seen` false: as one that has seen nothing. */
  ask<T>(url: string, query: string, variables?: object, options?: Asking): Promise<Answer<T>>
}

export interface Asking {
  scopes?: readonly string[] | undefined
  seen?: boolean
}

export interface Answer<T> {
  data: T | null
  errors?: { message: string; extensions: { code: string } }[]
}

export async function createWorld(): Promise<World> {
  const log = createLog('search', process.env.SEARCH_TEST_LOG ?? 'silent')
  const [databaseUrl, sourceUrl, nats] = await Promise.all([
    testDatabase('search'),
    testDatabase('search'), // any database with an outbox
    testNats(),
  ])
  const secret = randomBytes(16).toString('hex')
  const [database, source] = [databaseUrl, sourceUrl].map(
    (connectionString) => new PrismaClient({ adapter: new PrismaPg({ connectionString }) }),
  ) as [PrismaClient, PrismaClient]
  const connection = await connectEvents({ url: nats.url, name: 'test', log, replicas: 1 })
  const relay = startRelay({ databaseUrl: sourceUrl, connection, source: '/test', log })
  const feed = await startFeed(connection, ['catalog.>', 'inventory.>', 'checkout.>'])
  const transact = createTransact<PrismaClient>(source as never, relay.send)
  whenDone(async () => {
    await feed.stop()
    await relay.stop()
    await connection.close()
    await Promise.all([database.$disconnect(), source.$disconnect()])
  })

  async function seenNow(): Promise<string> {
    const subjects = ['catalog', 'inventory', 'checkout']
    const { stream, last } = await feed.lastEvents(subjects.map((one) => `${one}.>`))
    return formatSeen({ stream, last: new Map(subjects.map((one) => [one, last.get(`${one}.>`) ?? 0])) })
  }
  const hasLeft = async (): Promise<boolean> => (await relay.backlog()) === 0

  return {
    database,
    databaseUrl,
    nats,
    connection,
    environment: {
      PORT: '0',
      NATS_URL: nats.url,
      GATEWAY_SECRET: secret,
      LOG_LEVEL: process.env.SEARCH_TEST_LOG ?? 'silent',
      DATABASE_URL_SEARCH: databaseUrl,
    },
    publish: (events) =>
      transact(
        async (_, emit) => {
          for (const one of events) emit(one)
        },
        { timeoutMs: 60_000 },
      ),
    async publishRaw(subject, body) {
      await connection.nats.jetstream().publish(subject, body)
    },
    published: async () => void (await eventually('everything published is in the stream', hasLeft)),
    async stored(limitMs) {
      const idle = async (): Promise<boolean> => (await hasLeft()) && (await consumerLag(connection, CONSUMER)) === 0
      await eventually('everything published is in the store', idle, limitMs)
    },
    async ask<T>(url: string, query: string, variables: object = {}, { scopes = [], seen = true }: Asking = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [headers.secret]: secret,
          ...(seen ? { [headers.seen]: await seenNow() } : {}),
          ...(scopes.length > 0 ? { [headers.viewer]: encodeViewer({ id: 'tester', scopes }) } : {}),
        },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()) as Answer<T>
    },
  }
}
