import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Logger } from '@commerce/service/log.ts'
import { createClient } from 'graphql-sse'
import { SignJWT } from 'jose'
import { afterEach, expect } from 'vitest'
import { gatewayDefaults, type SocketLimits } from '../src/config.ts'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { localFeed, type Payloads, shop, subject } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Runs when the test is done, the last one first. */
export function afterwards(clean: () => unknown): void {
  cleanups.push(clean)
}

/** The shop behind a gateway with these limits and origins, and a way to change its stock. */
export async function start(
  sockets: Partial<SocketLimits> = {},
  { log, origins = '*' }: { log?: Logger; origins?: readonly string[] | '*' } = {},
) {
  const feed = localFeed()
  const { stock, state, sources } = shop()
  const kept: string[] = []
  const tokens = { key: { secret }, issuer: null, audience: null }
  const graph = await startGraph(
    { ...sources, wishes: wishes(kept) },
    {
      feed,
      ...(log && { log }),
      config: { tokens, origins, sockets: { ...gatewayDefaults.sockets, ...sockets } },
    },
  )
  afterwards(() => graph.stop())
  const change = (sku: string, version: number, status = 'IN_STOCK') => {
    stock.set(sku, { version, status })
    feed.publish(subject(sku), version)
  }
  return { graph, feed, stock, state, kept, change }
}

/** Something to mutate. */
function wishes(kept: string[]): SubgraphSource {
  return {
    typeDefs: 'type Mutation { keep(sku: String!): Int! }',
    resolvers: { Mutation: { keep: (_: unknown, { sku }: { sku: string }) => kept.push(sku) } },
  }
}

/** An `authorization` that is good for so long. */
export async function tokenFor(sub: string, seconds = 60): Promise<string> {
  const token = await new SignJWT({ sub, scope: 'staff' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret))
  return `Bearer ${token}`
}

/** A client of graphql-sse; it comes back as often as it is told. */
export function connect(graph: TestGraph, mode: 'distinct' | 'single', headers = {}, retryAttempts = 0) {
  const client = createClient({
    url: `${graph.gateway.url}/graphql/stream`,
    singleConnection: mode === 'single',
    headers: () => ({ ...headers }),
    retryAttempts,
    retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
  } as Parameters<typeof createClient>[0])
  afterwards(() => client.dispose())
  return {
    follow: (query: string, variables: Record<string, unknown> = {}): Payloads => client.iterate({ query, variables }),
  }
}

/** A request with a body of JSON, as an application without a library sends it. */
export function send(
  graph: TestGraph,
  method: string,
  { path = '/graphql/stream', body, ...headers }: { path?: string; body?: unknown; [header: string]: unknown } = {},
): Promise<Response> {
  const leaving = new AbortController()
  afterwards(() => leaving.abort())
  return fetch(graph.gateway.url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers } as HeadersInit,
    signal: leaving.signal,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

/** The status of a refusal, with the code and the sentence of its only error. */
export async function refusal(response: Promise<Response>) {
  const { status, text } = await response.then(async (given) => ({ status: given.status, text: await given.text() }))
  const { errors } = JSON.parse(text)
  return [status, errors[0].extensions.code, errors[0].message]
}

/** What a stream says, comments included, as text that grows. */
export function listen(response: Response): { readonly text: string; readonly isOver: Promise<string> } {
  let text = ''
  const isOver = (async () => {
    try {
      for await (const chunk of response.body as ReadableStream<Uint8Array>) text += Buffer.from(chunk).toString()
      return 'ended'
    } catch {
      return 'broken'
    }
  })()
  return {
    get text() {
      return text
    },
    isOver,
  }
}

/** A stream of one subscription whose client does not read. */
export async function stall(graph: TestGraph, query: string, variables: unknown): Promise<IncomingMessage> {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) })
  const request = get(`${graph.gateway.url}/graphql/stream?${search}`, {
    headers: { accept: 'text/event-stream' },
    agent: false,
  })
  afterwards(() => request.destroy())
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  response.on('error', () => {})
  response.pause()
  return response
}

/** A number that the gateway publishes. */
export async function metric(graph: TestGraph, name: string): Promise<number> {
  const text = await (await fetch(`${graph.gateway.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
