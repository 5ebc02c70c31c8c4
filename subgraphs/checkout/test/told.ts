import { startConsumer } from '@commerce/events/consumer.ts'
import type { CommerceEvent, EventData, EventType } from '@commerce/events/contracts.ts'
import { whenDone } from '@commerce/local/testing.ts'
import { decodeId } from '@commerce/service/ids.ts'
import type { World } from './checkout.ts'

/** Hears events of a type, whichever process they come from; answers what was told so far of the entity with a global id. */
export async function hear<T extends EventType>(world: World, type: T): Promise<(id: string) => EventData<T>[]> {
  const heard: CommerceEvent<T>[] = []
  const consumer = await startConsumer({
    connection: world.connection,
    name: `test-${type.replaceAll('.', '-')}`,
    subjects: [`${type}.*`],
    handle: async (events) => void heard.push(...(events as CommerceEvent<T>[])),
  })
  whenDone(() => consumer.stop())
  return (id) => heard.filter(({ subject }) => subject === decodeId(id)?.key).map(({ data }) => data)
}
