import { connect, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy, StorageType } from 'nats'
import type { Logger } from 'pino'

/** The one stream that holds every event of the graph. */
export const STREAM = 'COMMERCE'
const SUBJECTS = ['catalog.>', 'inventory.>', 'checkout.>']
// Events carry the whole state of their entity, so its latest ones are all that a new projection needs.
const STATES_KEPT = 32

/** A connection to NATS that comes back by itself for as long as the process lives. */
export interface EventConnection {
  nats: NatsConnection
  log: Logger
  /** True between a (re)connect and the next disconnect. */
  readonly connected: boolean
  onReconnect(listener: () => void): () => void
  onDisconnect(listener: () => void): () => void
  close(): Promise<void>
}

export interface ConnectOptions {
  /** `nats://user:password@host:port`, several separated by commas. */
  url: string
  name: string
  log: Logger
  /** Copies of the stream in a NATS cluster (1, 3 or 5). */
  replicas?: number
  /** Give up when no server answered within this time (30 s). */
  waitMs?: number
}

/** Connects and makes sure that the stream exists. Throws when no server answers within `waitMs`. */
export async function connectEvents({
  url,
  name,
  log,
  replicas = 1,
  waitMs = 30_000,
}: ConnectOptions): Promise<EventConnection> {
  const nats = await connectWithin(url, name, waitMs)
  const reconnected = new Set<() => void>()
  const disconnected = new Set<() => void>()
  let connected = true
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') {
        connected = false
        log.warn('NATS disconnected')
        for (const listener of disconnected) listener()
      } else if (status.type === 'reconnect') {
        connected = true
        log.info('NATS reconnected')
        // A server that came back empty has no stream: it is made again before anyone uses it.
        await ensureStream(nats, replicas).catch((error: unknown) =>
          log.error({ err: error }, 'the stream cannot be made'),
        )
        for (const listener of reconnected) listener()
      }
    }
  })()
  await ensureStream(nats, replicas)
  return {
    nats,
    log,
    get connected() {
      return connected && !nats.isClosed()
    },
    onReconnect: (listener) => add(reconnected, listener),
    onDisconnect: (listener) => add(disconnected, listener),
    close: () => nats.close(),
  }
}

function add<T>(set: Set<T>, member: T): () => void {
  set.add(member)
  return () => set.delete(member)
}

async function connectWithin(url: string, name: string, waitMs: number): Promise<NatsConnection> {
  const { servers, user, pass } = serversOf(url)
  const attempt = connect({
    servers,
    user,
    pass,
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 5_000,
    maxPingOut: 2,
    noAsyncTraces: true, // a stack trace for each publish costs more than the publish
  })
  const late = Symbol()
  const first = await Promise.race([
    attempt,
    new Promise<typeof late>((resolve) => setTimeout(resolve, waitMs, late).unref()),
  ])
  if (first !== late) return first
  void attempt.then((nats) => nats.close()).catch(() => {})
  throw new Error(
    `No NATS server answered at ${servers.join(', ')} within ${waitMs / 1000} s: start one, or set NATS_URL.`,
  )
}

function serversOf(url: string): { servers: string[]; user?: string; pass?: string } {
  const urls = url.split(',').map((part) => new URL(part.trim()))
  const [first] = urls
  return {
    servers: urls.map(({ host }) => host),
    user: first?.username ? decodeURIComponent(first.username) : undefined,
    pass: first?.password ? decodeURIComponent(first.password) : undefined,
  }
}

async function ensureStream(nats: NatsConnection, replicas: number): Promise<void> {
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
  }
  if (await streamExists(manager)) await manager.streams.update(STREAM, config)
  else await manager.streams.add(config)
}

async function streamExists(manager: JetStreamManager): Promise<boolean> {
  try {
    await manager.streams.info(STREAM)
    return true
  } catch (error) {
    if ((error as { api_error?: { err_code?: number } }).api_error?.err_code === 10059) return false // stream not found
    throw error
  }
}
