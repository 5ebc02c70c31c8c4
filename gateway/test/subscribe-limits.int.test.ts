// Long because each limit of a client that stays connected is one test over the same shop.
import { once } from 'node:events'
import { eventually } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import type { HoldPolicies } from '../src/viewer/shown.ts'
import { metric } from './event-streams.ts'
import type { TestGraph } from './graph.ts'
import { afterwards, connect, follow, socketUrl, startShop, tokenFor } from './live-graph.ts'
import { live, subject, take } from './shop.ts'

const one = { skus: ['b'] }

/** A socket by hand, and what it is told. */
async function open(graph: TestGraph, authorization?: string, origin?: string) {
  const socket = new WebSocket(socketUrl(graph), 'graphql-transport-ws', origin === undefined ? {} : { origin })
  afterwards(() => socket.terminate())
  // biome-ignore lint/suspicious/noExplicitAny: messages are compared with literals
  const told: any[] = []
  socket.on('message', (data) => told.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)])
  await once(socket, 'open')
  const send = (message: unknown) => socket.send(JSON.stringify(message))
  send({ type: 'connection_init', payload: { authorization } })
  return {
    told,
    closed,
    send,
    welcome: () => eventually('the welcome', () => told.some(({ type }) => type === 'connection_ack')),
    follow: (query = live, variables: unknown = one) =>
      send({ id: '1', type: 'subscribe', payload: { query, variables } }),
  }
}

/** How an upgrade is refused: the status and what its body says. */
async function refusal(graph: TestGraph, origin?: string) {
  const socket = new WebSocket(socketUrl(graph), 'graphql-transport-ws', origin === undefined ? {} : { origin })
  const [, response] = await once(socket, 'unexpected-response')
  let body = ''
  for await (const chunk of response) body += chunk
  const [{ message, extensions }] = JSON.parse(body).errors
  return [response.statusCode, extensions.code, message]
}

test('pages of other origins may not open a socket unless they are named; what is no browser, and our own pages, may', async () => {
  const { graph } = await startShop({ origins: ['https://shop.example'] })
  expect(await refusal(graph, 'https://evil.example')).toEqual([
    403,
    'ORIGIN_NOT_ALLOWED',
    expect.stringContaining('CORS_ORIGINS'),
  ])
  expect(await refusal(graph, 'null')).toEqual([403, 'ORIGIN_NOT_ALLOWED', expect.any(String)])
  for (const origin of [undefined, 'https://shop.example', graph.gateway.url])
    await (await open(graph, undefined, origin)).welcome()
})

test('a viewer has so many connections, over both transports, and everybody together so many', async () => {
  const { graph } = await startShop({}, { connections: 4, connectionsPerViewer: 2 })
  const token = await tokenFor('ann')
  const first = await open(graph, token)
  await first.welcome()
  const headers = { authorization: token, accept: 'text/event-stream' }
  const leaving = new AbortController()
  afterwards(() => leaving.abort())
  const ask = (signal: AbortSignal) =>
    fetch(
      `${graph.gateway.url}/graphql/stream?${new URLSearchParams({ query: live, variables: JSON.stringify(one) })}`,
      { headers, signal },
    )
  const stream = await ask(leaving.signal)
  expect(stream.status).toBe(200)

  expect(await (await open(graph, token)).closed).toEqual([
    1013,
    'This viewer has 2 connections, as many as one may have.',
  ])
  const refused = await ask(AbortSignal.timeout(10_000))
  expect([
    refused.status,
    refused.headers.get('retry-after'),
    (await refused.json()).errors[0].extensions.code,
  ]).toEqual([429, '5', 'TOO_MANY_CONNECTIONS'])
  await (await open(graph, await tokenFor('bob'))).welcome()
  await (await open(graph)).welcome()
  expect(await refusal(graph)).toEqual([503, 'TOO_MANY_CONNECTIONS', expect.stringContaining('4 connections')])

  leaving.abort()
  await eventually('room', async () => (await metric(graph, 'gateway_event_stream_connections')) === 0)
  await (await open(graph, token)).welcome()
})

test('who says too much is sent away for good', async () => {
  const { graph } = await startShop({}, { messagesPerSecond: 2 })
  const loud = await open(graph)
  for (let i = 0; i < 12; i++) loud.send({ type: 'ping' })
  expect(await loud.closed).toEqual([4429, 'At most 2 messages a second.'])
  expect(loud.told.filter(({ type }) => type === 'pong').length).toBeLessThanOrEqual(9)
})

test('too many requests for a reserved stream are refused', async () => {
  const { graph } = await startShop({}, { messagesPerSecond: 1 })
  const url = `${graph.gateway.url}/graphql/stream`
  const token = await (await fetch(url, { method: 'PUT' })).text()
  const stop = () =>
    fetch(`${url}?operationId=1`, { method: 'DELETE', headers: { 'x-graphql-event-stream-token': token } })
  const statuses: number[] = []
  while (!statuses.includes(429) && statuses.length < 20) statuses.push((await stop()).status)
  expect(statuses.length).toBeGreaterThanOrEqual(5)
  expect(statuses.at(-1)).toBe(429)
})

