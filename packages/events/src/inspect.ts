import type { JetStreamManager } from 'nats'
import type { EventConnection } from './connection.ts'
import { stored } from './position.ts'
import { STREAM } from './stream.ts'

const AT_ONCE = 64

/**
 * The highest version of each subject that the stream holds; without those of which it holds none. `wanted` says, by subject, which version
 * ends the search. Not the last message: what leaves again after a loss does so in any order.
 */
export async function versionsHeld(
  { nats }: EventConnection,
  wanted: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const manager = await nats.jetstreamManager()
  const held = new Map<string, number>()
  const left = [...wanted]
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [subject, version] = next
      const found = await highest(manager, subject, version)
      if (found > 0) held.set(subject, found)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return held
}

async function highest(manager: JetStreamManager, subject: string, wanted: number): Promise<number> {
  const last = await stored(manager, { last_by_subj: subject })
  let found = last?.json<{ version: number }>().version ?? 0
  for (let seq = 1; last && found < wanted; ) {
    const next = { seq, next_by_subj: subject } // the server takes both, the client's types know either
    const message = await stored(manager, next)
    if (!message) break
    found = Math.max(found, message.json<{ version: number }>().version)
    seq = message.seq + 1
  }
  return found
}

/** Events that each durable consumer of the stream has not finished, those in hand included. */
export async function durableLags({ nats }: EventConnection): Promise<Map<string, number>> {
  const manager = await nats.jetstreamManager()
  const lags = new Map<string, number>()
  for await (const { config, num_pending, num_ack_pending } of manager.consumers.list(STREAM)) {
    if (config.durable_name) lags.set(config.durable_name, num_pending + num_ack_pending)
  }
  return lags
}
