import type { SearchEngine } from './port.ts'

/** Where indices live that all replicas share: one index a generation, of which one is searched. */
export interface SearchCluster {
  /** An engine over the index of a generation; without one, over the index that is searched. */
  engine(generation?: number): SearchEngine
  /** The generation that is searched; null: none. */
  searched(): Promise<number | null>
  /** The generations that have an index. */
  generations(): Promise<number[]>
  /** Makes an empty index for a generation; one that exists is kept, so that loading it goes on. */
  create(generation: number): Promise<void>
  /** From now on this generation is searched, by everybody at once. */
  use(generation: number): Promise<void>
  drop(generation: number): Promise<void>
  /** Whether an error says that the cluster does not answer now, or has no such index, whatever it was asked. */
  isUnavailable(error: unknown): boolean
  close(): Promise<void>
}
