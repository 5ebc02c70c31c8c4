import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import { afterEach } from 'vitest'
import WebSocket from 'ws'
import { type GatewayConfig, gatewayDefaults, type SocketLimits } from '../src/config.ts'
import type { EventFeed } from '../src/subscribe/feed.ts'
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

/** A shop behind a gateway that accepts tokens, with a feed inside the process unless another is given. */
export async function startShop(
  config: Partial<GatewayConfig> = {},
  sockets: Partial<SocketLimits> = {},
  given?: EventFeed,
  more?: SubgraphSource,
) {
  const feed = localFeed()
  feed.seen = { stream: feed.stream, last: new Map([['inventory', 0]]) }
  const { stock, state, sources } = shop()
  if (more && sources.inventory) {
    sources.inventory.typeDefs += more.typeDefs
    Object.assign(sources.inventory.resolvers, more.resolvers)
  }
  const tokens = { key: { secret }, issuer: null, audience: null }
  const graph = await startGraph(sources, {
    feed: given ?? feed,
    config: { tokens, sockets: { ...gatewayDefaults.sockets, ...sockets }, ...config },
  })
  afterwards(() => graph.stop())
  const change = (sku: string, version: number, status = 'IN_STOCK') => {
    stock.set(sku, { version, status })
    feed.publish(subject(sku), version)
  }
  return { graph, feed, stock, state, change }
}

/** An `authorization` that is good for so many seconds. */
export async function tokenFor(sub: string, seconds = 60, scope = 'staff'): Promise<string> {
  const token = await new SignJWT({ sub, scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret))
  return `Bearer ${token}`
}

/** Where the sockets of a gateway are. */
export function socketUrl(graph: TestGraph): string {
  return `${graph.gateway.url.replace('http', 'ws')}/graphql`
}

/** A client of graphql-ws that does not come back by itself. */
export function connect(graph: TestGraph, connectionParams?: Record<string, unknown>) {
  const client = createClient({ url: socketUrl(graph), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 })
  afterwards(() => client.dispose())
  return client
}

/** The payloads of an operation on a connection of its own. */
export function follow(
  graph: TestGraph,
  query: string,
  variables: Record<string, unknown>,
  extensions?: Record<string, unknown>,
): Payloads {
  return connect(graph).iterate({ query, variables, ...(extensions && { extensions }) }) as Payloads
}
