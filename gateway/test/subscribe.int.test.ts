// Long because each promise of a subscription is one test over the same shop.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { eventually } from '@commerce/local/testing.ts'
import type { Logger } from '@commerce/service/log.ts'
import { parse } from 'graphql'
import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { gatewayDefaults } from '../src/config.ts'
import { compose, startGraph, type TestGraph } from './graph.ts'
import { live, localFeed, type Payloads, shop, subject, take } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(sockets: Partial<typeof gatewayDefaults.sockets> = {}, log?: Logger) {
  const feed = localFeed()
  const { stock, state, sources } = shop()
  const tokens = { key: { secret }, issuer: null, audience: null }
  const graph = await startGraph(sources, {
    feed,
    log,
    config: { tokens, sockets: { ...gatewayDefaults.sockets, ...sockets } },
  })
  cleanups.push(() => graph.stop())
  const change = (sku: string, version: number, status: string) => {
    stock.set(sku, { version, status })
    feed.publish(subject(sku), version)
  }
  return { graph, feed, stock, state, change }
}

function connect(graph: TestGraph, connectionParams?: Record<string, unknown>) {
  const client = createClient({
    url: `${graph.gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  })
  cleanups.push(() => client.dispose())
  return client
}

function follow(graph: TestGraph, query = live, variables: Record<string, unknown> = { skus: ['a.1', 'b'] }): Payloads {
  return connect(graph).iterate({ query, variables })
}

const versions = (payloads: { data: { availabilityChanged: { version: number } } }[]) =>
  payloads.map(({ data }) => data.availabilityChanged.version)

describe('a subscription', () => {
  test('sends the current state first, then what changes, through the whole plan', async () => {
    const { graph, change, state } = await start()
    const stream = follow(graph)
    expect(await take(stream, 2)).toEqual([
      {
        data: {
          availabilityChanged: { version: 1, status: 'IN_STOCK', variant: { sku: 'a.1', title: 'Title of a.1' } },
        },
      },
      {
        data: { availabilityChanged: { version: 5, status: 'LOW_STOCK', variant: { sku: 'b', title: 'Title of b' } } },
      },
    ])
    expect(graph.subgraphs.catalog?.requests).toHaveLength(1)
    change('a.1', 2, 'OUT_OF_STOCK')
    expect(await take(stream, 1)).toEqual([
      {
        data: {
          availabilityChanged: { version: 2, status: 'OUT_OF_STOCK', variant: { sku: 'a.1', title: 'Title of a.1' } },
        },
      },
    ])
    expect(state.reads).toBe(2)
  })

  test('keeps aliases, other arguments and literals of the client', async () => {
    const { graph } = await start()
    const query =
      'subscription ($note: String) { live: availabilityChanged(skus: ["b"], note: $note) { __typename v: version status: note } }'
    expect(await take(follow(graph, query, { note: 'hi' }), 1)).toEqual([
      { data: { live: { __typename: 'AvailabilityChanged', v: 5, status: 'hi' } } },
    ])
  })

  test('may follow a single key', async () => {
    const { graph, change } = await start()
    const stream = follow(graph, 'subscription { x: stockChanged(sku: "b") { version variant { title } } }', {})
    expect(await take(stream, 1)).toEqual([{ data: { x: { version: 5, variant: { title: 'Title of b' } } } }])
    change('b', 6, 'IN_STOCK')
    expect((await take(stream, 1))[0].data.x.version).toBe(6)
  })

  test('needs a socket', async () => {
    const { graph } = await start()
    const { status, errors } = await graph.ask(live, { skus: ['b'] })
    expect([status, errors?.[0].message]).toEqual([400, expect.stringContaining('WebSocket')])
  })

  test('is read once for all clients that ask the same', async () => {
    const { graph, change, state } = await start()
    const streams = [follow(graph), follow(graph), follow(graph)]
    await Promise.all(streams.map((stream) => take(stream, 2)))
    const before = state.reads
    change('b', 6, 'IN_STOCK')
    const last = await Promise.all(streams.map((stream) => take(stream, 1)))
    expect(last.map(versions)).toEqual([[6], [6], [6]])
    expect(state.reads).toBe(before + 1)
  })

  test('gives a client that joins later the state of now', async () => {
    const { graph, stock } = await start()
    await take(follow(graph), 2)
    stock.set('b', { version: 7, status: 'IN_STOCK' })
    expect(versions(await take(follow(graph), 2))).toEqual([1, 7])
  })

  test('tells of a key that did not exist when it began', async () => {
    const { graph, change } = await start()
    const stream = follow(graph, live, { skus: ['b', 'new'] })
    await take(stream, 1)
    change('new', 1, 'IN_STOCK')
    expect((await take(stream, 1))[0].data.availabilityChanged.variant.sku).toBe('new')
  })

  test('never goes back and never repeats, however events arrive', async () => {
    const { graph, feed, stock, change } = await start()
    const stream = follow(graph, live, { skus: ['b'] })
    await take(stream, 1)
    change('b', 6, 'IN_STOCK')
    feed.publish(subject('b'), 6)
    feed.publish(subject('b'), 5)
    expect(versions(await take(stream, 1))).toEqual([6])
    change('b', 9, 'LOW_STOCK')
    feed.publish(subject('b'), 8)
    expect(versions(await take(stream, 1))).toEqual([9])
    stock.set('b', { version: 10, status: 'x' })
    feed.publish(subject('b'), 10)
    expect(versions(await take(stream, 1))).toEqual([10])
  })

  test('coalesces what happens while a key is read', async () => {
    const { graph, change, state } = await start()
    const stream = follow(graph, live, { skus: ['b'] })
    await take(stream, 1)
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const before = state.reads
    for (let version = 6; version <= 50; version++) change('b', version, 'IN_STOCK')
    gate.resolve()
    const seen = versions(await take(stream, 1))
    if (seen[0] !== 50) seen.push(...versions(await take(stream, 1)))
    expect(seen.at(-1)).toBe(50)
    expect(state.reads - before).toBeLessThanOrEqual(2)
  })

  test('waits for a replica that lags behind its own event', async () => {
    const { graph, feed, stock } = await start()
    const stream = follow(graph, live, { skus: ['b'] })
    await take(stream, 1)
    feed.publish(subject('b'), 6)
    setImmediate(() => stock.set('b', { version: 6, status: 'IN_STOCK' }))
    expect(versions(await take(stream, 1))).toEqual([6])
  })

  test('sends what changed while the feed was lost', async () => {
    const { graph, feed, stock } = await start()
    const stream = follow(graph)
    await take(stream, 2)
    feed.lose()
    stock.set('a.1', { version: 4, status: 'LOW_STOCK' })
    feed.recover(false)
    expect(versions(await take(stream, 1))).toEqual([4])
    feed.publish(subject('b'), 5)
    feed.publish(subject('a.1'), 4)
    stock.set('b', { version: 8, status: 'IN_STOCK' })
    feed.publish(subject('b'), 8)
    expect(versions(await take(stream, 1))).toEqual([8])
  })

  test('tells once that the subgraph is down, and goes on when it is back', async () => {
    const { graph, change } = await start()
    const { catalog } = graph.subgraphs
    await catalog?.stop()
    const stream = follow(graph, live, { skus: ['b'] })
    const [first] = await take(stream, 1)
    expect(first.data).toBeNull()
    expect(first.errors).toMatchObject([
      {
        path: ['availabilityChanged', 'variant', 'title'],
        extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'catalog' },
      },
    ])
    change('b', 6, 'IN_STOCK')
    const [second] = await take(stream, 1)
    expect(second.errors).toHaveLength(1)
  })

  test('ends with the error of a subgraph that refuses', async () => {
    const { graph, state } = await start()
    state.failure = 'FORBIDDEN'
    await expect(take(follow(graph), 1)).rejects.toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  test.each(['INTERNAL_SERVER_ERROR', 'SUBGRAPH_OVERLOADED'])(
    'outlives a fault of its subgraph (%s), which it tells once when it has no state yet',
    async (failure) => {
      const { graph, state, change } = await start()
      state.failure = failure
      const stream = follow(graph, live, { skus: ['b'] })
      expect(await take(stream, 1)).toMatchObject([{ data: null, errors: [{ message: 'not now' }] }])
      const tries = state.reads
      await eventually('tried again', () => state.reads > tries + 1)
      state.failure = ''
      expect(versions(await take(stream, 1))).toEqual([5])
      state.failure = failure
      change('b', 6, 'IN_STOCK')
      const before = state.reads
      await eventually('tried again', () => state.reads > before + 1)
      state.failure = ''
      expect(versions(await take(stream, 1))).toEqual([6])
    },
  )

  test.each([
    ['too many keys', live, { skus: Array.from({ length: 201 }, (_, i) => `s${i}`) }, 'BAD_USER_INPUT'],
    ['no key', live, { skus: [] }, 'BAD_USER_INPUT'],
    ['a field that nothing feeds', 'subscription { unfed { version } }', {}, 'NOT_SUBSCRIBABLE'],
    ['an invalid operation', 'subscription { nope }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['an invalid variable', live, { skus: 5 }, undefined],
  ])('is refused for %s', async (_what, query, variables, code) => {
    const { graph } = await start()
    await expect(take(follow(graph, query, variables), 1)).rejects.toMatchObject([
      code ? { extensions: { code } } : { message: expect.any(String) },
    ])
  })

  test('survives a new supergraph', async () => {
    const { graph, change } = await start()
    const stream = follow(graph)
    await take(stream, 2)
    await writeFile(graph.file, `${graph.supergraphSdl}\n# newer`)
    expect(await graph.gateway.reload()).toBe(true)
    change('b', 6, 'IN_STOCK')
    expect(versions(await take(stream, 1))).toEqual([6])
  })

  test('ends with an error when a new supergraph no longer has its field', async () => {
    const { graph } = await start()
    const stream = follow(graph)
    await take(stream, 2)
    const bare = [
      { name: 'catalog', url: 'http://127.0.0.1:1/graphql', document: parse('type Query { hello: String }') },
    ]
    await writeFile(graph.file, compose(bare))
    expect(await graph.gateway.reload()).toBe(true)
    await expect(take(stream, 1)).rejects.toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }])
  })
})

