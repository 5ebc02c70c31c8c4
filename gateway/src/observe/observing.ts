import type { IncomingMessage, ServerResponse } from 'node:http'
import { newTraceparent } from '@commerce/events/trace.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { OperationDefinitionNode } from 'graphql'
import type { Result } from '../execute/operation.ts'
import { countedCodes } from './codes.ts'
import { contractRoute, eventsRoute, type ObservedHandler, observeHttp } from './http.ts'
import { Metrics } from './metrics.ts'
import type { TraceContext } from './observer.ts'
import { metricsPage } from './scrape.ts'
import type { Tracing, TracingConfig } from './tracing.ts'

/** The paths that requests are counted by. */
const ofGraph = ['/graphql', eventsRoute]
const ofContracts = ofGraph.map((path) => `${contractRoute}${path}`)
const routes = [...ofGraph, ...ofContracts, '/', '/health/live', '/health/ready', '/metrics']

/** What a gateway is watched with. */
export interface ObserveConfig {
  /** Who sends it may read the metrics from anywhere; null lets only this machine read them. */
  metricsToken: string | null
  /** Null records no traces. */
  tracing: TracingConfig | null
}

/** The metrics and traces of one gateway. */
export interface Observing {
  metrics: Metrics
  tracing: Tracing | undefined
  /** Puts the counting of requests, and `/metrics`, around what answers them. */
  around(handler: ObservedHandler): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Runs an operation of a client that stays connected, in a trace of its own. */
  overSocket(
    definition: OperationDefinitionNode,
    run: (context: TraceContext) => Promise<Result>,
    transport: string,
  ): Promise<Result>
  /** Sends the spans that wait. */
  stop(): Promise<void>
}

/** Starts to observe; the libraries of traces are loaded only when there are any. */
export async function startObserving(config: ObserveConfig, log: Logger): Promise<Observing> {
  const metrics = new Metrics(routes, countedCodes)
  const tracing = config.tracing ? (await import('./open-telemetry.ts')).openTelemetry(config.tracing, log) : undefined
  if (tracing) {
    metrics.publish({
      name: 'gateway_trace_spans_total',
      help: 'Spans that were sent to the collector, dropped because the queue was full, or lost because sending failed.',
      type: 'counter',
      read: () => Object.entries(tracing.counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    })
  }
  const page = metricsPage(metrics, config.metricsToken)
  return {
    metrics,
    tracing,
    around: (handler) =>
      observeHttp(metrics, tracing, (request, response, context) =>
        isMetrics(request.url) ? page(request, response) : handler(request, response, context),
      ),
    async overSocket(definition, run, transport) {
      if (!tracing) return run({ traceparent: newTraceparent() })
      const context = tracing.begin(definition.operation, {}, { 'network.protocol.name': transport })
      context.trace?.operation(definition)
      return run(context).finally(() => context.trace?.end(undefined))
    },
    stop: async () => tracing?.stop(),
  }
}

function isMetrics(url = ''): boolean {
  return url === '/metrics' || url.startsWith('/metrics?')
}
