import type { ConsumerOptions } from '@commerce/events/consumer.ts'
import type { SearchEngine } from '../engine/engine.ts'
import { changesFrom, SUBJECTS } from './projection.ts'

/** The durable consumer that feeds the index. */
export const CONSUMER = 'search-index'

/** Takes what the catalog and inventory say into the index, up to 500 events at a time. */
export function indexConsumer(engine: SearchEngine): Omit<ConsumerOptions, 'connection'> {
  return {
    name: CONSUMER,
    subjects: SUBJECTS,
    batch: 500,
    handle: (events) => engine.apply(changesFrom(events)),
  }
}
