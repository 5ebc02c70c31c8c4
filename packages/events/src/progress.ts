import type { EventConnection } from './connection.ts'
import { lastOf, nextOf } from './position.ts'
import { STREAM } from './stream.ts'

/** How far a durable consumer is, over all processes that share it. */
export interface ConsumerProgress {
  /** Every event up to this number in the stream is done with. */
  floor: number
  /** About how many events that is. */
  done: number
  /** Events that are not, those in hand included. */
  lag: number
}

/** How far a durable consumer is; null when there is none of that name. Throws when NATS cannot say. */
export async function consumerProgress({ nats }: EventConnection, name: string): Promise<ConsumerProgress | null> {
  const manager = await nats.jetstreamManager()
  try {
    const { ack_floor, num_pending, num_ack_pending } = await manager.consumers.info(STREAM, name)
    return { floor: ack_floor.stream_seq, done: ack_floor.consumer_seq, lag: num_pending + num_ack_pending }
  } catch (error) {
    if (isUnknown(error)) return null
    throw error
  }
}

/** Events that a durable consumer has not finished, those in hand included, over all processes that share it. Throws when NATS cannot say. */
export async function consumerLag({ nats }: EventConnection, name: string): Promise<number> {
  const manager = await nats.jetstreamManager()
  const { num_pending, num_ack_pending } = await manager.consumers.info(STREAM, name)
  return num_pending + num_ack_pending
}

/** Forgets a durable consumer: who takes its name afterwards starts from the beginning. Does nothing when there is none. */
export async function forgetConsumer({ nats }: EventConnection, name: string): Promise<void> {
  const manager = await nats.jetstreamManager()
  await manager.consumers.delete(STREAM, name).catch((error: unknown) => {
    if (!isUnknown(error)) throw error
  })
}

/** The number of the last event under any of these subjects, which may have wildcards; 0 when there is none. */
export async function lastEvent({ nats }: EventConnection, subjects: readonly string[]): Promise<number> {
  const manager = await nats.jetstreamManager()
  return Math.max(0, ...(await Promise.all(subjects.map((subject) => lastOf(manager, subject)))))
}

/** The number of the first event behind `after` under any of these subjects; null when there is none. */
export async function nextEvent(
  { nats }: EventConnection,
  subjects: readonly string[],
  after: number,
): Promise<number | null> {
  const manager = await nats.jetstreamManager()
  const found = await Promise.all(subjects.map((subject) => nextOf(manager, subject, after)))
  const first = Math.min(...found.map((seq) => seq ?? Number.POSITIVE_INFINITY))
  return Number.isFinite(first) ? first : null
}

function isUnknown(error: unknown): boolean {
  return (error as { api_error?: { err_code?: number } }).api_error?.err_code === 10014 // consumer not found
}
