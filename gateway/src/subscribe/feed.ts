import type { SeenEvents } from '@commerce/events/seen.ts'

/** One event as the gateway needs it: which entity, and how new. */
export interface FeedEvent {
  subject: string
  data: { version: number }
  /** When it was changed, in milliseconds since 1970. */
  changedAt?: number
  /** The stream that it came from, and its number there. */
  stream: string
  seq: number
}

/** Where the last events of some subjects are in a stream. */
export interface LastEvents {
  stream: string
  /** The first and the last number that the stream has now. */
  first: number
  end: number
  /** By subject; 0 where there is none. */
  last: ReadonlyMap<string, number>
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
  /** Where the last events of these subjects are; rejects when that cannot be said now. */
  lastEvents(subjects: readonly string[]): Promise<LastEvents>
  /** Starts to hear every event; the answer stops it. */
  subscribe(listener: FeedListener): () => void
}
