// Above the usual length because opening, losing and recovering are one state machine.
import { AckPolicy, createInbox, DeliverPolicy, type Msg, nanos, type Subscription } from 'nats'
import { aliveSubject, watchAlive } from './alive.ts'
import type { EventConnection } from './connection.ts'
import type { CommerceEvent } from './contracts.ts'
import { deliveryInfo, lastOf, type Position, stillThere, storedAt } from './position.ts'
import type { SeenEvents } from './seen.ts'
import { identityOf, STREAM } from './stream.ts'

export interface FeedListener {
  event(event: FeedEvent): void
  /** From now on events may be missing: what is known can be stale. */
  lost(): void
  /** Every later event will arrive. `complete`: and every event missed since `lost` has been delivered too. */
  recovered(complete: boolean): void
  /**
   * A source of events (`catalog`) has not said for 3 s, or since the start, that all of its changes are told: what is known can be stale
   * although nothing was lost.
   */
  stalled?(source: string): void
  /** A source that was stalled has told all of its changes. */
  flowing?(source: string): void
}

/** An event as caches and subscriptions see it: `subject` is the NATS subject, by which they know what it is about. */
export interface FeedEvent {
  subject: string
  data: CommerceEvent['data']
  /** When the transaction that made the change began, by its database's clock, in milliseconds since 1970. */
  changedAt: number
  /** The stream that it came from, known by its identity, and its number there. */
  stream: string
  seq: number
}

/** The events of the graph from now on, in order and without a gap, for what lives in one process's memory. */
export interface EventFeed {
  /** True while every event up to now has been delivered, give or take the network's delay. */
  readonly current: boolean
  /** The sources whose events it follows: the first tokens of its subjects. */
  readonly sources: readonly string[]
  /** The sources that are stalled now. */
  readonly stalled: ReadonlySet<string>
  /** How far it has followed, for whom to tell others that may be behind; null before it ever followed. */
  readonly seen: SeenEvents | null
  /** Whether every event that somebody else has seen, of those that this feed follows, has been delivered. Never true of another stream. */
  has(seen: SeenEvents): boolean
  /** Where the last events of these subjects are in the stream now; rejects when that cannot be found out. */
  lastEvents(subjects: readonly string[]): Promise<LastEvents>
  subscribe(listener: FeedListener): () => void
  stop(): Promise<void>
}

/** Where the last events of some subjects are in a stream. */
export interface LastEvents {
  /** The stream, known by its identity. */
  stream: string
  /** The first and the last number that it has. */
  first: number
  end: number
  /** By subject; 0 where there is none. */
  last: ReadonlyMap<string, number>
}

const HEARTBEAT_MS = 1_000
const SILENCE_LIMIT_MS = 3_000
const RETRY_MS = 200

/**
 * Follows the stream with a consumer of this process's own. A missing sequence number, a silence longer than 3 s or a lost connection is
 * told as `lost` at once; then it continues where it stopped, and says `recovered(true)` when caught up, or
 * `recovered(false)` when the stream no longer has what was missed. Resolves after the first try to follow it. The sources of the events are
 * the first tokens of `subjects`, which may be no wildcards.
 */
