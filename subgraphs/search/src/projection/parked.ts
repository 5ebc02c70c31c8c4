import { type CommerceEvent, parseEvent } from '@commerce/events/contracts.ts'
import { factsFrom } from '../document/document.ts'
import type { Filling } from './consumer.ts'
import type { ParkedEvent, ProjectionRepository } from './repository.ts'

/** What became of an event that staff wanted replayed: `problem` is null when it was taken in. */
export interface Replayed {
  event: ParkedEvent
  problem: string | null
}

/**
 * Tries parked events again, each by itself: what its contract and the store let pass is taken in and no longer parked, the rest stays.
 * Safe to repeat: what is older than known changes nothing.
 */
export async function replayParked(
  { store, repository, takeOrders, takeIntoIndex }: Filling,
  subjects: readonly string[],
  now: number,
): Promise<Replayed[]> {
  const outcomes: Replayed[] = []
  for (const event of await repository.parkedUnder(subjects)) {
    const problem = await take(event).then(
      () => null,
      (error: Error) => error.message,
    )
    if (problem === null) await repository.replayed(event)
    outcomes.push({ event, problem })
  }
  return outcomes

  async function take({ body, seq }: ParkedEvent): Promise<void> {
    const event: CommerceEvent = parseEvent(body)
    const facts = factsFrom([event])
    const generations = await store.apply(facts, Number(seq), now)
    await takeIntoIndex?.([event], generations)
    if (facts.orders.length > 0) await takeOrders?.(facts.orders)
  }
}

/** Forgets parked events; answers those that were there. */
export async function discardParked(
  repository: ProjectionRepository,
  subjects: readonly string[],
): Promise<ParkedEvent[]> {
  const gone: ParkedEvent[] = []
  for (const event of await repository.parkedUnder(subjects)) if (await repository.discard(event)) gone.push(event)
  return gone
}
