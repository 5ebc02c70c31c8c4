import { createHash } from 'node:crypto'
import type { EventConnection } from './connection.ts'
import { bindBucket, type PublishedSupergraph, readValue } from './supergraph-store.ts'

/** A supergraph that was published, as long as it is kept (the last ten of a graph). */
export interface Revision {
  /** Grows with every supergraph that is published, of all graphs together. */
  revision: number
  publishedAt: Date
  /** What was published; an error when it cannot be read, null when the graph was deleted. */
  stored: PublishedSupergraph | Error | null
  /** SHA-256 of the SDL in hexadecimal digits; null when there is none. */
  sha256: string | null
}

/** What was published under a graph's name, the oldest first; empty when nothing was. */
export async function supergraphHistory(connection: EventConnection, graph: string): Promise<Revision[]> {
  const bucket = await bindBucket(connection)
  if (!bucket || !(await bucket.get(graph))) return []
  const revisions: Revision[] = []
  for await (const { revision, created, operation, value } of await bucket.history({ key: graph })) {
    const stored = operation === 'PUT' ? await readValue(value) : null
    const sha256 = stored && !(stored instanceof Error) ? createHash('sha256').update(stored.sdl).digest('hex') : null
    revisions.push({ revision, publishedAt: created, stored, sha256 })
  }
  return revisions
}
