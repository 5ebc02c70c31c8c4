/*
 * Pages of one walk neither repeat nor skip a product while the index changes: the ids that a first page was cut from are remembered for a
 * while, in this process. A point in time of OpenSearch would do the same, but a node keeps only 300 of them open.
 */
import type { Row } from './order.ts'

/** How many ids one search remembers, and the most of one walk. */
export const WINDOW = 500
const MAX_ROWS = 5_000
const MAX_WALKS = 1_000
const KEPT_MS = 60_000

export interface Walk {
  token: string
  rows: readonly Row[]
  /** Whether the first row is the first of the whole list. */
  isFromTop: boolean
  /** Whether more may follow behind the last row. */
  isOpen: boolean
}

export interface Walks {
  /** The walk of this list and token; null when it is not known (any more). `key`: what its pages have in common. */
  find(key: string, token: string, now: number): Walk | null
  add(key: string, walk: Omit<Walk, 'token'>, now: number): Walk
  /** Adds what follows; the walk keeps its token. At its most rows it is not open any more: what follows is then found by the order. */
  extend(walk: Walk, rows: readonly Row[], isOpen: boolean): Walk
}

export function createWalks(): Walks {
  const walks = new Map<string, { key: string; walk: Walk; until: number }>()
  let count = 0
  return {
    find(key, token, now) {
      const found = walks.get(token)
      return found && found.key === key && now <= found.until ? found.walk : null
    },
    add(key, walk, now) {
      const token = (count++).toString(36)
      for (const [oldest] of walks) {
        if (walks.size < MAX_WALKS) break
        walks.delete(oldest)
      }
      const kept = { ...walk, token }
      walks.set(token, { key, walk: kept, until: now + KEPT_MS })
      return kept
    },
    extend(walk, rows, isOpen) {
      const known = walks.get(walk.token)
      const longer = {
        ...walk,
        rows: [...walk.rows, ...rows],
        isOpen: isOpen && walk.rows.length + rows.length < MAX_ROWS,
      }
      if (known) known.walk = longer
      return longer
    },
  }
}
