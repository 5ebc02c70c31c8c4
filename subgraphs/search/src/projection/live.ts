import type { CommerceEvent } from '@commerce/events/contracts.ts'
import type { SeenEvents } from '@commerce/events/seen.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { DocumentStore } from '../document/repository.ts'
import type { SearchEngine } from '../engine/port.ts'
import type { Told } from './follower.ts'
import type { ProjectionRepository } from './repository.ts'

/** The events that this process follows: see `EventFeed` in packages/events. */
export interface IndexFeed {
  readonly current: boolean
  readonly seen: SeenEvents | null
  has(seen: SeenEvents): boolean
  lastEvents(subjects: readonly string[]): Promise<{ stream: string; last: ReadonlyMap<string, number> }>
  subscribe(listener: {
    event(event: { subject: string; data: unknown; changedAt: number }): void
    lost(): void
    recovered(complete: boolean): void
  }): () => void
}

/** What an index is filled from. */
export interface IndexOptions {
  feed: IndexFeed
  store: DocumentStore
  repository: ProjectionRepository
  /** How far the durable consumer that fills the store is; null when there is none. */
  filled(): Promise<{ floor: number; lag: number } | null>
  /** The number of the last event in the stream that the store is filled from. */
  lastEvent(): Promise<number>
  now(): number
  /** A change is searched since so many milliseconds after it was begun. */
  searchable(afterMs: number): void
  log: Logger
}

/** A generation that was loaded beside the one that is searched. */
export interface Loaded {
  engine: SearchEngine
  /** From now on this one is searched. */
  install(): Promise<void>
  discard(): Promise<void>
}

/** What a process searches, and what keeps it right. */
export interface LiveIndex {
  /** Searches the live generation; another one takes its place without anyone noticing. Throws `IndexLoading` before the first. */
  engine: SearchEngine
  /** The generation that is searched; null until the first is loaded. */
  readonly generation: number | null
  /** Requests that were answered although the index did not have in time what they had seen. */
  readonly late: number
  /** Whether another generation is live than the one that is searched. */
  isBehind(live: number): Promise<boolean>
  /** Takes in what the store has taken into these generations; nothing where the index follows the events by itself. */
  take(events: readonly CommerceEvent[], generations: readonly number[]): Promise<void>
  /** Loads a generation into an engine beside the one that is searched, and lets it follow. */
  loadBeside(generation: number): Promise<Loaded>
  /** Loads the live generation, until that has succeeded. */
  reload(): Promise<void>
  /** A change that came another way than the feed. */
  push(subject: string, told: Told): void
  setSales(sales: readonly { productId: string; units: number }[]): Promise<void>
  /** Waits, at most a second, until the index has what somebody has seen: events by their place in the stream, changes by subject and version. */
  caughtUp(seen: SeenEvents | null, floors: Readonly<Record<string, number>>): Promise<void>
  stop(): Promise<void>
}

/** There is no index to search yet. */
export class IndexLoading extends Error {
  override name = 'IndexLoading'
  readonly extensions = { code: 'SERVICE_UNAVAILABLE' }
  constructor() {
    super('The search index is being loaded: try again in some seconds.')
  }
}

/** How long a search waits at most for what its client has seen. */
export const CATCH_UP_MS = 1_000
