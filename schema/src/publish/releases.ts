import type { EventConnection } from '@commerce/events/connection.ts'
import { type Revision, supergraphHistory } from '@commerce/events/supergraph-history.ts'
import { publishSupergraph } from '@commerce/events/supergraph-store.ts'
import { checkSupergraph } from '@commerce/gateway/publish.ts'

/** The supergraphs of one graph, as they are on NATS. */
export interface Releases {
  connection: EventConnection
  graph: string
}

/** Publishes a supergraph that a gateway would take over; answers its revision. Rejects with one sentence. */
export async function release(
  { connection, graph }: Releases,
  { sdl, place }: { sdl: string; place: string },
  swapAt: number,
): Promise<number> {
  await checkSupergraph(sdl, place)
  return publishSupergraph(connection, graph, { sdl, swapAt })
}

/**
 * Publishes an earlier supergraph once more, under a revision of its own, because gateways only go forward; answers that. Rejects with
 * one sentence when it is not kept, is the current one, or no gateway of today would take it over.
 */
export async function rollBack({ connection, graph }: Releases, revision: number, swapAt: number): Promise<number> {
  const kept = await supergraphHistory(connection, graph)
  const found = kept.find((one) => one.revision === revision)
  const newest = kept.at(-1)
  if (!found?.stored) {
    const others = kept.length === 0 ? 'nothing is published' : `kept are ${kept.map((one) => one.revision).join(', ')}`
    throw new Error(`The graph "${graph}" has no revision ${revision}: ${others}.`)
  }
  if (found.stored instanceof Error) throw new Error(`Revision ${revision} cannot be taken: ${found.stored.message}.`)
  if (newest?.sha256 === found.sha256) {
    throw new Error(`Revision ${revision} is what gateways have now: nothing is to be taken back.`)
  }
  const { sdl } = found.stored
  await checkSupergraph(sdl, `of revision ${revision}`)
  return publishSupergraph(connection, graph, { sdl, swapAt, rollbackOf: revision })
}

/** What was published, the newest first, as lines for people. */
export function tellHistory(revisions: readonly Revision[], graph: string): string[] {
  if (revisions.length === 0) return [`Nothing is published as "${graph}".`]
  return revisions.toReversed().map(({ revision, publishedAt, stored, sha256 }, index) => {
    const at = publishedAt.toISOString().replace(/\.\d+Z$/, 'Z')
    const what =
      stored === null
        ? 'deleted'
        : stored instanceof Error
          ? stored.message
          : `${Buffer.byteLength(stored.sdl)} bytes  sha256 ${sha256?.slice(0, 12)}`
    const repeats = stored && !(stored instanceof Error) && stored.rollbackOf
    return `${String(revision).padStart(6)}  ${at}  ${what}${repeats ? `  rollback to ${repeats}` : ''}${index === 0 ? '  current' : ''}`
  })
}
