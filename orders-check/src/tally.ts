/** What is counted while the check runs. */
export interface Tally {
  counts: Record<Kind, Record<string, number>>
  count(kind: Kind, name: string): void
  /** A buyer was told, for the first time with this key and after so many milliseconds, that there is an order. */
  placedIn(ms: number): void
  /** The share `p` of orders was placed within so many milliseconds; null when none was. */
  placedWithin(p: number): number | null
}

type Kind = 'answers' | 'cancellations' | 'carts' | 'stock' | 'holds' | 'errors'

export function createTally(): Tally {
  const counts: Tally['counts'] = { answers: {}, cancellations: {}, carts: {}, stock: {}, holds: {}, errors: {} }
  const took: number[] = []
  return {
    counts,
    count(kind, name) {
      counts[kind][name] = (counts[kind][name] ?? 0) + 1
    },
    placedIn(ms) {
      took.push(ms)
    },
    placedWithin(p) {
      const sorted = took.toSorted((a, b) => a - b)
      const at = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
      return at === undefined ? null : Math.round(at)
    },
  }
}
