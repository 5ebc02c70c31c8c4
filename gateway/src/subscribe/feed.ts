import type { SeenEvents } from '@commerce/events/seen.ts'

/** One event as the gateway needs it: which entity, and how new. */
export interface FeedEvent {
  subject: string
  data: { version: number }
  /** When it was changed, in milliseconds since 1970. */
  changedAt?: number
}

/** Hears a feed; between `lost` and `recovered` events may be missing, `complete` says that they were all delivered since. */
export interface FeedListener {
  event(event: FeedEvent): void
  lost(): void
  recovered(complete: boolean): void
  /** A source of events (`catalog`) may have changes that it has not told, until it flows again. */
  stalled?(source: string): void
  flowing?(source: string): void
}

/** Where events come from: the port that the gateway listens to. */
export interface EventFeed {
  /** True while no event is being missed. */
  readonly current: boolean
  /** How far it has followed, for subgraphs that may be behind; null when it never did. */
  readonly seen: SeenEvents | null
  /** The sources whose events it tells, such as `catalog`. */
  readonly sources: readonly string[]
  /** Whether every event that somebody else has seen has come, as far as it is told of these. */
  has(seen: SeenEvents): boolean
  /** Starts to hear every event; the answer stops it. */
  subscribe(listener: FeedListener): () => void
}
