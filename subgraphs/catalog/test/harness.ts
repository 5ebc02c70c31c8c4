import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import { type FeedEvent, startFeed } from '@commerce/events/feed.ts'
import { formatSeen, type SeenEvents } from '@commerce/events/seen.ts'
import { testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { encodeViewer, headers, type Viewer } from '@commerce/service/viewer.ts'
import { start } from '../src/server.ts'

/** The tables of the catalog, without the outbox. */
export const TABLES = ['category', 'product', 'variant', 'price']

const SECRET = 'a secret that only tests know'
const log = createLog('catalog-test', 'silent')

export interface TestCatalog {
  url: string
  databaseUrl: string
  natsUrl: string
  /** A connection of the test's own, to watch what leaves. */
  connection: EventConnection
  /** Events as they arrive over NATS from now on. */
  events: (FeedEvent & { data: Record<string, unknown> })[]
  /** Asks as staff, or as `viewer`; throws when the answer has errors. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are as different as the questions
  ask(query: string, ...more: Asking): Promise<any>
  /** The whole answer, errors included. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are as different as the questions
  answer(query: string, ...more: Asking): Promise<any>
}

/** Variables; who asks; the floors, and how far the gateway has followed the events, as it sends them. */
type Asking = [variables?: object, viewer?: Viewer | null, floors?: Record<string, number>, seen?: SeenEvents]

const STAFF = { id: 'staff', scopes: ['catalog:write'] }

/** Starts a catalog on an empty database and a NATS server of its own, or as a replica beside another one; all end with the test file. */
export async function startCatalog(beside?: TestCatalog): Promise<TestCatalog> {
  const databaseUrl = beside?.databaseUrl ?? (await testDatabase('catalog'))
  const natsUrl = beside?.natsUrl ?? (await testNats()).url
  const running = await start(
    {
      DATABASE_URL_CATALOG: databaseUrl,
      NATS_URL: natsUrl,
      NATS_REPLICAS: 1,
      GATEWAY_SECRET: SECRET,
      HOST: '127.0.0.1',
      PORT: 0,
      LOG_LEVEL: 'silent',
    },
    log,
  )
  whenDone(() => running.stop())
  const connection = await connectEvents({ url: natsUrl, name: 'test', log })
  whenDone(() => connection.close())
  const feed = await startFeed(connection, ['catalog.>'])
  whenDone(() => feed.stop())
  const events: TestCatalog['events'] = []
  feed.subscribe({
    event: (event) => events.push(event as TestCatalog['events'][number]),
    lost: () => {},
    recovered: () => {},
  })

  const answer: TestCatalog['answer'] = async (query, variables = {}, viewer = STAFF, floors = {}, seen) => {
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [headers.secret]: SECRET,
        [headers.floors]: JSON.stringify(floors),
        ...(seen ? { [headers.seen]: formatSeen(seen) } : {}),
        ...(viewer ? { [headers.viewer]: encodeViewer(viewer) } : {}),
      },
      body: JSON.stringify({ query, variables }),
    })
    return response.json()
  }
  return {
    url: running.url,
    databaseUrl,
    natsUrl,
    connection,
    events,
    answer,
    async ask(query, ...more) {
      const { data, errors } = await answer(query, ...more)
      if (errors) throw new Error(JSON.stringify(errors))
      return data
    },
  }
}
