import { formatSeen, type SeenEvents } from '@commerce/events/seen.ts'
import { newTraceparent } from '@commerce/events/trace.ts'
import { encodeViewer, headers, type Viewer } from '@commerce/service/viewer.ts'
import type { TraceContext } from '../observe/observer.ts'

/** What a request means to subgraphs, whoever sent it. */
export interface Asker extends TraceContext {
  viewer: Viewer | null
  /** Nothing that was kept may answer it. */
  passesCaches?: boolean
}

/** Makes every subgraph that follows events read its database: no stream has this name. */
export const seenByNobody: SeenEvents = { stream: 'none', last: new Map() }

/** What the gateway knows of changes. */
export interface Known {
  /** Event subject → version in JSON; null when nothing was seen lately. */
  floors: string | null
  /** How far it has followed the events; null without events. */
  seen: SeenEvents | null
}

/** The headers of a subgraph request. */
export function subgraphHeaders(secret: string | null, asker: Asker, { floors, seen }: Known): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
    traceparent: asker.traceparent,
    ...(asker.tracestate !== undefined && { tracestate: asker.tracestate }),
    ...(secret !== null && { [headers.secret]: secret }),
    ...(asker.viewer && { [headers.viewer]: encodeViewer(asker.viewer) }),
    ...(floors !== null && { [headers.floors]: floors }),
    ...(seen !== null && { [headers.seen]: formatSeen(seen) }),
  }
}

/** The client's traceparent when it is one, else the start of a new trace. */
export function traceparentFrom(value: string | string[] | undefined): string {
  if (typeof value === 'string' && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(value))
    return value
  return newTraceparent()
}
