import type { IncomingMessage, ServerResponse } from 'node:http'
import { addressOf } from '../http/address.ts'
import type { Metrics } from './metrics.ts'
import type { TraceContext } from './observer.ts'
import type { Tracing } from './tracing.ts'

/** The status that stands for a client that went away before it had its answer; it was never sent. */
const clientGone = 499

/** The route under which streams of events are counted, at whatever address they were asked for. */
export const eventsRoute = '/graphql/stream'

/** Stands for the addresses of contracts, whose names are no label. */
export const contractRoute = '/contracts/{name}'

/** Answers a request; `context` is there when traces are recorded and the request is an operation. */
export type ObservedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: TraceContext | undefined,
) => Promise<void>

/** Counts every request by what it was answered with, and begins and ends the trace of those to the API or a contract. */
export function observeHttp(
  metrics: Metrics,
  tracing: Tracing | undefined,
  handler: ObservedHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return (request, response) => {
    const begun = performance.now()
    const { url = '/', method = 'GET' } = request
    const { contract, path: own } = addressOf(url)
    const path = contract === undefined ? own : `${contractRoute}${own}`
    const context = own === '/graphql' ? begin(tracing, method, request) : undefined
    metrics.activeRequests++
    response.on('close', () => {
      metrics.activeRequests--
      const isStream = String(response.getHeader('content-type')).startsWith('text/event-stream')
      // That its client leaves is how a stream ends, and how long it lasted is no measure of answers.
      const status = response.writableFinished || isStream ? response.statusCode : clientGone
      metrics.request(
        method,
        isStream ? `${contract === undefined ? '' : contractRoute}${eventsRoute}` : path,
        status,
        performance.now() - begun,
      )
      context?.trace?.end(status, status === clientGone ? 'client_gone' : undefined)
    })
    return handler(request, response, context)
  }
}

function begin(tracing: Tracing | undefined, method: string, { headers }: IncomingMessage): TraceContext | undefined {
  if (!tracing) return undefined
  const attributes = {
    'http.request.method': method,
    'http.route': '/graphql',
    'url.path': '/graphql',
    'url.scheme': 'http',
  }
  return tracing.begin(`${method} /graphql`, headers, attributes)
}
