import { AckPolicy, type ConsumerInfo, DeliverPolicy, type JsMsg, nanos } from 'nats'
import type { EventConnection } from './connection.ts'
import { type CommerceEvent, parseEvent } from './contracts.ts'
import { NotNow } from './not-now.ts'
import { consumerLag } from './progress.ts'
import { STREAM } from './stream.ts'
import { withTrace } from './trace.ts'
import { createUnapplied, type UnappliedEvent } from './unapplied.ts'

export interface ConsumerOptions {
  connection: EventConnection
  /** The durable name: where it stopped is where it goes on, also in another process. */
  name: string
  /** Subject filters: `catalog.price.changed.*`. */
  subjects: readonly string[]
  /** How many events one call may get (200). */
  batch?: number
  /**
   * Applies events; idempotent, because an event can arrive again. When it throws, the events come again later; after `NotNow` as often as it takes.
   * `lastSeq` is the highest number in the stream that one of them has.
   */
  handle(events: readonly CommerceEvent[], lastSeq: number): Promise<void>
  /**
   * Keeps an event that breaks its contract, at once, or that alone could not be applied after all pauses: then it is done with. When it throws, the
   * event comes again later. Without it, the first kind is logged and set aside for good, the second comes again for ever.
   */
  park?(event: UnappliedEvent): Promise<void>
  /** The pauses before an event that could not be applied comes again; when they are over it is parked, or the last is repeated (100, 1,000, 5,000, 30,000). */
  retryDelaysMs?: readonly number[]
  /** After so many milliseconds what a process that is gone had in hand comes again (60,000). */
  ackWaitMs?: number
}

export interface EventConsumer {
  /** Events that wait to be handled, those in hand included. */
  lag(): Promise<number>
  stop(): Promise<void>
}

const ACK_WAIT_MS = 60_000
const EXPIRES_MS = 5_000
const RETRY_MS = 500

/**
 * Follows the stream from its beginning with a durable consumer, in batches, at least once. What cannot be applied is tried again with growing
 * pauses, and holds nothing else up.
 */
export async function startConsumer({
  connection,
  name,
  subjects,
  batch = 200,
  handle,
  park,
  retryDelaysMs,
  ackWaitMs = ACK_WAIT_MS,
}: ConsumerOptions): Promise<EventConsumer> {
  const { nats, log } = connection
  const config = {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subjects: [...subjects],
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: Math.max(1_000, batch * 2),
  }
  const manager = await nats.jetstreamManager()
  const ensure = (): Promise<ConsumerInfo> => manager.consumers.add(STREAM, config)
  await ensure()
  const source = await nats.jetstream().consumers.get(STREAM, name)
  let stopping = false

  // A server that came back empty does not know us any more.
  async function comeBack(): Promise<void> {
    while (!stopping && connection.connected) {
      try {
        await ensure()
        return
      } catch (error) {
        log.warn({ err: error, consumer: name }, 'the consumer cannot be made again yet')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
  const forgetReconnect = connection.onReconnect(() => void comeBack())

  // At most `max_ack_pending` events wait here: the server sends no more before some are acknowledged, and sends none again
  // while we keep saying that we work on it.
  const arrived: JsMsg[] = []
  const inHand = new Map<number, JsMsg>() // until acknowledged or given back: from then on it may come again
  let signal = (): void => {}
  const unapplied = createUnapplied({ name, park, retryDelaysMs, log, letGo: ({ seq }) => inHand.delete(seq) })
  const working = setInterval(() => {
    for (const message of [...inHand.values(), ...arrived]) message.working()
  }, ackWaitMs / 3)
  const messages = await source.consume({
    max_messages: batch,
    expires: EXPIRES_MS,
    callback(message) {
      const isHere = ({ seq }: JsMsg): boolean => seq === message.seq
      if (message.redelivered && (arrived.some(isHere) || inHand.has(message.seq))) return
      arrived.push(message)
      signal()
    },
  })

  const loop = (async () => {
    while (!stopping) {
      if (arrived.length === 0) await new Promise<void>((resolve) => (signal = resolve))
      // What has arrived by now is one batch: a lone event does not wait for company.
      const taken = arrived.splice(0, batch)
      for (const message of taken) inHand.set(message.seq, message)
      if (!stopping && taken.length > 0) await take(taken)
      inHand.clear()
    }
  })()

  async function take(received: readonly JsMsg[]): Promise<void> {
    const valid: { message: JsMsg; event: CommerceEvent }[] = []
    for (const message of received) {
      try {
        valid.push({ message, event: parseEvent(message.string()) })
      } catch (error) {
        await unapplied.broken(message, error)
      }
    }
    if (valid.length === 0) return
    try {
      await apply(valid)
      for (const { message } of valid) message.ack()
    } catch (error) {
      if (error instanceof NotNow) return unapplied.notNow(valid, error)
      if (valid.length === 1) return unapplied.failed(valid[0]?.message as JsMsg, error)
      for (const one of valid) {
        try {
          await apply([one])
          one.message.ack()
        } catch (single) {
          await unapplied.failed(one.message, single)
        }
      }
    }
  }

  function apply(taken: readonly { message: JsMsg; event: CommerceEvent }[]): Promise<void> {
    const lastSeq = taken.reduce((last, { message }) => Math.max(last, message.seq), 0)
    const events = taken.map(({ event }) => event)
    return withTrace(events[0]?.traceparent, () => handle(events, lastSeq))
  }

  return {
    lag: () => consumerLag(connection, name),
    async stop() {
      stopping = true
      forgetReconnect()
      clearInterval(working)
      await messages.close()
      signal()
      await loop
    },
  }
}
