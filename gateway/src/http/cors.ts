import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { consistencyHeader } from '../cache/consistency.ts'
import { debugHeader } from './cache-status.ts'

const METHODS = 'GET, POST, OPTIONS'
const HEADERS = [
  'content-type',
  'authorization',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'traceparent',
  'tracestate',
  'if-none-match',
  'x-graphql-event-stream-token',
  consistencyHeader,
  debugHeader,
].join(', ')
const EXPOSED = ['etag', 'age', 'cache-status', 'cache-tag', consistencyHeader].join(', ')
const DAY_SECONDS = 86_400

/**
 * Lets pages of other origins ask, `'*'` for all of them. No cookie is ever read, so a page gets only what it has a token for.
 * Answers a preflight itself: true when nothing is left to do.
 */
export function allowOrigin(
  origins: readonly string[] | '*',
  request: IncomingMessage,
  response: ServerResponse,
  methods = METHODS,
): boolean {
  const { origin } = request.headers
  if (origins !== '*') response.setHeader('vary', 'origin')
  const allowed = origins === '*' ? '*' : origin !== undefined && origins.includes(origin) ? origin : undefined
  if (origin !== undefined && allowed !== undefined) {
    response.setHeader('access-control-allow-origin', allowed)
    response.setHeader('access-control-expose-headers', EXPOSED)
  }
  if (request.method !== 'OPTIONS') return false
  if (allowed !== undefined) {
    response.setHeader('access-control-allow-methods', methods)
    response.setHeader('access-control-allow-headers', HEADERS)
    response.setHeader('access-control-max-age', DAY_SECONDS)
  }
  response.writeHead(204).end()
  return true
}

/**
 * Whether a WebSocket may be opened: browsers ask nobody before they do, and name the page's origin always. Pages of the gateway's own address
 * may, and what is no browser.
 */
export function mayConnect(origins: readonly string[] | '*', { origin, host }: IncomingHttpHeaders): boolean {
  if (origins === '*' || origin === undefined || origins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
