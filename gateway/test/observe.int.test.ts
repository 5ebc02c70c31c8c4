// Long because the numbers and spans of one graph are looked at from every side over the same servers.
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@commerce/local/testing.ts'
import { readBody } from '@commerce/service/http.ts'
import { GraphQLError } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { GatewayConfig } from '../src/config.ts'
import { gatewayEnvironment } from '../src/config.ts'
import { type TracingConfig, tracingFrom } from '../src/observe/tracing.ts'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { live, localFeed, shop, take } from './shop.ts'

const sources: Record<string, SubgraphSource> = {
  catalog: {
    typeDefs: `
      type Query { product: Product broken: String must: String! }
      type Mutation { rename: String }
      type Product @key(fields: "id") { id: ID! name: String! }
    `,
    resolvers: {
      Query: {
        product: () => ({ id: '1' }),
        broken: () => {
          throw new GraphQLError('not today', { extensions: { code: 'MADE_UP_BY_A_SUBGRAPH' } })
        },
        must: () => null,
      },
      Mutation: { rename: () => 'done' },
      Product: { name: () => 'Chair' },
    },
  },
  stock: {
    typeDefs: 'type Product @key(fields: "id") { id: ID! stock: Int }',
    resolvers: { Product: { stock: () => 3 } },
  },
}
const overBoth = 'query Shelf { product { name stock } }'
const stops: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function start(config: Partial<GatewayConfig> = {}, more: Parameters<typeof startGraph>[1] = {}) {
  const graph = await startGraph(more.feed ? shop().sources : sources, { ...more, config })
  stops.push(() => graph.stop())
  return graph
}

interface Line {
  name: string
  labels: Record<string, string>
  value: number
}