describe('a socket', () => {
  test('answers queries too', async () => {
    const { graph } = await start()
    const answers = await take(follow(graph, '{ hello }', {}), 2)
    expect(answers).toEqual([{ data: { hello: 'hello' } }])
  })

  test('is closed with 4403 for a bad token and when a token expires', async () => {
    const { graph } = await start()
    const codes: [number, string][] = []
    const token = (seconds: number) =>
      new SignJWT({ sub: 'u1', scope: 'staff' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(new TextEncoder().encode(secret))
    for (const authorization of ['nonsense', 'Bearer nonsense', `Bearer ${await token(2)}`]) {
      const client = connect(graph, { authorization })
      const closed = new Promise<CloseEvent>((resolve) => client.on('closed', (event) => resolve(event as CloseEvent)))
      client.subscribe({ query: live, variables: { skus: ['b'] } }, { next() {}, error() {}, complete() {} })
      const { code, reason } = await closed
      codes.push([code, reason])
    }
    expect(codes).toEqual([
      [4403, 'connectionParams.authorization must be "Bearer" and a token.'],
      [4403, 'The token is not valid.'],
      [4403, 'The token has expired.'],
    ])
    expect(graph.subgraphs.inventory?.requests.at(-1)?.headers['x-viewer']).toBe(
      Buffer.from('{"id":"u1","scopes":["staff"]}').toString('base64url'),
    )
  })

  test('is refused above the limit of connections', async () => {
    const { graph } = await start({ connections: 1 })
    await take(follow(graph), 1)
    const socket = new WebSocket(`${graph.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const [error] = await once(socket, 'error')
    expect(error.message).toContain('503')
  })

  test('is refused more operations than allowed', async () => {
    const { graph } = await start({ subscriptionsPerConnection: 1 })
    const client = connect(graph)
    const first = client.iterate({ query: live, variables: { skus: ['b'] } })
    await first.next()
    await expect(client.iterate({ query: live, variables: { skus: ['a.1'] } }).next()).rejects.toMatchObject([
      { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
    ])
  })

  test('is refused more keys than allowed, until it follows fewer', async () => {
    const { graph } = await start({ keysPerConnection: 2 })
    const client = connect(graph)
    const first = client.iterate({ query: live, variables: { skus: ['b', 'c'] } })
    await first.next()
    const second = () => client.iterate({ query: live, variables: { skus: ['a.1'] } }).next()
    await expect(second()).rejects.toMatchObject([{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }])
    await first.return?.()
    expect((await second()).value).toMatchObject({ data: { availabilityChanged: { version: 1 } } })
  })

  test('that takes nothing for too long is sent away to come back', async () => {
    const logged: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
    const { graph, stock } = await start({ stalledMs: 300 }, log)
    const skus = Array.from({ length: 200 }, (_, i) => `s${i}`)
    for (const sku of skus) stock.set(sku, { version: 1, status: 'IN_STOCK' })
    const socket = new WebSocket(`${graph.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    const query =
      'subscription ($skus: [String!]!, $note: String) { availabilityChanged(skus: $skus, note: $note) { note } }'
    for (const id of ['1', '2', '3', '4']) {
      const variables = { skus, note: id.repeat(50_000) }
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
    }
    socket.pause()
    const closed = once(socket, 'close')
    await eventually('sent away', () => logged.some((line) => line.includes('takes nothing')))
    socket.resume()
    expect((await closed)[0]).toBe(1013)
  })

  test('that does not read is sent the newest state when it reads again, and holds up nobody', async () => {
    const { graph, change } = await start({ stalledMs: 60_000 })
    const socket = new WebSocket(`${graph.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    cleanups.push(() => socket.terminate())
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    const query =
      'subscription ($note: String) { availabilityChanged(skus: ["b"], note: $note) { version variant { sku } note } }'
    const variables = { note: 'x'.repeat(60_000) }
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }))
    const seen: number[] = []
    socket.on('message', (data) => seen.push(JSON.parse(String(data)).payload.data.availabilityChanged.version))
    await eventually('the state', () => seen.length === 1)

    const other = follow(graph, live, { skus: ['b'] })
    await take(other, 1)
    socket.pause()
    // More than the buffers of the system hold.
    const last = 206
    for (let version = 6; version <= last; version++) {
      change('b', version, 'IN_STOCK')
      expect(versions(await take(other, 1))).toEqual([version])
    }
    socket.resume()
    await eventually('the newest state', () => seen.at(-1) === last)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeLessThan(last - 5)
  })

  test('that wants few messages a second gets the newest of what happened in between', async () => {
    const { graph, change } = await start()
    const variables = { skus: ['b'] }
    const stream = connect(graph).iterate({ query: live, variables, extensions: { maxPerSecond: 4 } }) as Payloads
    await take(stream, 1)
    const begun = performance.now()
    for (let version = 6; version <= 30; version++) {
      change('b', version, 'IN_STOCK')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const seen = versions(await take(stream, 1))
    while (seen.at(-1) !== 30) seen.push(...versions(await take(stream, 1)))
    expect(seen.length).toBeLessThanOrEqual(Math.ceil((performance.now() - begun) / 250) + 1)
    expect(seen.length).toBeLessThan(6)
    for (const maxPerSecond of [0, -1, 'often', 5_000]) {
      const refused = connect(graph).iterate({ query: live, variables, extensions: { maxPerSecond } })
      await expect(refused.next()).rejects.toMatchObject([
        { message: expect.stringContaining('maxPerSecond'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    }
  })

  test('is closed when it does not begin in time, or says too much', async () => {
    const { graph } = await start({ initMs: 50 })
    const url = `${graph.gateway.url.replace('http', 'ws')}/graphql`
    const idle = new WebSocket(url, 'graphql-transport-ws')
    expect((await once(idle, 'close'))[0]).toBe(4408)
    const loud = new WebSocket(url, 'graphql-transport-ws')
    await once(loud, 'open')
    loud.send('x'.repeat(70_000))
    expect((await once(loud, 'close'))[0]).toBe(1009)
  })

  test('is sent away with 1001 when the gateway stops', async () => {
    const { graph } = await start()
    const client = connect(graph)
    const closed = new Promise<CloseEvent>((resolve) => client.on('closed', (event) => resolve(event as CloseEvent)))
    await client.iterate({ query: live, variables: { skus: ['b'] } }).next()
    await Promise.all([graph.gateway.stop(), closed.then(({ code }) => expect(code).toBe(1001))])
  })
})

test('without a feed a subscription answers with one clear error', async () => {
  const { sources } = shop()
  const graph = await startGraph(sources)
  cleanups.push(() => graph.stop())
  await expect(take(follow(graph), 1)).rejects.toMatchObject([
    { message: expect.stringContaining('NATS_URL'), extensions: { code: 'SUBSCRIPTIONS_UNAVAILABLE' } },
  ])
})

interface CloseEvent {
  code: number
  reason: string
}
