import type { Row } from '../bench.ts'
import type { Asked } from './asked.ts'
import type { Lag } from './lag.ts'
import { percentilesOf } from './percentiles.ts'
import type { Held } from './stage.ts'

/** All times of one contestant for one thing. */
export interface Measured {
  products: number
  contestant: string
  what: keyof Asked
  milliseconds: readonly number[]
  updates: number
  seconds: number
}

/** What it took to build an index, and what its answers were worth. */
export function builtRow({ name, opened, rssMb, rssMaxMb }: Held, compared: number): Row {
  const { documents, buildSeconds, indexMb, found, recounted, differing } = opened
  return {
    products: documents,
    contestant: name,
    buildSeconds: round(buildSeconds),
    indexMb: Math.round(indexMb),
    bytesPerProduct: Math.round((indexMb * 2 ** 20) / documents),
    rssMb: Math.round(rssMb),
    rssMaxMb: Math.round(rssMaxMb),
    foundPercent: recounted > 0 || found > 0 ? round((100 * found) / compared) : null,
    recounted,
    differing: differing.length,
    note: 'indexMb: memory beside the products that it was built from; foundPercent: of the queries, those with a product that was meant among the first 24; recounted: lists of at most 100 whose brands were counted again, differing: those where the facet or the number of hits was another',
  }
}

/** How long one thing took. */
export function timedRow({ products, contestant, what, milliseconds, updates, seconds }: Measured): Row {
  const { p50, p95, p99, max } = percentilesOf(milliseconds)
  return {
    products,
    contestant,
    what,
    queries: milliseconds.length,
    p50Ms: p50,
    p95Ms: p95,
    p99Ms: p99,
    maxMs: max,
    updatesPerSecond: Math.round(updates / seconds),
    note: 'results, typos and everything (all products, not searched for anything): 24 hits with facets (ours all of them, the others category and brand); updates: of prices and stock, taken in between by ours; for the others, which would index the whole product again, there are none',
  }
}

/** How long changes took until they were searchable. */
export function lagRows({ changesPerSecond, searches, lost, omitted, failed, ...lag }: Lag, products: number): Row[] {
  return (['stock', 'price'] as const).map((change) => {
    const { p50, p95, p99, max } = percentilesOf(lag[change])
    return {
      products,
      change,
      changesPerSecond,
      watched: lag[change].length,
      p50Ms: p50,
      p95Ms: p95,
      p99Ms: p99,
      maxMs: max,
      searches,
      lost,
      omitted,
      failed,
      note: 'from the commit, as PostgreSQL notes it, to the arrival of the first search answer by it, through the gateway; one change in ten is watched',
    }
  })
}

function round(value: number): number {
  return Number(value.toFixed(1))
}
