import type { CatalogName } from '../../../relevance/src/catalogs.ts'
import type { Asked, Wanted } from './asked.ts'

/** What the bench asks of the process that holds one contestant. */
export type Ask =
  | { kind: 'open'; contestant: string; catalog: CatalogName; products: number; compare: readonly Wanted[] }
  | { kind: 'time'; what: keyof Asked; queries: readonly string[]; updatesPerSecond: number }

export interface Opened {
  documents: number
  buildSeconds: number
  /** Memory that the index takes, in MiB, without the products that it was made of. */
  indexMb: number
  /** Of the queries compared: those whose first 24 hits hold a product that was meant. */
  found: number
  /** Lists that were short enough to count their brands again, and those where the facet said something else. */
  recounted: number
  differing: readonly string[]
}

export interface Timed {
  milliseconds: readonly number[]
  updates: number
}
