import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseSeen, type SeenEvents } from '@commerce/events/seen.ts'
import { GraphQLError } from 'graphql'
import { z } from 'zod'

/** Who is asking. Anonymous shoppers have no viewer (null). */
export interface Viewer {
  id: string
  scopes: readonly string[]
  /** The access policies that hold for them; absent when none does. */
  policies?: readonly string[]
}

/** What the gateway tells a subgraph with each request. */
export const headers = {
  /** Shared by gateway and subgraphs: who cannot name it is not the gateway. */
  secret: 'x-gateway-secret',
  /** The viewer, base64url JSON; absent for anonymous. */
  viewer: 'x-viewer',
  /** JSON object, event subject → version: what the gateway has seen and the subgraph may not contradict. */
  floors: 'x-floors',
  /** How far the gateway has followed the events (`formatSeen`): every event up to there, while the floors may name only the newest. */
  seen: 'x-event-position',
} as const

/** The header value that carries a viewer. */
export function encodeViewer(viewer: Viewer): string {
  return Buffer.from(JSON.stringify({ id: viewer.id, scopes: viewer.scopes, policies: viewer.policies })).toString(
    'base64url',
  )
}

/** The viewer in a request's headers, null when anonymous. Only to be believed behind `isGateway`. Throws when it is malformed. */
export function viewerFrom(requestHeaders: IncomingHttpHeaders): Viewer | null {
  const encoded = requestHeaders[headers.viewer]
  if (typeof encoded !== 'string') return null
  return viewerShape.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString()))
}

const viewerShape = z.object({
  id: z.string(),
  scopes: z.array(z.string()),
  policies: z.array(z.string()).exactOptional(),
})
const floorsShape = z.record(z.string(), z.int().positive())

/** What the gateway has seen: event subject → version; empty when the header is absent. Throws when it is malformed. */
export function floorsFrom(requestHeaders: IncomingHttpHeaders): Record<string, number> {
  const text = requestHeaders[headers.floors]
  return typeof text === 'string' ? floorsShape.parse(JSON.parse(text)) : {}
}

/** How far the gateway has followed the events; null when the header is absent. Throws when it is malformed. */
export function seenFrom(requestHeaders: IncomingHttpHeaders): SeenEvents | null {
  const text = requestHeaders[headers.seen]
  return typeof text === 'string' ? parseSeen(text) : null
}

/** Whether the caller knows the secret that only the gateway and its subgraphs share. */
export function isGateway(requestHeaders: IncomingHttpHeaders, secret: string): boolean {
  const given = requestHeaders[headers.secret]
  if (typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}

export function hasScope(viewer: Viewer | null, scope: string): boolean {
  return viewer?.scopes.includes(scope) ?? false
}

/** Throws `UNAUTHENTICATED` or `FORBIDDEN` unless the viewer has the scope. */
export function requireScope(viewer: Viewer | null, scope: string): Viewer {
  if (!viewer) {
    throw new GraphQLError(`This needs a token with the scope "${scope}", and none was sent.`, {
      extensions: { code: 'UNAUTHENTICATED' },
    })
  }
  if (!hasScope(viewer, scope)) {
    throw new GraphQLError(`This needs the scope "${scope}"; the token has ${viewer.scopes.join(', ') || 'none'}.`, {
      extensions: { code: 'FORBIDDEN' },
    })
  }
  return viewer
}
