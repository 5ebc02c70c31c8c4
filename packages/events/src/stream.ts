import { randomUUID } from 'node:crypto'
import { type JetStreamManager, type NatsConnection, nanos, RetentionPolicy, StorageType, type StreamInfo } from 'nats'

/** The one stream that holds every event of the graph. */
export const STREAM = 'COMMERCE'
/** Who has events: the first tokens of their subjects. */
export const SOURCES: readonly string[] = ['catalog', 'inventory', 'checkout']
const SUBJECTS = SOURCES.map((source) => `${source}.>`)
// Events carry the whole state of their entity, so its latest ones are all that a new projection needs.
export const STATES_KEPT = 32
/** Under this name the stream keeps what it is known by. */
const IDENTITY = 'commerce-identity'

/**
 * What a stream is known by for as long as it lives: another one under its name has another identity. The moment that the server says it was made is
 * another one after each of its restarts.
 */
export function identityOf({ config, created }: StreamInfo): string {
  return config.metadata?.[IDENTITY] ?? created
}

/** Makes the stream if it is not there, or brings it to how it is kept now; `replicas` never become fewer. */
export async function makeStream(nats: NatsConnection, replicas: number): Promise<void> {
  const manager = await nats.jetstreamManager()
  const config = {
    name: STREAM,
    subjects: SUBJECTS,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    max_age: 0, // the latest states of an entity stay, however old they are
    max_msgs_per_subject: STATES_KEPT,
    max_bytes: 8 * 1024 ** 3,
    duplicate_window: nanos(2 * 60 * 1000),
    allow_direct: true,
    metadata: { [IDENTITY]: randomUUID() },
  }
  const known = await streamOf(manager)
  try {
    if (known === undefined) return void (await manager.streams.add(config))
  } catch (error) {
    // Another process made it meanwhile, with an identity of its own.
    if ((await streamOf(manager)) === undefined) throw error
  }
  const { config: given } = known ?? (await manager.streams.info(STREAM))
  await manager.streams.update(STREAM, {
    ...config,
    num_replicas: Math.max(given.num_replicas, replicas),
    metadata: { ...config.metadata, ...given.metadata },
  })
}

async function streamOf(manager: JetStreamManager): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(STREAM)
  } catch (error) {
    if ((error as { api_error?: { err_code?: number } }).api_error?.err_code === 10059) return undefined // stream not found
    throw error
  }
}
