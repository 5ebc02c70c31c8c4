import { randomBytes } from 'node:crypto'
import type { Place } from './order.ts'

/** The first places of a list as it was, so that the pages of one walk neither repeat nor skip while the index changes. */
export interface Snapshot {
  id: string
  /** Which request it answers. */
  request: string
  places: readonly Place[]
  /** The places before these. */
  previous: Snapshot | null
  /** How many snapshots lie before it. */
  depth: number
  expires: number
}

const MAX_SNAPSHOTS = 1_000
const KEPT_MS = 60_000
/** Further places of a longer walk are read without a snapshot. */
const MAX_DEPTH = 50

/** How many places one holds. */
export const SNAPSHOT_SIZE = 2_000

/** Keeps at most 1,000 snapshots, each for 60 s after its last use. */
export function createSnapshots() {
  const kept = new Map<string, Snapshot>()
  // Positions of another process must not be taken for one's own.
  const run = randomBytes(6).toString('base64url')
  let next = 0

  function forgetOld(now: number): void {
    for (const [id, { expires }] of kept) {
      if (expires > now && kept.size < MAX_SNAPSHOTS) return
      kept.delete(id)
    }
  }

  return {
    add(request: string, places: readonly Place[], previous: Snapshot | null, now: number): Snapshot | null {
      const depth = previous === null ? 0 : previous.depth + 1
      if (depth > MAX_DEPTH) return null
      forgetOld(now)
      const id = `${run}${(next++).toString(36)}`
      const snapshot = { id, request, places, previous, depth, expires: now + KEPT_MS }
      kept.set(id, snapshot)
      return snapshot
    },
    find(id: string, request: string, now: number): Snapshot | null {
      const found = kept.get(id)
      if (!found || found.request !== request || found.expires <= now) return null
      found.expires = now + KEPT_MS
      kept.delete(id)
      kept.set(id, found)
      return found
    },
    get size() {
      return kept.size
    },
  }
}
