import type { ServerResponse } from 'node:http'
import { answerJson } from '@commerce/service/http.ts'
import type { SubgraphState } from '../subgraphs/upstream.ts'

/** What readiness is made of. */
export interface Readiness {
  supergraph: boolean
  /** Null when no event feed is configured. */
  eventsCurrent: boolean | null
  /** For people only: while changes may be missed everything is asked for anew. */
  cacheServing: boolean
  cacheStalled: ReadonlySet<string>
  stopping: boolean
  /** For people only: a subgraph that is down makes partial answers, not an unready gateway. */
  subgraphs: Record<string, SubgraphState>
}

/** Answers `/health/ready`: 503 until the supergraph is loaded and the event feed, when there is one, misses nothing. */
export function answerReady(
  response: ServerResponse,
  { supergraph, eventsCurrent, cacheServing, cacheStalled, stopping, subgraphs }: Readiness,
): void {
  const ready = supergraph && eventsCurrent !== false && !stopping
  answerJson(response, ready ? 200 : 503, {
    status: ready ? 'ready' : 'not ready',
    checks: {
      supergraph: supergraph || 'not loaded',
      events: eventsCurrent ?? 'not configured: NATS_URL is missing, so subscriptions are off',
      ...(eventsCurrent === false && { events: 'behind: events may be missing' }),
      ...(stopping && { process: 'stopping' }),
    },
    cache: !cacheServing
      ? 'passed by: without events nobody would tell what changes'
      : cacheStalled.size === 0
        ? 'serving'
        : `serving, but nothing of ${[...cacheStalled].join(', ')}: their changes do not arrive`,
    subgraphs,
  })
}
