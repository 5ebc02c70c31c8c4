import { randomBytes } from 'node:crypto'
import { connectEvents } from '@commerce/events/connection.ts'
import { consumerLag } from '@commerce/events/consumer.ts'
import type { NewEvent } from '@commerce/events/contracts.ts'
import { createTransact } from '@commerce/events/outbox.ts'
import { startRelay } from '@commerce/events/relay.ts'
import { eventually, testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { createLog } from '@commerce/service/log.ts'
import { encodeViewer, headers } from '@commerce/service/viewer.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { CONSUMER } from '../src/projection/consumer.ts'
import { searchConfig, start } from '../src/server.ts'

/** A search subgraph on a database and a NATS server of its own, and a source of events as the other subgraphs are: outbox and relay. */
export interface Harness {
  /** The subgraph's own database, to look behind the scenes. */
  database: PrismaClient
  publish(events: readonly NewEvent[]): Promise<void>
  /** Waits until all that was published is in the index. */
  indexed(limitMs?: number): Promise<void>
  graphql<T>(query: string, variables?: object, scopes?: readonly string[]): Promise<Answer<T>>
}

export interface Answer<T> {
  data: T | null
  errors?: { message: string; extensions: { code: string } }[]
}

export async function startHarness(): Promise<Harness> {
  const log = createLog('search', 'silent')
  const [databaseUrl, sourceUrl, nats] = await Promise.all([
    testDatabase('search'),
    testDatabase('search'), // any database with an outbox
    testNats(),
  ])
  const secret = randomBytes(16).toString('hex')
  const config = searchConfig.parse({
    PORT: 0,
    NATS_URL: nats.url,
    GATEWAY_SECRET: secret,
    LOG_LEVEL: 'silent',
    DATABASE_URL_SEARCH: databaseUrl,
  })
  const running = await start(config, log)
  const [database, source] = [databaseUrl, sourceUrl].map(
    (connectionString) => new PrismaClient({ adapter: new PrismaPg({ connectionString }) }),
  ) as [PrismaClient, PrismaClient]
  const connection = await connectEvents({ url: nats.url, name: 'test', log })
  const relay = startRelay({ databaseUrl: sourceUrl, connection, source: '/test', log })
  const transact = createTransact<PrismaClient>(source as never, relay.send)
  whenDone(async () => {
    await running.stop()
    await relay.stop()
    await connection.close()
    await Promise.all([database.$disconnect(), source.$disconnect()])
  })

  return {
    database,
    publish: (events) =>
      transact(async (_, emit) => {
        for (const one of events) emit(one)
      }),
    async indexed(limitMs) {
      const idle = async (): Promise<boolean> =>
        (await relay.backlog()) === 0 && (await consumerLag(connection, CONSUMER)) === 0
      await eventually('everything published is in the index', idle, limitMs)
    },
    async graphql<T>(query: string, variables: object = {}, scopes: readonly string[] = []) {
      const response = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [headers.secret]: secret,
          ...(scopes.length > 0 ? { [headers.viewer]: encodeViewer({ id: 'tester', scopes }) } : {}),
        },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()) as Answer<T>
    },
  }
}