export async function startFeed(connection: EventConnection, subjects: readonly string[]): Promise<EventFeed> {
  const { nats, log } = connection
  const listeners = new Set<FeedListener>()
  const tokens = [...new Set(subjects.map((subject) => subject.split('.', 1)[0] as string))]
  let current = false
  let stopped = false
  let subscription: Subscription | undefined
  let consumerName: string | undefined
  let watchdog: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let opening = false
  let position: Position | undefined
  const last = new Map<string, number>()
  // Whether something was missed that will not be delivered: until that has been told, however often the way there fails. What came before
  // this feed was.
  let incomplete = true

  function lose(reason: string): void {
    if (stopped) return
    const was = current
    current = false
    if (!position) incomplete = true // never followed yet: what came meanwhile is not known
    clearTimeout(watchdog)
    subscription?.unsubscribe()
    subscription = undefined
    if (was) {
      log.warn({ reason }, 'the event feed is behind')
      tellAll((listener) => listener.lost())
    }
    if (!opening) openLater()
  }

  function openLater(ms = RETRY_MS): void {
    clearTimeout(retry)
    if (!stopped) retry = setTimeout(open, ms)
  }

  function recover(): void {
    const complete = !incomplete
    incomplete = false
    current = true
    log.debug({ complete }, 'the event feed is current')
    tellAll((listener) => listener.recovered(complete))
  }

  // One listener that fails must not keep the others from hearing.
  function tellAll(tell: (listener: FeedListener) => void): void {
    for (const listener of listeners) {
      try {
        tell(listener)
      } catch (error) {
        log.error({ err: error }, 'a listener of the event feed failed')
      }
    }
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
    const info = await manager.streams.info(STREAM)
    const { state } = info
    const stream = identityOf(info)
    const resumable = position !== undefined && position.stream === stream && (await stillThere(manager, position))
    if (position && !resumable) incomplete = true
    if (!resumable) {
      for (const token of tokens) last.set(token, await lastOf(manager, `${token}.>`))
    }
    const from = resumable && position ? position.seq + 1 : state.last_seq + 1
    position = { stream, seq: from - 1, at: resumable ? position?.at : await storedAt(manager, from - 1) }

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
        position = { stream, seq: info.seq, at: info.at }
        last.set(message.subject.split('.', 1)[0] as string, info.seq)
        tell(message, position)
        if (!current && (delivered >= toCatchUp || info.pending === 0)) recover()
      }
    })().catch((error: Error) => lose(error.message))
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
    if (!current && delivered >= toCatchUp) recover()
  }

  function tell(message: Msg, { stream, seq }: Position): void {
    let received: CommerceEvent | null
    try {
      received = message.json<CommerceEvent | null>()
    } catch {
      received = null
    }
    if (!Number.isSafeInteger(received?.data?.version)) {
      log.error({ subject: message.subject }, 'an event has no version and is passed over')
      return
    }
    // JetStream delivers to the inbox; the subject it was published on is what listeners know.
    const { data, time } = received as CommerceEvent
    const event = { subject: message.subject, data, changedAt: Date.parse(time), stream, seq }
    tellAll((listener) => listener.event(event))
  }

  function watch(): void {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => lose(`silent for ${SILENCE_LIMIT_MS} ms`), SILENCE_LIMIT_MS)
  }

  const alive = watchAlive(tokens, {
    stalled(source) {
      log.warn({ source }, 'events of a source are stalled')
      tellAll((listener) => listener.stalled?.(source))
    },
    flowing(source) {
      log.debug({ source }, 'events of a source flow')
      tellAll((listener) => listener.flowing?.(source))
    },
  })
  const heard = tokens.map((source) => nats.subscribe(aliveSubject(source), { callback: () => alive.heard(source) }))

  const forgetDisconnect = connection.onDisconnect(() => lose('disconnected'))
  const forgetReconnect = connection.onReconnect(() => {
    if (!subscription && !opening) openLater(0)
  })
  await open()
  return {
    sources: tokens,
    stalled: alive.stalled,
    get current() {
      return current && connection.connected
    },
    get seen() {
      return position ? { stream: position.stream, last } : null
    },
    has({ stream, last: others }) {
      const { seq } = position?.stream === stream ? position : { seq: -1 }
      return tokens.every((token) => (others.get(token) ?? 0) <= seq)
    },
    async lastEvents(subjects) {
      const manager = await nats.jetstreamManager()
      const info = await manager.streams.info(STREAM)
      const { state } = info
      const last = subjects.map(async (subject) => [subject, await lastOf(manager, subject)] as const)
      return {
        stream: identityOf(info),
        first: state.first_seq,
        end: state.last_seq,
        last: new Map(await Promise.all(last)),
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      for (const source of alive.stalled) listener.stalled?.(source)
      return () => listeners.delete(listener)
    },
    async stop() {
      stopped = true
      alive.stop()
      for (const subscription of heard) subscription.unsubscribe()
      forgetDisconnect()
      forgetReconnect()
      clearTimeout(watchdog)
      clearTimeout(retry)
      subscription?.unsubscribe()
      if (consumerName && connection.connected) {
        // Best effort: the server forgets it by itself after a while.
        await nats
          .jetstreamManager()
          .then((manager) => manager.consumers.delete(STREAM, consumerName as string))
          .catch(() => {})
      }
    },
  }
}
