import type { EventConnection } from '@commerce/events/connection.ts'
import { type ConsumerOptions, startConsumer } from '@commerce/events/consumer.ts'
import type { CommerceEvent } from '@commerce/events/contracts.ts'
import { consumerProgress, forgetConsumer, lastEvent, nextEvent } from '@commerce/events/progress.ts'
import type { Logger } from '@commerce/service/log.ts'
import { factsFrom, type OrderFact, SUBJECTS } from '../document/document.ts'
import type { DocumentStore } from '../document/repository.ts'
import type { Rebuilding } from './rebuild.ts'
import type { ProjectionRepository } from './repository.ts'

/** The durable consumer that fills the store. */
export const CONSUMER = 'search-index'

const BATCH = 500
/** What a process that was killed had in hand comes again after this; who starts waits for it. */
const ACK_WAIT_MS = 10_000

export interface Filling {
  store: DocumentStore
  repository: ProjectionRepository
  log: Logger
  /** Others who want to know of orders; idempotent by their ids. */
  takeOrders?: ((orders: readonly OrderFact[]) => Promise<void>) | undefined
  /** The index that all replicas share, if there is one: it takes what the store has taken into these generations. */
  takeIntoIndex?: ((events: readonly CommerceEvent[], generations: readonly number[]) => Promise<void>) | undefined
}

/** Takes what the catalog, inventory and checkout say into the store, up to 500 events at a time; parks what cannot be taken. */
export function indexConsumer({
  store,
  takeOrders,
  takeIntoIndex,
  ...rest
}: Filling): Omit<ConsumerOptions, 'connection'> {
  return {
    name: CONSUMER,
    subjects: SUBJECTS,
    batch: BATCH,
    ackWaitMs: ACK_WAIT_MS,
    async handle(events, lastSeq) {
      const facts = factsFrom(events)
      const generations = await store.apply(facts, lastSeq, Date.now())
      await takeIntoIndex?.(events, generations)
      if (facts.orders.length > 0) await takeOrders?.(facts.orders)
    },
    park: parking(rest),
  }
}

/** The durable consumer that fills a generation. */
const rebuildConsumer = (generation: number): string => `search-rebuild-${generation}`

/** What a rebuild needs of the stream: a durable consumer of its own, shared by all replicas, that fills one generation. */
export function rebuildEvents(connection: EventConnection, { store, takeIntoIndex, ...rest }: Filling): Rebuilding {
  return {
    fill: (generation) =>
      startConsumer({
        connection,
        name: rebuildConsumer(generation),
        subjects: SUBJECTS,
        batch: BATCH,
        ackWaitMs: ACK_WAIT_MS,
        async handle(events, lastSeq) {
          const generations = await store.apply(factsFrom(events), lastSeq, Date.now(), generation)
          await takeIntoIndex?.(events, generations)
        },
        park: parking(rest, generation),
      }),
    progress: (generation) => consumerProgress(connection, rebuildConsumer(generation)),
    forget: (generation) => forgetConsumer(connection, rebuildConsumer(generation)),
    lastEvent: () => lastEvent(connection, SUBJECTS),
  }
}

/** Makes sure that a generation is live. A new one hears everything from the beginning, whatever the durable consumer had heard before. */
export async function openIndex(
  connection: EventConnection,
  { repository, log }: Pick<Filling, 'repository' | 'log'>,
): Promise<void> {
  await repository.ensureLive(() => forgetConsumer(connection, CONSUMER))
  // Of rebuilds that came to their end when their process did.
  for (const id of await repository.ended()) await forgetConsumer(connection, rebuildConsumer(id))
  const [live, progress] = await Promise.all([repository.live(), consumerProgress(connection, CONSUMER)])
  if (!live || !progress) return
  const untaken = await nextEvent(connection, SUBJECTS, Number(live.takenSeq))
  if (untaken === null || untaken > progress.floor) return
  // A store that was put back from a copy, for instance: what is between will not be told again.
  const generation = await repository.begin(true)
  log.warn(
    { floor: progress.floor, taken: Number(live.takenSeq), generation: generation.id },
    'the store is behind its consumer: it is rebuilt',
  )
}

function parking(
  { repository, log }: Pick<Filling, 'repository' | 'log'>,
  generation?: number,
): NonNullable<ConsumerOptions['park']> {
  return async (event) => {
    const gone = await repository.park(event, generation)
    log.error({ subject: event.subject, seq: event.seq, reason: event.reason }, 'an event is parked')
    if (gone) log.error({ subject: gone.subject, seq: Number(gone.seq) }, 'too many events are parked: the oldest left')
  }
}
