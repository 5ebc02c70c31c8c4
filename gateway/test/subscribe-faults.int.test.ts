// Long because each fault is one test over real NATS, real subgraphs and real sockets.
import { writeFile } from 'node:fs/promises'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import type { LocalNats } from '@commerce/local/nats.ts'
import { eventually, restartNats, testNats, whenDone } from '@commerce/local/testing.ts'
import { createClient } from 'graphql-ws'
import { pino } from 'pino'
import { beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { gatewayDefaults } from '../src/config.ts'
import { startGateway } from '../src/server.ts'
import { natsFeed } from '../src/subscribe/nats-feed.ts'
import type { TestGraph } from './graph.ts'
import { afterwards, socketUrl, startShop } from './live-graph.ts'
import { live, subject } from './shop.ts'

const log = pino({ level: 'silent' })
const skus = { skus: ['a.1', 'b'] }
let nats: LocalNats
let publisher: EventConnection

beforeAll(async () => {
  nats = await testNats()
  publisher = await connectEvents({ url: nats.url, name: 'publisher', log, replicas: 1 })
  whenDone(() => publisher.close())
})

/** A shop whose gateway hears of changes over NATS. */
async function start() {
  const feed = natsFeed(nats.url, log)
  afterwards(() => feed.stop())
  const { graph, stock, state } = await startShop({}, {}, feed)
  await eventually('the feed', () => feed.current)
  const change = async (sku: string, version: number) => {
    stock.set(sku, { version, status: 'IN_STOCK' })
    const event = JSON.stringify({ time: new Date().toISOString(), data: { version } })
    await eventually('the event is kept', () =>
      publisher.nats
        .jetstream()
        .publish(subject(sku), event, { timeout: 1_000 })
        .catch(() => undefined),
    )
  }
  return { graph, feed, state, change, stock }
}

/** A client that comes back by itself, and goes on where it was. */
function stay(url: string) {
  const seen: { sku: string; version: number; reset: string | undefined }[] = []
  const state = { cursor: null as string | null, ends: 0 }
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 50,
    retryWait: () => new Promise((r) => setTimeout(r, 50)),
  })
  afterwards(() => client.dispose())
  const request = {
    query: live,
    variables: skus,
    // Read anew each time that the client subscribes.
    get extensions() {
      return { since: state.cursor }
    },
  }
  client.subscribe(request, {
    // biome-ignore lint/suspicious/noExplicitAny: payloads are compared with literals
    next({ data, extensions }: any) {
      const { version, variant } = data.availabilityChanged
      seen.push({ sku: variant.sku, version, reset: extensions?.reset?.code })
      state.cursor = extensions?.cursor ?? state.cursor
    },
    error() {
      state.ends++
    },
    complete() {
      state.ends++
    },
  })
  const newest = (sku: string) => seen.findLast((one) => one.sku === sku)?.version
  return { seen, state, newest, terminate: () => client.terminate() }
}

/** Nobody sees an older state after a newer one. */
function expectRising(seen: readonly { sku: string; version: number }[]): void {
  for (const sku of skus.skus) {
    const versions = seen.flatMap((one) => (one.sku === sku ? [one.version] : []))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  }
}

test('a client that lost its connection goes on where it was, also at another gateway', async () => {
  const { graph, change, feed } = await start()
  const other = await startOther(graph)
  const client = stay(socketUrl(graph))
  await eventually('the state', () => client.newest('a.1') === 1 && client.newest('b') === 5)
  await change('a.1', 2)
  await eventually('the change', () => client.newest('a.1') === 2)
  const before = client.seen.length
  client.terminate()
  await change('b', 6)
  await eventually('what changed', () => client.newest('b') === 6)
  expect(client.seen.slice(before).every(({ sku }) => sku === 'b')).toBe(true)

  const elsewhere = createClient({ url: other, webSocketImpl: WebSocket })
  afterwards(() => elsewhere.dispose())
  const stream = elsewhere.iterate({ query: live, variables: skus, extensions: { since: client.state.cursor } })
  const next = stream.next()
  await change('a.1', 3)
  expect((await next).value).toMatchObject({ data: { availabilityChanged: { version: 3, variant: { sku: 'a.1' } } } })
  expect(feed.current).toBe(true)
  expectRising(client.seen)
})

test('NATS killed and started again in the middle of a stream: nothing is lost, nothing goes back', async () => {
  const { change, feed, graph } = await start()
  const client = stay(socketUrl(graph))
  await eventually('the state', () => client.newest('b') !== undefined)
  // More than once: a server gives its stream another birthday with each start.
  for (const version of [20, 21]) {
    await nats.kill()
    await eventually('the loss', () => !feed.current)
    const changing = change('b', version)
    nats = await restartNats(nats)
    await changing
    await eventually('the change', () => client.newest('b') === version, 30_000)
  }
  client.terminate()
  await change('a.1', 22)
  await eventually('the next', () => client.newest('a.1') === 22)
  expectRising(client.seen)
  expect(client.seen.filter(({ reset }) => reset)).toEqual([])
  expect(client.state.ends).toBe(0)
}, 60_000)

test('NATS back without its stream: who comes back is told that it gets everything anew', async () => {
  const { change, feed, graph, stock } = await start()
  const client = stay(socketUrl(graph))
  await eventually('the state', () => client.newest('b') !== undefined && client.newest('a.1') !== undefined)
  await change('b', 31)
  await eventually('the change', () => client.newest('b') === 31)
  await nats.kill()
  await eventually('the loss', () => !feed.current)
  stock.set('a.1', { version: 32, status: 'IN_STOCK' })
  nats = await restartNats(nats, { empty: true })
  await eventually('what nobody told', () => client.newest('a.1') === 32, 30_000)
  client.terminate()
  await eventually('the reset', () => client.seen.some(({ reset }) => reset === 'CURSOR_OF_ANOTHER_STREAM'))
  await change('b', 33)
  await eventually('the next', () => client.newest('b') === 33)
  expectRising(client.seen)
}, 60_000)

test('a subgraph that is down while an event arrives, and a new supergraph meanwhile: the newest state comes', async () => {
  const { change, graph, state } = await start()
  const client = stay(socketUrl(graph))
  await eventually('the state', () => client.newest('b') !== undefined)
  state.failure = 'INTERNAL_SERVER_ERROR'
  const reads = state.reads
  await change('b', 41)
  await eventually('a try in vain', () => state.reads > reads)
  await writeFile(graph.file, `${graph.supergraphSdl}\n# newer`)
  expect(await graph.gateway.reload()).toBe(true)
  await change('b', 42)
  state.failure = ''
  await eventually('the newest', () => client.newest('b') === 42)
  expectRising(client.seen)
  expect(client.state.ends).toBe(0)
})

/** A second gateway over the same supergraph and the same events; answers where its sockets are. */
async function startOther(graph: TestGraph): Promise<string> {
  const feed = natsFeed(nats.url, log)
  afterwards(() => feed.stop())
  const gateway = await startGateway({ ...gatewayDefaults, port: 0, watchMs: 0, supergraph: graph.file }, log, feed)
  afterwards(() => gateway.stop())
  await eventually('its feed', () => feed.current)
  return `${gateway.url.replace('http', 'ws')}/graphql`
}