/** The lines of `/metrics`, each read as the format says. */
async function scrape(graph: TestGraph, headers: Record<string, string> = {}): Promise<Line[]> {
  const response = await fetch(`${graph.gateway.url}/metrics?by=test`, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const [, name = '', labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === '') throw new Error(`Not a line of the text format: ${line}`)
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}

function total(lines: readonly Line[], name: string, labels: Record<string, string> = {}): number {
  const found = lines.filter(
    (line) => line.name === name && Object.entries(labels).every(([key, value]) => line.labels[key] === value),
  )
  return found.reduce((sum, { value }) => sum + value, 0)
}

describe('metrics', () => {
  test('tell requests, operations and subgraph requests by how they ended', async () => {
    const graph = await start()
    for (let i = 0; i < 3; i++) await graph.ask(overBoth)
    await graph.ask('mutation { rename }')
    await graph.ask('{ broken }')
    await graph.ask('{ must }')
    await graph.ask('{ unknown }')
    await graph.ask('{')
    const lines = await scrape(graph)
    const operations = (labels: Record<string, string>) =>
      total(lines, 'graphql_operation_duration_seconds_count', labels)
    expect(operations({ graphql_operation_type: 'query', outcome: 'ok' })).toBe(3)
    expect(operations({ graphql_operation_type: 'mutation', outcome: 'ok' })).toBe(1)
    expect(operations({ outcome: 'partial' })).toBe(1)
    expect(operations({ outcome: 'failed' })).toBe(1)
    expect(operations({ graphql_operation_type: '', outcome: 'refused' })).toBe(2)
    const requests = (labels: Record<string, string>) =>
      total(lines, 'http_server_request_duration_seconds_count', {
        http_request_method: 'POST',
        http_route: '/graphql',
        ...labels,
      })
    expect(requests({ http_response_status_code: '200' })).toBe(6)
    expect(requests({ http_response_status_code: '400' })).toBe(2)
    const subgraph = (subgraph_name: string, outcome: string) =>
      total(lines, 'http_client_request_duration_seconds_count', { subgraph_name, outcome })
    expect(subgraph('catalog', 'ok')).toBe(4)
    expect(subgraph('catalog', 'error')).toBe(2)
    expect(subgraph('stock', 'ok')).toBe(3)
    expect(total(lines, 'http_client_response_body_bytes_total', { subgraph_name: 'stock' })).toBeGreaterThan(50)
    // The first is parsed and planned, the others are recognised by their bytes.
    expect(total(lines, 'gateway_known_requests_total', { result: 'hit' })).toBe(2)
    expect(total(lines, 'gateway_known_requests_total', { result: 'miss' })).toBe(6)
    expect(total(lines, 'gateway_shared_requests_total')).toBe(0)
    expect(total(lines, 'gateway_plan_duration_seconds_count', { outcome: 'ok' })).toBe(4)
    expect(total(lines, 'gateway_plan_cache_requests_total', { result: 'miss' })).toBe(4)
    expect(total(lines, 'gateway_plan_cache_entries')).toBe(4)
    expect(total(lines, 'gateway_plan_cache_size_bytes')).toBeGreaterThan(4_000)
    expect(total(lines, 'graphql_errors_total', { code: 'GRAPHQL_VALIDATION_FAILED' })).toBe(1)
    expect(total(lines, 'graphql_errors_total', { code: 'GRAPHQL_PARSE_FAILED' })).toBe(1)
    expect(total(lines, 'graphql_errors_total', { code: 'OTHER' })).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(lines)).not.toContain('MADE_UP')
    // Only the reading of the metrics itself.
    expect(total(lines, 'http_server_active_requests')).toBe(1)
    expect(total(lines, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  })

  test('show a subgraph that is down, and its breaker when it opens', async () => {
    const graph = await start({ shareInFlight: false })
    await graph.subgraphs.stock?.stop()
    for (let i = 0; i < 12; i++) await graph.ask(overBoth)
    const lines = await scrape(graph)
    expect(
      total(lines, 'http_client_request_duration_seconds_count', { subgraph_name: 'stock', outcome: 'unavailable' }),
    ).toBe(12)
    expect(total(lines, 'http_client_retries_total', { subgraph_name: 'stock' })).toBeGreaterThan(0)
    expect(total(lines, 'graphql_errors_total', { code: 'SUBGRAPH_UNAVAILABLE' })).toBe(12)
    expect(total(lines, 'gateway_circuit_breaker_state', { subgraph_name: 'stock' })).toBe(2)
    expect(total(lines, 'gateway_circuit_breaker_state', { subgraph_name: 'catalog' })).toBe(0)
  })

  test('count operations, connections and subscriptions of sockets', async () => {
    const feed = localFeed()
    const graph = await start({}, { feed })
    const client = createClient({ url: `${graph.gateway.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
    stops.push(async () => client.dispose())
    const stream = client.iterate({ query: live, variables: { skus: ['a.1'] } }) as never
    await take(stream, 1)
    const query = client.iterate({ query: '{ hello }' }) as never
    await take(query, 1)
    await expect(take(client.iterate({ query: '{ unknown }' }) as never, 1)).rejects.toMatchObject([{}])
    const lines = await scrape(graph)
    expect(total(lines, 'gateway_websocket_connections')).toBe(1)
    expect(total(lines, 'gateway_subscriptions')).toBe(1)
    expect(total(lines, 'gateway_subscription_messages_total')).toBeGreaterThan(0)
    expect(total(lines, 'gateway_blocked_subscriptions')).toBe(0)
    expect(total(lines, 'gateway_live_operations')).toBe(1)
    expect(total(lines, 'graphql_operation_duration_seconds_count', { outcome: 'refused' })).toBe(1)
    const ran = { graphql_operation_type: 'query', outcome: 'ok' }
    expect(total(lines, 'graphql_operation_duration_seconds_count', ran)).toBe(1)
    client.dispose()
    await eventually('the client is gone', async () => total(await scrape(graph), 'gateway_subscriptions') === 0)
  })

  test('count a request that its client gave up as 499', async () => {
    const held: (() => void)[] = []
    const slow = createServer((_request, response) => held.push(() => response.end('{"data":{"slow":1}}')))
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    stops.push(async () => slow.close())
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
    const graph = await start({}, { remote: [{ name: 'slow', url, typeDefs: 'type Query { slow: Int }' }] })
    const leaving = httpRequest(`${graph.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    leaving.on('error', () => {})
    leaving.end('{"query":"{ slow }"}')
    await eventually('the subgraph was asked', () => held.length > 0)
    leaving.destroy()
    const gone = { http_route: '/graphql', http_response_status_code: '499' }
    await eventually(
      'it is counted',
      async () => total(await scrape(graph), 'http_server_request_duration_seconds_count', gone) === 1,
    )
    await eventually(
      'nothing is on its way',
      async () => total(await scrape(graph), 'http_server_active_requests') === 1,
    )
  })

  test('get no new series from whatever clients send', async () => {
    const graph = await start()
    const ask = async (i: number) => {
      await graph.ask(`query Name${i} { product { name } }`)
      await fetch(`${graph.gateway.url}/path-${i}`, { method: i % 2 ? 'PURGE' : 'GET' })
    }
    // The library loads itself with the first reading, and process metrics come and go.
    const series = async () =>
      (await scrape(graph))
        .filter(({ name }) => /^(http|graphql|gateway)_/.test(name))
        .map(({ name, labels }) => name + JSON.stringify(labels))
    await ask(0)
    await ask(1)
    await scrape(graph)
    const before = await series()
    for (let i = 2; i < 1_002; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => ask(i + j)))
    const after = await series()
    expect(after).toEqual(before)
    expect(after.join()).not.toMatch(/Name\d|path-|PURGE/)
    const other = { http_request_method: '_OTHER', http_route: '' }
    expect(total(await scrape(graph), 'http_server_request_duration_seconds_count', other)).toBe(501)
    // A thousand plans take a while where the machine is busy.
  }, 60_000)

  test('have names with a unit, and _total where they only rise', async () => {
    const graph = await start()
    await graph.ask(overBoth)
    const text = await (await fetch(`${graph.gateway.url}/metrics`)).text()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name: name ?? '', type }))
    const own = types.filter(({ name }) => /^(http|graphql|gateway)_/.test(name))
    expect(own.length).toBeGreaterThan(15)
    for (const { name, type } of own) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/)
      else expect({ name, isTotal: name.endsWith('_total') }).toEqual({ name, isTotal: type === 'counter' })
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|count|sum|bucket)$/)
      expect(text).toContain(`# HELP ${name} `)
    }
  })

  test('are read from this machine only, until a token is set', async () => {
    const open = await start()
    const forwarded = await fetch(`${open.gateway.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    expect({ status: forwarded.status, text: await forwarded.text() }).toEqual({
      status: 403,
      text: expect.stringContaining('METRICS_TOKEN'),
    })
    const closed = await start({ observe: { metricsToken: 'a-token-of-some-length', tracing: null } })
    const statuses = await Promise.all(
      [{}, { authorization: 'Bearer another-token' }, { authorization: 'Basic a-token-of-some-length' }].map(
        async (headers) => (await fetch(`${closed.gateway.url}/metrics`, { headers: headers as never })).status,
      ),
    )
    expect(statuses).toEqual([401, 401, 401])
    await scrape(closed, { authorization: 'Bearer a-token-of-some-length', 'x-forwarded-for': '203.0.113.7' })
    expect((await fetch(`${open.gateway.url}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})

interface SentSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  status?: { code?: number }
  attributes: { key: string; value: Record<string, unknown> }[]
}

