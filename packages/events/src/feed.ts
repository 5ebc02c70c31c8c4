import { AckPolicy, createInbox, DeliverPolicy, type Msg, nanos, type Subscription } from 'nats'
import { type EventConnection, STREAM } from './connection.ts'
import type { CommerceEvent } from './contracts.ts'

export interface FeedListener {
  event(event: FeedEvent): void
  /** From now on events may be missing: what is known can be stale. */
  lost(): void
  /** Every later event will arrive. `complete`: and every event missed since `lost` has been delivered too. */
  recovered(complete: boolean): void
}

/** An event as caches and subscriptions see it: `subject` is the NATS subject, by which they know what it is about. */
export interface FeedEvent {
  subject: string
  data: CommerceEvent['data']
}

/** The events of the graph from now on, in order and without a gap, for what lives in one process's memory. */
export interface EventFeed {
  /** True while every event up to now has been delivered, give or take the network's delay. */
  readonly current: boolean
  subscribe(listener: FeedListener): () => void
  stop(): Promise<void>
}

const HEARTBEAT_MS = 1_000
const SILENCE_LIMIT_MS = 3_000
const RETRY_MS = 200

/**
 * Follows the stream with a consumer of this process's own. A missing sequence number, a silence longer than 3 s or a lost connection is
 * told as `lost` at once; then it continues where it stopped, and says `recovered(true)` when caught up, or
 * `recovered(false)` when the stream no longer has what was missed. Resolves after the first try to follow it.
 */
export async function startFeed(connection: EventConnection, subjects: readonly string[]): Promise<EventFeed> {
  const { nats, log } = connection
  const listeners = new Set<FeedListener>()
  let current = false
  let stopped = false
  let subscription: Subscription | undefined
  let consumerName: string | undefined
  let watchdog: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let opening = false
  // Where we are: the last stream sequence delivered, and which stream that was.
  let position: { stream: string; seq: number } | undefined

  function lose(reason: string): void {
    if (stopped) return
    const was = current
    current = false
    clearTimeout(watchdog)
    subscription?.unsubscribe()
    subscription = undefined
    if (was) {
      log.warn({ reason }, 'the event feed is behind')
      for (const listener of listeners) listener.lost()
    }
    if (!opening) openLater()
  }

  function openLater(): void {
    clearTimeout(retry)
    retry = setTimeout(open, RETRY_MS)
  }

  function recover(complete: boolean): void {
    current = true
    log.debug({ complete }, 'the event feed is current')
    for (const listener of listeners) listener.recovered(complete)
  }

  async function open(): Promise<void> {
    opening = true
    try {
      await openConsumer()
    } catch (error) {
      lose((error as Error).message)
    } finally {
      opening = false
      if (!subscription && !stopped) openLater()
    }
  }

  async function openConsumer(): Promise<void> {
    const manager = await nats.jetstreamManager()
    if (consumerName) await manager.consumers.delete(STREAM, consumerName).catch(() => {})
    const { created, state } = await manager.streams.info(STREAM)
    const resumable =
      position !== undefined &&
      position.stream === created &&
      position.seq <= state.last_seq &&
      position.seq + 1 >= state.first_seq
    const from = resumable && position ? position.seq + 1 : state.last_seq + 1
    const first = position === undefined
    position = { stream: created, seq: from - 1 }

    const inbox = createInbox()
    let delivered = 0
    let toCatchUp = Number.POSITIVE_INFINITY // until the consumer says how much waits for us
    const mine = nats.subscribe(inbox)
    subscription = mine
    void (async () => {
      for await (const message of mine) {
        if (subscription !== mine) return
        watch()
        const info = deliveryInfo(message)
        if (!info) {
          // A heartbeat names the last sequence sent: what we have not seen by now is lost.
          const sent = Number(message.headers?.get('Nats-Last-Consumer') || delivered)
          if (sent > delivered) return lose(`heartbeat says ${sent} events were sent, ${delivered} arrived`)
          continue
        }
        if (info.delivered !== delivered + 1)
          return lose(`event ${delivered + 1} is missing, ${info.delivered} arrived`)
        delivered = info.delivered
        position = { stream: created, seq: info.seq }
        tell(message)
        if (!current && delivered >= toCatchUp) recover(resumable || first)
      }
    })()
    const consumer = await manager.consumers.add(STREAM, {
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      filter_subjects: [...subjects],
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      mem_storage: true,
      num_replicas: 1,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      inactive_threshold: nanos(30_000),
    })
    if (stopped || subscription !== mine) {
      await manager.consumers.delete(STREAM, consumer.name).catch(() => {})
      return
    }
    consumerName = consumer.name
    watch()
    toCatchUp = consumer.num_pending + consumer.delivered.consumer_seq
    if (delivered >= toCatchUp) recover(resumable || first)
  }

  function tell(message: Msg): void {
    let received: CommerceEvent
    try {
      received = message.json<CommerceEvent>()
    } catch (error) {
      log.error({ err: error, subject: message.subject }, 'an event is not JSON')
      return
    }
    // JetStream delivers to the inbox; the subject it was published on is what listeners know.
    const event = { subject: message.subject, data: received.data }
    for (const listener of listeners) listener.event(event)
  }

  function watch(): void {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => lose(`silent for ${SILENCE_LIMIT_MS} ms`), SILENCE_LIMIT_MS)
  }

  const forgetDisconnect = connection.onDisconnect(() => lose('disconnected'))
  await open()
  return {
    get current() {
      return current && connection.connected
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      stopped = true
      forgetDisconnect()
      clearTimeout(watchdog)
      clearTimeout(retry)
      subscription?.unsubscribe()
      if (consumerName && connection.connected) {
        const manager = await nats.jetstreamManager()
        await manager.consumers.delete(STREAM, consumerName).catch(() => {})
      }
    },
  }
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, longer forms add a domain and account in front. */
function deliveryInfo(message: Msg): { seq: number; delivered: number } | undefined {
  const tokens = message.reply?.split('.')
  if (!tokens?.[0]?.startsWith('$JS') || tokens[1] !== 'ACK') return undefined
  const [seq, delivered] = tokens.length > 9 ? [tokens[7], tokens[8]] : [tokens[5], tokens[6]]
  return { seq: Number(seq), delivered: Number(delivered) }
}
