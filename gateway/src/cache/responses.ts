import type { TaggedCache } from '@commerce/cache/tagged.ts'
import type { Result } from '../execute/operation.ts'

/** A whole response as it is kept. */
export interface KeptResponse {
  status: number
  bytes: Buffer
  tags: readonly string[]
  isPublic: boolean
  /** When its oldest part was answered, and until when it may be served, in milliseconds of `performance.now()`. */
  at: number
  until: number
}

/** Whole responses to requests that are known. */
export interface Responses {
  /** What is kept for a request, for everybody or for this viewer. */
  find(request: number, viewer: string): KeptResponse | undefined
  /**
   * Keeps a response when all that it was made from may be kept, and tells what of it was. `isPrivate`: it depends on the viewer by
   * more than its parts.
   */
  keep(
    request: number,
    viewer: string,
    isPrivate: boolean,
    response: Pick<KeptResponse, 'status' | 'bytes'>,
    result: Result,
  ): KeptResponse | undefined
  readonly counts: { hits: number; misses: number }
}

/** Responses under the number of their request, private ones also under their viewer. */
export function responseCache(kept: TaggedCache<KeptResponse>, isOn: boolean): Responses {
  const counts = { hits: 0, misses: 0 }
  return {
    counts,
    find(request, viewer) {
      if (!isOn) return undefined
      const found = kept.get(String(request)) ?? kept.get(`${request} ${viewer}`)
      if (found) counts.hits++
      else counts.misses++
      return found
    },
    keep(request, viewer, isPrivate, { status, bytes }, { errors, cached: run }) {
      if (!isOn || errors || !run?.isKeepable || run.tags.size === 0) return undefined
      const isPublic = run.isPublic && !isPrivate
      const tags = [...run.tags]
      const { at, until } = run
      const response = { status, bytes, tags, isPublic, at, until }
      const key = isPublic ? String(request) : `${request} ${viewer}`
      kept.set(key, response, { tags, begun: run.begun, bytes: bytes.length, ttlMs: until - performance.now() })
      return response
    },
  }
}
