import type { SubgraphState } from '../subgraphs/upstream.ts'
import type { Sample } from './instruments.ts'
import type { LiveCounts } from './live-counts.ts'
import type { Metrics } from './metrics.ts'

/** Where numbers that the parts of a gateway keep by themselves are found when somebody reads the metrics. */
export interface GaugeSources {
  subgraphs(): Readonly<Record<string, SubgraphState>>
  plans(): { operations: number; bytes: number; hits: number; misses: number } | undefined
  /** Requests that were recognised by their text, the runs that answered these, and requests that were not recognised. */
  known: { hits: number; runs: number; misses: number }
  /** Recognised requests that were answered with a response that is kept. */
  kept: { hits: number }
  connections(): number
  streams(): number
  subscriptions(): { operations: number; clients: number }
  live: LiveCounts
  /** Messages of subscriptions over sockets, and clients that were sent away. */
  socketMessages(): { sent: number; conflated: number; evicted: number; blocked: number }
  supergraph: { replacements: number; since: number }
}

const circuits = { closed: 0, 'half-open': 1, open: 2 }

/** Publishes what the parts of a gateway count or hold. */
export function publishGauges(metrics: Metrics, sources: GaugeSources): void {
  const { known, kept, supergraph } = sources
  const bySubgraph = (read: (state: SubgraphState) => number) => (): Sample[] =>
    Object.entries(sources.subgraphs()).map(([subgraph_name, state]) => ({
      labels: { subgraph_name },
      value: read(state),
    }))
  metrics.publish({
    name: 'http_client_active_requests',
    help: 'Requests to subgraphs that are on their way.',
    type: 'gauge',
    read: bySubgraph(({ running }) => running),
  })
  metrics.publish({
    name: 'gateway_subgraph_waiting_requests',
    help: 'Requests that wait for a connection to a subgraph.',
    type: 'gauge',
    read: bySubgraph(({ waiting }) => waiting),
  })
  metrics.publish({
    name: 'gateway_circuit_breaker_state',
    help: 'Whether a subgraph is asked: 0 closed (it is), 1 half-open (one request tries), 2 open (it is left alone).',
    type: 'gauge',
    read: bySubgraph(({ circuit }) => circuits[circuit]),
  })
  metrics.publish({
    name: 'gateway_plan_cache_requests_total',
    help: 'Operations that were looked up among the planned ones of the current supergraph.',
    type: 'counter',
    read: () => results({ hit: sources.plans()?.hits ?? 0, miss: sources.plans()?.misses ?? 0 }),
  })
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    metrics.publishNumber('gauge', name, help, read)
  gauge('gateway_plan_cache_entries', 'Operations that are planned.', () => sources.plans()?.operations)
  gauge('gateway_plan_cache_size_bytes', 'Memory of planned operations, estimated.', () => sources.plans()?.bytes)
  metrics.publish({
    name: 'gateway_known_requests_total',
    help: 'Requests that were recognised by their text (hit), and those that were parsed and checked (miss).',
    type: 'counter',
    read: () => results({ hit: known.hits, miss: known.misses }),
  })
  metrics.publishNumber(
    'counter',
    'gateway_shared_requests_total',
    'Requests that were answered by the run of an identical request which was on its way.',
    () => known.hits - known.runs - kept.hits,
  )
  gauge('gateway_websocket_connections', 'Clients that are connected over WebSocket.', sources.connections)
  gauge('gateway_event_stream_connections', 'Clients that are connected over Server-Sent Events.', sources.streams)
  gauge('gateway_subscriptions', 'Subscriptions of clients.', () => sources.subscriptions().clients)
  gauge(
    'gateway_live_operations',
    'Live operations behind the subscriptions.',
    () => sources.subscriptions().operations,
  )
  metrics.publishNumber(
    'counter',
    'gateway_subscription_triggers_total',
    'Events that live operations follow, once for each of these.',
    () => sources.live.triggers,
  )
  metrics.publish({
    name: 'gateway_subscription_lag_seconds',
    help: 'From a change, by the clock of its database, to its message being handed out to clients.',
    type: 'histogram',
    read: () => sources.live.lag.samples({}),
  })
  metrics.publish({
    name: 'gateway_subscription_messages_total',
    help: 'Messages of subscriptions over WebSocket that were sent, and that a newer one of the same key took the place of (conflated).',
    type: 'counter',
    read: () => results({ sent: sources.socketMessages().sent, conflated: sources.socketMessages().conflated }),
  })
  metrics.publishNumber(
    'counter',
    'gateway_websocket_evictions_total',
    'Clients that were sent away because they did not read, or did not answer a ping.',
    () => sources.socketMessages().evicted,
  )
  gauge(
    'gateway_blocked_subscriptions',
    'Subscriptions whose client takes nothing now; the newest state waits for it.',
    () => sources.socketMessages().blocked,
  )
  metrics.publishNumber(
    'counter',
    'gateway_supergraph_replacements_total',
    'Supergraphs that were taken over since the start.',
    () => supergraph.replacements,
  )
  gauge(
    'gateway_supergraph_loaded_timestamp_seconds',
    'When the current supergraph was taken over.',
    () => supergraph.since,
  )
}

function results(counts: Record<string, number>): Sample[] {
  return Object.entries(counts).map(([result, value]) => ({ labels: { result }, value }))
}
