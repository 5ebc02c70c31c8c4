/** One row of a feed with the line it ends on: attributes by name, or the reason why it cannot be read. */
export type FeedRecord =
  | { line: number; record: Record<string, unknown> }
  | { line: number; unreadable: { expected: string; got: string } }

/** The file as a whole cannot be read; `message` is one sentence. */
export class FeedError extends Error {
  override name = 'FeedError'
}

/** How much of a row is kept in memory; a longer one is unreadable. */
export const MAX_ROW_BYTES = 1024 * 1024
