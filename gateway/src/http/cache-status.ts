import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Part } from '../cache/cached-run.ts'

/** The request header that asks where an answer came from. */
export const debugHeader = 'x-cache-debug'

/**
 * Tells in `Cache-Status` (RFC 9211) where an answer came from, when the request asks: `gateway; hit` for a whole response that was
 * kept, else one member for each request of the plan, with the subgraph, where its objects are, and how many were kept,
 * waited for and asked for. `parts` is undefined for a response that was kept, null for a run that passed the caches by.
 */
export function tellCacheStatus(
  request: IncomingMessage,
  response: ServerResponse,
  parts: readonly Part[] | null | undefined,
): void {
  if (request.headers[debugHeader] === undefined || response.headersSent) return
  const members = parts === undefined ? ['gateway; hit'] : ['gateway; fwd=miss', ...(parts ?? []).map(memberOf)]
  response.setHeader('cache-status', members.slice(0, mostMembers).join(', '))
}

const mostMembers = 50

function memberOf({ service, path, hits, joined, misses }: Part): string {
  if (hits + joined + misses === 0) return `${token(service)}; fwd=bypass; detail="${text(path)}: not to be kept"`
  const how = misses === 0 && joined === 0 ? 'hit' : hits === 0 ? 'fwd=miss' : 'fwd=partial'
  const counts = `${hits} kept, ${joined} waited for, ${misses} asked for`
  return `${token(service)}; ${how}; detail="${text(path)}: ${counts}"`
}

/** Structured fields (RFC 8941) take few characters in a token. */
function token(name: string): string {
  return /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/.test(name) ? name : `"${text(name)}"`
}

function text(value: string): string {
  return value === '' ? 'root' : value.replace(/[^ -~]|["\\]/g, '?').slice(0, 200)
}
