import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerError } from '@commerce/service/http.ts'
import type { Metric, Registry } from 'prom-client'
import type { Family } from './instruments.ts'
import type { Metrics } from './metrics.ts'

/**
 * Answers `GET /metrics` in Prometheus' text format, with those of the process and of Node.js. Who may read them: whoever sends `token`
 * as a bearer token; without a token only a process of this machine that is not a proxy for somebody else.
 */
export function metricsPage(
  metrics: Metrics,
  token: string | null,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let registry: Promise<Registry> | undefined
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return answerError(response, 405, 'METHOD_NOT_ALLOWED', 'Metrics are read with GET.')
    }
    if (token !== null && !carries(request, token)) {
      response.setHeader('www-authenticate', 'Bearer')
      return answerError(response, 401, 'UNAUTHENTICATED', 'Metrics need the token of METRICS_TOKEN as a bearer token.')
    }
    if (token === null && !isLocal(request)) {
      const message = 'Metrics are for this machine only, unless METRICS_TOKEN is set and sent as a bearer token.'
      return answerError(response, 403, 'FORBIDDEN', message)
    }
    registry ??= createRegistry(metrics)
    const { contentType } = await registry
    const text = await (await registry).metrics()
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
}

/** Loaded when the metrics are first read: the library takes longer to load than all the rest of observing. */
async function createRegistry(metrics: Metrics): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const family of metrics.families()) registry.registerMetric(readable(family))
  return registry
}

/** The library writes any object that tells its values; only its types insist on its own classes, which count by themselves. */
function readable({ name, help, type, read }: Family): Metric {
  const get = async () => ({
    name,
    help,
    type,
    aggregator: 'sum',
    values: read().map(({ labels, value, suffix }) => ({
      labels,
      value,
      metricName: suffix ? `${name}${suffix}` : name,
    })),
  })
  return { name, help, type, get } as unknown as Metric
}

function carries({ headers }: IncomingMessage, token: string): boolean {
  const [scheme, given = ''] = headers.authorization?.split(' ') ?? []
  return scheme?.toLowerCase() === 'bearer' && timingSafeEqual(digest(given), digest(token))
}

// Digests have one length, so that comparing tells nothing about the token's.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const peer = socket.remoteAddress ?? ''
  const loopback = peer === '::1' || peer.startsWith('127.') || peer.startsWith('::ffff:127.')
  return loopback && forwarding.every((name) => headers[name] === undefined)
}
