// Long because each promise of the transport is one test over the same shop.
import { readFile, writeFile } from 'node:fs/promises'
import { eventually } from '@commerce/local/testing.ts'
import { createClient as createSocketClient } from 'graphql-ws'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { afterwards, connect, listen, metric, refusal, send, stall, start, tokenFor } from './event-streams.ts'
import { live, type Payloads, take } from './shop.ts'

const events = { accept: 'text/event-stream' }
const sentence = expect.stringMatching(/^[A-Z].*\.$/)
const modes = ['distinct', 'single'] as const
const b = { query: live, variables: { skus: ['b'] } }

const versions = (payloads: { data: { availabilityChanged: { version: number } } }[]) =>
  payloads.map(({ data }) => data.availabilityChanged.version)

const getOf = (query: string, variables = {}) =>
  `/graphql/stream?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`

describe.each(modes)('a client in %s mode', (mode) => {
  test('gets the current state first, then what changes, through the whole plan', async () => {
    const { graph, change } = await start()
    const stream = connect(graph, mode).follow(live, { skus: ['a.1', 'b'] })
    const first = { version: 1, status: 'IN_STOCK', variant: { sku: 'a.1', title: 'Title of a.1' } }
    expect((await take(stream, 2))[0]).toEqual({ data: { availabilityChanged: first } })
    change('a.1', 2, 'OUT_OF_STOCK')
    expect(await take(stream, 1)).toEqual([
      { data: { availabilityChanged: { ...first, version: 2, status: 'OUT_OF_STOCK' } } },
    ])
  })

  test('is answered queries, and told what is wrong with an operation', async () => {
    const { graph } = await start()
    const { follow } = connect(graph, mode)
    expect(await take(follow('{ hello }'), 2)).toEqual([{ data: { hello: 'hello' } }])
    const [invalid] = await take(follow('subscription { nope }'), 2)
    expect(invalid).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
    expect(invalid).not.toHaveProperty('data')
    const many = { skus: Array.from({ length: 201 }, (_, i) => `s${i}`) }
    expect(await take(follow(live, many), 2)).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }])
  })

  test('may mutate, once', async () => {
    const { graph, kept } = await start()
    const { follow } = connect(graph, mode)
    expect(await take(follow('mutation { keep(sku: "b") }'), 2)).toEqual([{ data: { keep: 1 } }])
    expect(kept).toEqual(['b'])
  })

  test('is told the error that ends a subscription', async () => {
    const { graph, state } = await start()
    state.failure = 'FORBIDDEN'
    const stream = connect(graph, mode).follow(live, { skus: ['b'] })
    expect(await take(stream, 2)).toMatchObject([{ errors: [{ extensions: { code: 'FORBIDDEN' } }] }])
  })

  test('is known by its token, and told when that expires', async () => {
    const { graph } = await start()
    const stream = connect(graph, mode, { authorization: await tokenFor('u1', 4) }).follow(live, { skus: ['b'] })
    const [state, expired, ...rest] = await take(stream, 3)
    expect(versions([state])).toEqual([5])
    expect(expired).toMatchObject({
      errors: [{ message: 'The token has expired.', extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(rest).toEqual([])
    expect(graph.subgraphs.inventory?.requests.at(-1)?.headers['x-viewer']).toBe(
      Buffer.from('{"id":"u1","scopes":["staff"]}').toString('base64url'),
    )
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  })

  test('releases what it follows when it leaves', async () => {
    const { graph } = await start()
    const stream = connect(graph, mode).follow(live, { skus: ['b'] })
    await take(stream, 1)
    expect(await metric(graph, 'gateway_live_operations')).toBe(1)
    expect(await metric(graph, 'gateway_event_stream_connections')).toBe(1)
    await stream.return?.()
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
    await eventually('disconnected', async () => (await metric(graph, 'gateway_event_stream_connections')) === 0)
  })

  test('stays while the supergraph is replaced', async () => {
    const { graph, change } = await start()
    const stream = connect(graph, mode).follow(live, { skus: ['b'] })
    await take(stream, 1)
    await writeFile(graph.file, `${graph.supergraphSdl}\n# newer`)
    expect(await graph.gateway.reload()).toBe(true)
    change('b', 6)
    expect(versions(await take(stream, 1))).toEqual([6])
  })

  test('is sent away when the gateway stops, and would come back', async () => {
    const { graph } = await start()
    const stream = connect(graph, mode).follow(live, { skus: ['b'] })
    await take(stream, 1)
    const begun = Date.now()
    const ended = expect(take(stream, 1)).rejects.toMatchObject({ name: 'NetworkError' })
    await Promise.all([graph.gateway.stop(), ended])
    expect(Date.now() - begun).toBeLessThan(4_000)
  })

  test('counts together with sockets', async () => {
    const { graph } = await start({ connections: 1 })
    const socket = createSocketClient({
      url: `${graph.gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    afterwards(() => socket.dispose())
    await socket.iterate({ query: live, variables: { skus: ['b'] } }).next()
    await expect(take(connect(graph, mode).follow('{ hello }'), 1)).rejects.toMatchObject({
      name: 'NetworkError',
      response: { status: 503 },
    })
    await socket.dispose()
    const { follow } = connect(graph, mode, {}, 20)
    expect(await take(follow(live, { skus: ['b'] }), 1)).toHaveLength(1)
    const late = new WebSocket(`${graph.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const error = await new Promise<Error>((resolve) => late.once('error', resolve))
    expect(error.message).toContain('503')
  })
})

describe('a stream of one operation', () => {
  test.each([
    ['POST to /graphql/stream', 'POST', { ...events, body: b }],
    ['GET from /graphql/stream', 'GET', { ...events, path: getOf(live, { skus: ['b'] }) }],
    [
      'POST to /graphql that wants events',
      'POST',
      { path: '/graphql', accept: 'text/event-stream, */*;q=0.5', body: b },
    ],
    [
      'GET from /graphql that wants events',
      'GET',
      { ...events, path: getOf(live, { skus: ['b'] }).replace('/stream', '') },
    ],
  ])('comes by %s', async (_how, method, request) => {
    const { graph } = await start()
    const response = await send(graph, method, request)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    const heard = listen(response)
    await eventually('the state', () => heard.text.includes('Title of b'))
    expect(heard.text).toBe(
      ':\n\nevent: next\ndata: {"data":{"availabilityChanged":{"version":5,"status":"LOW_STOCK","variant":{"sku":"b","title":"Title of b"}}}}\n\n',
    )
  })

  test('ends after the answer of a query', async () => {
    const { graph } = await start()
    const heard = listen(await send(graph, 'POST', { ...events, body: { query: '{ hello }' } }))
    expect(await heard.isOver).toBe('ended')
    expect(heard.text).toBe(':\n\nevent: next\ndata: {"data":{"hello":"hello"}}\n\nevent: complete\ndata:\n\n')
  })

  test('is not what a client gets that would rather have JSON', async () => {
    const { graph } = await start()
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed'
    const response = await send(graph, 'POST', { path: '/graphql', accept, body: { query: '{ hello }' } })
    expect(await response.json()).toEqual({ data: { hello: 'hello' } })
  })

  test.each([
    ['a body that is no JSON', 'POST', { ...events, body: '{' }, 400, 'BAD_REQUEST'],
    ['a body without a query', 'POST', { ...events, body: {} }, 422, 'BAD_REQUEST'],
    ['a body above 64 KB', 'POST', { ...events, body: { query: ' '.repeat(70_000) } }, 413, 'REQUEST_TOO_LARGE'],
    [
      'another type of body',
      'POST',
      { ...events, body: '{}', 'content-type': 'text/plain' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['another type of answer', 'POST', { accept: 'application/json', body: b }, 406, 'NOT_ACCEPTABLE'],
    ['no query in the address', 'GET', { ...events }, 422, 'BAD_REQUEST'],
    ['another method', 'PATCH', { ...events, body: b }, 405, 'BAD_REQUEST'],
    ['a token that is none', 'POST', { ...events, body: b, authorization: 'nonsense' }, 401, 'UNAUTHENTICATED'],
    [
      'a token that is not ours',
      'GET',
      { ...events, path: getOf('{ hello }'), authorization: 'Bearer x' },
      401,
      'UNAUTHENTICATED',
    ],
    ['a reservation that nobody made', 'GET', { ...events, path: '/graphql/stream?token=x' }, 404, 'STREAM_NOT_FOUND'],
    ['an operation to be stopped nowhere', 'DELETE', {}, 400, 'BAD_REQUEST'],
  ])('is refused for %s', async (_what, method, request, status, code) => {
    const { graph } = await start()
    expect(await refusal(send(graph, method, request))).toEqual([status, code, sentence])
    expect(await metric(graph, 'gateway_event_stream_connections')).toBe(0)
  })

  test('does not mutate by GET', async () => {
    const { graph, kept } = await start()
    const response = send(graph, 'GET', { ...events, path: getOf('mutation { keep(sku: "b") }') })
    expect(await refusal(response)).toEqual([405, 'BAD_REQUEST', sentence])
    expect(kept).toEqual([])
    expect(await metric(graph, 'gateway_event_stream_connections')).toBe(0)
  })

  test('is refused to a page of an origin that may not ask, EventSource included', async () => {
    const { graph } = await start({}, { origins: ['https://shop.example'] })
    const path = getOf('{ hello }')
    const foreign = send(graph, 'GET', { ...events, path, origin: 'https://other.example' })
    expect(await refusal(foreign)).toEqual([403, 'ORIGIN_NOT_ALLOWED', sentence])
    const ours = await send(graph, 'GET', { ...events, path, origin: 'https://shop.example' })
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([200, 'https://shop.example'])
    const preflight = await send(graph, 'OPTIONS', { origin: 'https://shop.example' })
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-graphql-event-stream-token')
  })

  test('is counted apart from answers, and its refused operations with those of other transports', async () => {
    const { graph } = await start()
    await listen(await send(graph, 'POST', { path: '/graphql', ...events, body: { query: '{ nope }' } })).isOver
    const text = await (await fetch(`${graph.gateway.url}/metrics`)).text()
    expect(text).toMatch(/http_server_request_duration_seconds_count\{.*http_route="\/graphql\/stream"\} 1/)
    expect(text).not.toMatch(/http_server_request_duration_seconds_count\{.*http_route="\/graphql"\}/)
    expect(text).toMatch(/graphql_operation_duration_seconds_count\{.*outcome="refused"\} 1/)
  })

  test('is kept open by comments', async () => {
    const { graph } = await start({ pingMs: 30 })
    const heard = listen(await send(graph, 'POST', { ...events, body: b }))
    await eventually('pings', () => heard.text.split(':\n\n').length > 4)
  })
})

describe('a reserved stream', () => {
  async function reserve(sockets = {}, authorization?: string) {
    const { graph, ...rest } = await start(sockets)
    const auth = authorization === undefined ? {} : { authorization }
    const put = await send(graph, 'PUT', auth)
    const token = await put.text()
    expect([put.status, put.headers.get('content-type')]).toEqual([201, 'text/plain; charset=utf-8'])
    const own = { 'x-graphql-event-stream-token': token, ...auth }
    const run = (operationId: unknown, body: object = b, more = {}) =>
      send(graph, 'POST', { ...own, ...more, body: { ...body, extensions: { operationId } } })
    return { graph, token, own, run, open: (more = {}) => send(graph, 'GET', { ...own, ...events, ...more }), ...rest }
  }

  test('carries the messages of all its operations until each is stopped', async () => {
    const { graph, own, run, open, change } = await reserve()
    const heard = listen(await open())
    expect((await run('one')).status).toBe(202)
    expect((await run('two', { query: '{ hello }' })).status).toBe(202)
    await eventually('both', () => heard.text.includes('"id":"one"') && heard.text.includes('complete'))
    expect(heard.text).toContain('event: next\ndata: {"id":"two","payload":{"data":{"hello":"hello"}}}\n\n')
    expect(heard.text).toContain('event: complete\ndata: {"id":"two"}\n\n')
    expect((await send(graph, 'DELETE', { ...own, path: '/graphql/stream?operationId=one' })).status).toBe(200)
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
    change('b', 6)
    await eventually('completed', () => heard.text.includes('event: complete\ndata: {"id":"one"}\n\n'))
    expect(heard.text).not.toContain('"version":6')
  })

  test('is opened by who has its token, once, and used by who made it', async () => {
    const { token, run, open, graph } = await reserve({}, await tokenFor('u1'))
    const other = { authorization: await tokenFor('u2') }
    expect(await refusal(open(other))).toEqual([403, 'FORBIDDEN', sentence])
    expect((await send(graph, 'GET', { ...events, path: `/graphql/stream?token=${token}` })).status).toBe(200)
    expect(await refusal(open())).toEqual([409, 'STREAM_OPEN', sentence])
    expect(await refusal(run('one', b, other))).toEqual([403, 'FORBIDDEN', sentence])
    const nobody = { 'x-graphql-event-stream-token': token, body: { ...b, extensions: { operationId: 'one' } } }
    expect(await refusal(send(graph, 'POST', nobody))).toEqual([403, 'FORBIDDEN', sentence])
    expect((await run('one')).status).toBe(202)
  })

  test('goes on when its client comes back with a token that lasts longer', async () => {
    const { open, run, change } = await reserve({}, await tokenFor('u1', 4))
    const heard = listen(await open())
    await run('one')
    expect((await run('two', { query: '{ hello }' }, { authorization: await tokenFor('u1', 60) })).status).toBe(202)
    await new Promise((resolve) => setTimeout(resolve, 4_200))
    change('b', 6)
    await eventually('goes on', () => heard.text.includes('"version":6'))
    expect(heard.text).not.toContain('expired')
  })

  test('refuses an operation without an id, or with one that runs', async () => {
    const { run, open } = await reserve()
    await open()
    for (const id of [undefined, '', 5, 'x'.repeat(129)])
      expect(await refusal(run(id))).toEqual([400, 'BAD_REQUEST', sentence])
    await run('one')
    expect(await refusal(run('one'))).toEqual([409, 'OPERATION_EXISTS', sentence])
  })

  test('has as many operations and keys as a socket, and room again when one ends', async () => {
    const { graph, own, run, open } = await reserve({ subscriptionsPerConnection: 2, keysPerConnection: 2 })
    const heard = listen(await open())
    const keys = (...skus: string[]) => ({ query: live, variables: { skus } })
    await run('one', keys('b', 'c'))
    await run('two', keys('a.1'))
    await eventually('refused', () => heard.text.includes('may follow 2 keys'))
    await run('three', { query: 'subscription { stockChanged(sku: "b") { version } }' })
    await eventually('refused', () => heard.text.split('may follow 2 keys').length === 3)
    await send(graph, 'DELETE', { ...own, path: '/graphql/stream?operationId=one' })
    await run('four', keys('a.1'))
    await run('five', keys('b'))
    await eventually('accepted', () => /"id":"five","payload":\{"data"/.test(heard.text))
    await run('six', keys('b'))
    await eventually('refused', () => heard.text.includes('may have 2 operations'))
  })

  test('releases what runs, and what was about to, when its connection is cut', async () => {
    const { graph, token, run } = await reserve()
    const cut = new AbortController()
    await fetch(`${graph.gateway.url}/graphql/stream?token=${token}`, { headers: events, signal: cut.signal })
    await run('one')
    await eventually('runs', async () => (await metric(graph, 'gateway_live_operations')) === 1)
    // Not planned yet: it is prepared while the connection goes.
    const late = run('two', { query: 'subscription { stockChanged(sku: "b") { version status variant { title } } }' })
    cut.abort()
    expect([202, 204, 404]).toContain((await late).status)
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await metric(graph, 'gateway_live_operations')).toBe(0)
    expect(await refusal(run('three'))).toEqual([404, 'STREAM_NOT_FOUND', sentence])
  })

  test('is forgotten when nobody opens it', async () => {
    const { graph, run, open } = await reserve({ initMs: 150 })
    expect((await run('one')).status).toBe(202)
    expect(await metric(graph, 'gateway_live_operations')).toBe(1)
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
    expect(await refusal(open())).toEqual([404, 'STREAM_NOT_FOUND', sentence])
  })

  test('sends what was asked for before it was opened', async () => {
    const { graph, run, open } = await reserve()
    await run('one')
    await eventually('read', () => graph.subgraphs.catalog?.requests.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const heard = listen(await open())
    await eventually('the state', () => heard.text.includes('"version":5'))
  })
})

describe('a client that does not read', () => {
  const heavy =
    'subscription ($skus: [String!]!, $note: String) { availabilityChanged(skus: $skus, note: $note) { version note } }'
  const skus = ['b', 'a.1', 'c', 'd', 'e', 'f', 'g', 'h']

  test('keeps only the newest state waiting, while another goes on', async () => {
    const { graph, stock, change } = await start()
    for (const sku of skus) stock.set(sku, { version: 1, status: 'IN_STOCK' })
    const variables = { skus, note: 'x'.repeat(7_000) }
    const stalled = await stall(graph, heavy, variables)
    const stream = connect(graph, 'distinct').follow(heavy, variables)
    await take(stream, skus.length)
    const rounds = 400
    for (let version = 2; version <= rounds; version++) {
      for (const sku of skus) change(sku, version)
      const seen = await take(stream, skus.length)
      expect(versions(seen).every((one) => one === version)).toBe(true)
    }
    let text = ''
    stalled.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    stalled.resume()
    await eventually('the newest of each', () => text.split(`"version":${rounds},`).length === skus.length + 1)
    expect(text.split('event: next').length).toBeLessThan((rounds * skus.length) / 2)
  }, 60_000)

  test('is sent away above the bytes that may wait', async () => {
    const logged: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
    const { graph, stock } = await start({ bufferedBytes: 50_000, keysPerConnection: 10_000 }, { log })
    const many = Array.from({ length: 200 }, (_, i) => `s${i}`)
    for (const sku of many) stock.set(sku, { version: 1, status: 'IN_STOCK' })
    const token = await (await send(graph, 'PUT')).text()
    const path = `/graphql/stream?token=${token}`
    const opened = await send(graph, 'GET', { ...events, path })
    for (let id = 0; id < 8; id++) {
      const variables = { skus: many, note: String(id).repeat(50_000) }
      const body = { query: heavy, variables, extensions: { operationId: String(id) } }
      await send(graph, 'POST', { path, body })
    }
    await eventually('sent away', () => logged.some((line) => line.includes('too slowly')))
    expect(await listen(opened).isOver).toBe('broken')
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  }, 30_000)

  test('is gone when it has not taken a ping by the next', async () => {
    const { graph, stock } = await start({ pingMs: 500 })
    const many = Array.from({ length: 200 }, (_, i) => `s${i}`)
    for (const sku of many) stock.set(sku, { version: 1, status: 'IN_STOCK' })
    // More than the kernel takes for a client that does not read.
    const notes = Array.from({ length: 30 }, (_, i) => `n${i}: note`).join(' ')
    await stall(graph, heavy.replace('version note', notes), { skus: many, note: 'x'.repeat(4_000) })
    expect(await metric(graph, 'gateway_live_operations')).toBe(1)
    await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  }, 30_000)
})

test('the client without a library in the documentation follows, leaves, and tells what is wrong', async () => {
  const page = await readFile(new URL('../../docs/subscriptions.md', import.meta.url), 'utf8')
  const code = /```js\n(export async function\* follow\(.*?\n\}\n)/s.exec(page)?.[1] as string
  const { follow } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const { graph, change } = await start()
  const url = `${graph.gateway.url}/graphql/stream`
  const token = (await tokenFor('u1')).slice('Bearer '.length)
  const leaving = new AbortController()
  const stream: Payloads = follow({ ...b, url, token, signal: leaving.signal })
  expect(versions(await take(stream, 1))).toEqual([5])
  change('b', 6)
  expect(versions(await take(stream, 1))).toEqual([6])
  const next = take(stream, 1)
  leaving.abort()
  expect(await next).toEqual([])
  await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  await expect(take(follow({ ...b, url, token: 'none' }), 1)).rejects.toThrow('The token is not valid.')
  expect(await take(follow({ url, query: '{ hello }' }), 2)).toEqual([{ data: { hello: 'hello' } }])
})