interface Collector {
  spans: SentSpan[]
  url: string
  /** What it answers, and what it waits for before that. */
  status: number
  held: Promise<void> | undefined
  services: Set<unknown>
}

/** An OTLP/HTTP collector that keeps spans, or answers with `status`. */
async function startCollector() {
  const spans: SentSpan[] = []
  const collector: Collector = { spans, status: 200, url: '', held: undefined, services: new Set() }
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = JSON.parse(await readBody(request, 10_000_000))
    await collector.held
    if (collector.status === 200) {
      for (const { resource, scopeSpans } of body.resourceSpans) {
        for (const { key, value } of resource.attributes)
          if (key === 'service.name') collector.services.add(value.stringValue)
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
    }
    response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  return collector
}

function tracing(url: string, more: Partial<TracingConfig> = {}): Partial<GatewayConfig> {
  const traced = {
    url,
    sampler: 'parentbased_always_on',
    ratio: 1,
    service: 'gateway',
    documents: false,
    queue: 100,
    delayMs: 20,
    ...more,
  } as const
  return { observe: { metricsToken: null, tracing: traced } }
}

function attributes({ attributes }: SentSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

const client = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' }
const traceparent = `00-${client.trace}-${client.span}-01`

describe('traces', () => {
  test('show one operation over two subgraphs as a part of the client’s trace', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url))
    const sent = { traceparent, tracestate: 'vendor=1', baggage: 'secret=1' }
    await graph.ask(overBoth, {}, sent)
    await eventually('all spans came', () => collector.spans.some(({ name }) => name === 'POST /graphql'))
    const byName = Object.fromEntries(collector.spans.map((span) => [span.name, span]))
    const { 'POST /graphql': server, 'graphql.execute': execute } = byName
    expect(Object.keys(byName).sort()).toEqual([
      'POST /graphql',
      'graphql.execute',
      'graphql.parse',
      'graphql.plan',
      'graphql.validate',
      'subgraph catalog',
      'subgraph stock',
    ])
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([client.trace]))
    expect(server).toMatchObject({ parentSpanId: client.span, kind: 2 })
    expect(attributes(server as SentSpan)).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'Shelf',
    })
    expect(attributes(server as SentSpan)).not.toHaveProperty('graphql.document')
    for (const name of ['graphql.parse', 'graphql.validate', 'graphql.plan', 'graphql.execute']) {
      expect(byName[name]).toMatchObject({ parentSpanId: server?.spanId, kind: 1 })
    }
    for (const [name, place] of [
      ['catalog', ''],
      ['stock', 'product'],
    ] as const) {
      const span = byName[`subgraph ${name}`] as SentSpan
      expect(span).toMatchObject({ parentSpanId: execute?.spanId, kind: 3 })
      expect(attributes(span)).toMatchObject({
        'subgraph.name': name,
        'gateway.plan.path': place,
        'http.response.status_code': 200,
      })
      const { headers } = graph.subgraphs[name]?.requests[0] ?? {}
      expect(headers).toMatchObject({ traceparent: `00-${client.trace}-${span.spanId}-01`, tracestate: 'vendor=1' })
      expect(headers).not.toHaveProperty('baggage')
    }
    expect([...collector.services]).toEqual(['gateway'])
  })

  test('of a request that is recognised by its bytes have its execution and its fetches', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url))
    await graph.ask(overBoth, {})
    await graph.ask(overBoth, {}, { traceparent })
    const own = () => collector.spans.filter(({ traceId }) => traceId === client.trace)
    await eventually('all spans came', () => own().some(({ name }) => name === 'POST /graphql'))
    expect(
      own()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['POST /graphql', 'graphql.execute', 'subgraph catalog', 'subgraph stock'])
    const server = own().find(({ name }) => name === 'POST /graphql') as SentSpan
    expect(attributes(server)).toMatchObject({ 'graphql.operation.name': 'Shelf' })
  })

  test('mark what failed, and how often it was tried again', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url))
    await graph.subgraphs.stock?.stop()
    await graph.ask(overBoth)
    await graph.ask('{ unknown }')
    const named = (name: string) => collector.spans.filter((span) => span.name === name)
    await eventually('all spans came', () => named('POST /graphql').length === 2)
    const [fetch] = named('subgraph stock')
    expect(fetch?.status).toMatchObject({ code: 2 })
    expect(attributes(fetch as SentSpan)).toMatchObject({ 'error.type': 'unavailable', 'http.request.resend_count': 2 })
    const failed = named('graphql.validate').map((span) => attributes(span)['error.type'])
    expect(failed).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED'])
    // A client's mistake is no error of the server.
    expect(named('POST /graphql').map(({ status }) => status?.code ?? 0)).toEqual([0, 0])
  })

  test('are not recorded when the client says so or the ratio says so, and subgraphs are told', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url, { sampler: 'parentbased_traceidratio', ratio: 0 }))
    const told = async (headers: Record<string, string>) => {
      graph.subgraphs.catalog?.requests.splice(0)
      await graph.ask('{ product { name } }', {}, headers)
      return graph.subgraphs.catalog?.requests[0]?.headers.traceparent
    }
    expect(await told({ traceparent: `00-${client.trace}-${client.span}-00` })).toMatch(
      new RegExp(`^00-${client.trace}-[0-9a-f]{16}-00$`),
    )
    expect(await told({})).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    // The client's decision to record goes before the ratio.
    expect(await told({ traceparent })).toMatch(new RegExp(`^00-${client.trace}-[0-9a-f]{16}-01$`))
    await eventually('the recorded one came', () => collector.spans.some(({ name }) => name === 'POST /graphql'))
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([client.trace]))
  })

  test('carry the text of operations only when that is asked for', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url, { documents: true }))
    await graph.ask(overBoth)
    const server = await eventually('it came', () => collector.spans.find(({ name }) => name === 'POST /graphql'))
    expect(attributes(server)).toMatchObject({ 'graphql.document': overBoth })
  })

  test('of operations over sockets begin there', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url))
    const socket = createClient({ url: `${graph.gateway.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
    stops.push(async () => socket.dispose())
    await take(socket.iterate({ query: overBoth }) as never, 1)
    const server = await eventually('it came', () => collector.spans.find(({ name }) => name === 'query'))
    expect(attributes(server)).toMatchObject({
      'graphql.operation.name': 'Shelf',
      'network.protocol.name': 'websocket',
    })
    expect(collector.spans.filter(({ traceId }) => traceId === server.traceId)).toHaveLength(4)
  })

  test('are dropped and counted when the collector cannot keep up, and answers do not wait', async () => {
    const collector = await startCollector()
    const graph = await start(tracing(collector.url, { queue: 10, delayMs: 60_000 }))
    const held = Promise.withResolvers<void>()
    collector.held = held.promise
    collector.status = 400
    for (let i = 0; i < 10; i++) expect(await graph.ask(overBoth)).toMatchObject({ status: 200, data: {} })
    const spans = async (outcome: string) => total(await scrape(graph), 'gateway_trace_spans_total', { outcome })
    // Ten are on their way, ten wait.
    const ended = 7 + 9 * 4
    await eventually('the others are dropped', async () => (await spans('dropped')) === ended - 20)
    expect(await spans('failed')).toBe(0)
    held.resolve()
    await eventually('the collector refused all others', async () => (await spans('failed')) === 20)
    collector.status = 200
    for (let i = 0; i < 3; i++) await graph.ask(overBoth)
    await eventually('spans are taken again', async () => (await spans('exported')) === 10)
  })

  test('that wait are sent when the gateway stops', async () => {
    const collector = await startCollector()
    const graph = await startGraph(sources, { config: tracing(collector.url, { delayMs: 60_000 }) })
    await graph.ask(overBoth)
    expect(collector.spans).toEqual([])
    await graph.stop()
    expect(collector.spans.map(({ name }) => name)).toContain('POST /graphql')
  })
})

describe('the environment', () => {
  const read = (environment: Record<string, string>) => tracingFrom(gatewayEnvironment.parse(environment))

  test('names a collector by the standard variables, or traces are off', () => {
    expect(read({})).toBeNull()
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' })?.url).toBe('http://collector:4318/v1/traces')
    const both = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' }
    expect(read(both)?.url).toBe('http://b/x')
    expect(read({ ...both, OTEL_SDK_DISABLED: 'TRUE' })).toBeNull()
    expect(read({ ...both, OTEL_TRACES_EXPORTER: 'none' })).toBeNull()
    expect(
      read({ ...both, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }),
    ).toMatchObject({ sampler: 'parentbased_traceidratio', ratio: 0.25 })
    expect(() => read({ ...both, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow('4318')
  })
})