test('a token that is renewed by a ping puts off the end of a connection, without a pause', async () => {
  const { graph, change } = await startShop()
  const socket = await open(graph, await tokenFor('ann', 2))
  await socket.welcome()
  socket.follow()
  const pong = async (authorization: unknown) => {
    const before = socket.told.length
    socket.send({ type: 'ping', payload: { authorization } })
    return (await eventually('the pong', () => socket.told.slice(before).find(({ type }) => type === 'pong'))).payload
  }
  expect(await pong('Bearer nonsense')).toMatchObject({
    errors: [{ message: 'The token is not valid.', extensions: { code: 'UNAUTHENTICATED' } }],
  })
  expect(await pong(await tokenFor('bob'))).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  expect(await pong(await tokenFor('ann', 60, 'everything'))).toMatchObject({
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  })
  const begun = Date.now()
  const { expires } = await pong(await tokenFor('ann', 4))
  expect(expires * 1000).toBeGreaterThan(begun + 2_000)
  expect(await socket.closed).toEqual([4403, 'The token has expired.'])
  expect(Date.now()).toBeGreaterThanOrEqual(expires * 1000 - 50)
  change('b', 6)
}, 30_000)

test('an anonymous client does not become somebody by a ping', async () => {
  const { graph } = await startShop()
  const socket = await open(graph)
  await socket.welcome()
  socket.send({ type: 'ping', payload: { authorization: await tokenFor('ann') } })
  const { payload } = await eventually('the pong', () => socket.told.find(({ type }) => type === 'pong'))
  expect(payload.errors[0].extensions.code).toBe('FORBIDDEN')
  socket.send({ type: 'ping', payload: { any: 'thing' } })
  await eventually('the echo', () =>
    socket.told.some(({ type, payload }) => type === 'pong' && payload?.any === 'thing'),
  )
})

test('what a policy grants is decided anew for each event', async () => {
  const held = { allowed: true }
  const holdPolicies: HoldPolicies = async (policies) => new Set(held.allowed ? policies : [])
  const { graph, change, stock } = await startShop({ holdPolicies }, {}, undefined, {
    typeDefs: 'extend type AvailabilityChanged { secret: String @policy(policies: [["insider"]]) }',
    resolvers: { AvailabilityChanged: { secret: () => 'a secret' } },
  })
  const stream = follow(graph, 'subscription { availabilityChanged(skus: ["b"]) { version secret } }', {})
  expect(await take(stream, 1)).toEqual([{ data: { availabilityChanged: { version: 5, secret: 'a secret' } } }])
  held.allowed = false
  change('b', 6)
  expect(await take(stream, 1)).toMatchObject([
    {
      data: { availabilityChanged: { version: 6, secret: null } },
      errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }],
    },
  ])
  held.allowed = true
  change('b', 7)
  expect(await take(stream, 1)).toEqual([{ data: { availabilityChanged: { version: 7, secret: 'a secret' } } }])
  expect(stock.get('b')?.version).toBe(7)
})

test('a gateway that stops sends its clients away one after the other, and serves them until then', async () => {
  const { graph, change } = await startShop({}, { drainMs: 1_000 })
  const clients = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const client = connect(graph)
      const end = new Promise<number>((resolve) => client.on('closed', () => resolve(performance.now())))
      const versions: number[] = []
      const variables = one
      client.subscribe(
        { query: live, variables },
        {
          next: ({ data }) =>
            versions.push((data as never as { availabilityChanged: { version: number } }).availabilityChanged.version),
          error() {},
          complete() {},
        },
      )
      await eventually('the state', () => versions.length > 0)
      return { end, versions }
    }),
  )
  const stopped = graph.gateway.stop()
  const first = await Promise.race(clients.map(({ end }) => end))
  change('b', 6)
  const ends = await Promise.all(clients.map(({ end }) => end))
  expect(Math.max(...ends) - first).toBeGreaterThan(300)
  expect(clients.filter(({ versions }) => versions.includes(6)).length).toBeGreaterThan(100)
  await expect(refusal(graph)).rejects.toThrow()
  await stopped
}, 30_000)

test('how long changes take to be told, and how many were, is in the metrics', async () => {
  const { graph, feed, stock } = await startShop()
  const stream = follow(graph, live, one)
  await take(stream, 1)
  stock.set('b', { version: 6, status: 'IN_STOCK' })
  feed.publish(subject('b'), 6, Date.now() - 300)
  await take(stream, 1)
  expect(await metric(graph, 'gateway_subscription_triggers_total')).toBe(1)
  expect(await metric(graph, 'gateway_subscription_lag_seconds_count')).toBe(1)
  expect(await metric(graph, 'gateway_subscription_lag_seconds_sum')).toBeGreaterThan(0.29)
})

test('health says whether events are missing', async () => {
  const { graph, feed } = await startShop()
  const ready = async () => {
    const response = await fetch(`${graph.gateway.url}/health/ready`)
    return [response.status, (await response.json()).checks.events]
  }
  expect(await ready()).toEqual([200, true])
  feed.lose()
  expect(await ready()).toEqual([503, 'behind: events may be missing'])
  feed.recover(false)
  expect(await ready()).toEqual([200, true])
})

test('a stream of events that wants few messages a second gets the newest of what happened in between', async () => {
  const { graph, change } = await startShop()
  const leaving = new AbortController()
  afterwards(() => leaving.abort())
  const body = JSON.stringify({ query: live, variables: one, extensions: { maxPerSecond: 4 } })
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  const response = await fetch(`${graph.gateway.url}/graphql`, {
    method: 'POST',
    headers,
    body,
    signal: leaving.signal,
  })
  let text = ''
  void (async () => {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) text += Buffer.from(chunk).toString()
  })().catch(() => {})
  await eventually('the state', () => text.includes('"version":5'))
  const begun = performance.now()
  for (let version = 6; version <= 30; version++) {
    change('b', version)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await eventually('the newest', () => text.includes('"version":30'))
  const messages = text.split('event: next').length - 1
  expect(messages).toBeLessThanOrEqual(Math.ceil((performance.now() - begun) / 250) + 2)
  expect(messages).toBeLessThan(8)
})
