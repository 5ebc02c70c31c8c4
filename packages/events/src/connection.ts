import { connect, type NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { makeStream, STREAM } from './stream.ts'

const RETRY_MS = 500

/** A connection to NATS that comes back by itself for as long as the process lives. */
export interface EventConnection {
  nats: NatsConnection
  log: Logger
  /** True between a (re)connect and the next disconnect. */
  readonly connected: boolean
  /** Told after each reconnect, once the stream is there. */
  onReconnect(listener: () => void): () => void
  onDisconnect(listener: () => void): () => void
  /** Resolves when the connection is over for good although nobody closed it: NATS refuses us. Then start anew. */
  ended: Promise<void>
  /** Makes the stream if it is not there; does nothing on a connection that only reads. */
  ensureStream(): Promise<void>
  close(): Promise<void>
}

export interface ConnectOptions {
  /** `nats://user:password@host:port`, several separated by commas. */
  url: string
  name: string
  log: Logger
  /** Makes the stream with this many copies (1, 3 or 5 in a cluster); without it the stream is left to those who publish. */
  replicas?: number
  /** Give up when no server answered within this time (30 s). */
  waitMs?: number
}

/** Connects, and makes sure of the stream when `replicas` is given. Throws when that does not succeed within `waitMs`. */
export async function connectEvents(options: ConnectOptions): Promise<EventConnection> {
  const { log, replicas, waitMs = 30_000 } = options
  const deadline = Date.now() + waitMs
  const nats = await connectWithin(options, waitMs)
  const reconnected = new Set<() => void>()
  const disconnected = new Set<() => void>()
  let connected = true
  let closing = false
  const ensureStream = async (): Promise<void> => {
    if (replicas !== undefined) await makeStream(nats, replicas)
  }

  // A server that came back empty has no stream: it is made again before anyone is told.
  async function restore(): Promise<void> {
    while (connected && !nats.isClosed()) {
      try {
        await ensureStream()
        for (const listener of reconnected) listener()
        return
      } catch (error) {
        log.warn({ err: error }, 'the stream cannot be made yet')
        await pause(RETRY_MS)
      }
    }
  }

  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') {
        connected = false
        log.warn('NATS disconnected')
        for (const listener of disconnected) listener()
      } else if (status.type === 'reconnect') {
        connected = true
        log.info('NATS reconnected')
        void restore()
      }
    }
  })()

  for (;;) {
    try {
      await ensureStream()
      break
    } catch (error) {
      if (Date.now() < deadline) await pause(RETRY_MS)
      else {
        await nats.close()
        throw new Error(
          `NATS at NATS_URL does not keep the stream ${STREAM}: ${(error as Error).message}. Is JetStream on?`,
        )
      }
    }
  }
  return {
    nats,
    log,
    get connected() {
      return connected && !nats.isClosed()
    },
    onReconnect: (listener) => add(reconnected, listener),
    onDisconnect: (listener) => add(disconnected, listener),
    ended: nats.closed().then(() => (closing ? new Promise<void>(() => {}) : undefined)),
    ensureStream,
    close() {
      closing = true
      return nats.close()
    },
  }
}

function add<T>(set: Set<T>, member: T): () => void {
  set.add(member)
  return () => set.delete(member)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function connectWithin({ url, name }: ConnectOptions, waitMs: number): Promise<NatsConnection> {
  const { servers, user, pass } = serversOf(url)
  const deadline = Date.now() + waitMs
  let isConnected = false
  const attempt = connect({
    servers,
    user,
    pass,
    name,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectDelayHandler() {
      // Without this the first connection is tried for ever, and a process that gave up never ends.
      if (!isConnected && Date.now() > deadline) throw new Error('too late')
      return 200 + Math.random() * 100
    },
    pingInterval: 5_000,
    maxPingOut: 2,
    noAsyncTraces: true, // a stack trace for each publish costs more than the publish
  })
  const late = 'late' as const
  const first = await Promise.race([
    attempt.catch((error: Error) => {
      // When this thread was busy, the client may have given up before the timer below.
      if (Date.now() > deadline) return late
      throw new Error(`NATS at ${servers.join(', ')} refuses: ${error.message}. See NATS_URL.`)
    }),
    new Promise<typeof late>((resolve) => setTimeout(resolve, waitMs, late).unref()),
  ])
  if (first !== late) {
    isConnected = true
    return first
  }
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
