import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Part } from '../cache/cached-run.ts'
import type { KeptResponse } from '../cache/responses.ts'

/** A whole answer, and what is known of how long it is right. */
export interface Answered {
  status: number
  bytes: Buffer
  /** Undefined when it may not be kept by anybody. */
  kept: Pick<KeptResponse, 'tags' | 'isPublic' | 'at' | 'until'> | undefined
  /** Where its parts came from; undefined when it was kept as a whole, null when it was asked for without looking. */
  parts?: readonly Part[] | null
}

/** Characters of tags that a response names: more than that no header should have. */
const longestTags = 4_000

/** A tag is whatever a subgraph says; a header takes visible ASCII, and a comma would make it two. */
const isHeaderText = /^[!-+\--~]+$/

const etags = new WeakMap<Buffer, string>()

/** Writes an answer; a GET also gets what caches in between need (RFC 9111, RFC 9110 §13), and 304 when it has the same already. */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  { status, bytes, kept }: Answered,
): void {
  if (response.destroyed) return
  if (request.method === 'POST' || !kept || status !== 200) {
    response.writeHead(status, { ...headers, 'content-length': bytes.length })
    response.end(bytes)
    return
  }
  const etag = etagOf(bytes)
  const tags = kept.isPublic ? kept.tags.filter((tag) => isHeaderText.test(tag)).join(',') : ''
  const more = {
    ...headers,
    // It may be stored anywhere but has to be asked for: only a gateway hears what changes.
    'cache-control': kept.isPublic ? 'public, no-cache' : 'private, no-cache',
    vary: kept.isPublic ? 'accept, origin' : 'accept, authorization, origin',
    age: String(Math.max(0, Math.floor((performance.now() - kept.at) / 1000))),
    etag,
    ...(tags !== '' && tags.length <= longestTags && { 'cache-tag': tags }),
  }
  if (isSame(request.headers['if-none-match'], etag)) {
    response.writeHead(304, more)
    response.end()
    return
  }
  response.writeHead(status, { ...more, 'content-length': bytes.length })
  response.end(bytes)
}

function etagOf(bytes: Buffer): string {
  let etag = etags.get(bytes)
  if (etag === undefined) {
    etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`
    etags.set(bytes, etag)
  }
  return etag
}

/** Weak comparison, as `If-None-Match` wants it (RFC 9110 §13.1.2). */
function isSame(given: string | undefined, etag: string): boolean {
  if (given === undefined) return false
  return given.trim() === '*' || given.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
