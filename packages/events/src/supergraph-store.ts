import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { KV, KvEntry } from 'nats'
import { z } from 'zod'
import { type ConnectOptions, connectEvents, type EventConnection } from './connection.ts'

/** A composed supergraph for all gateways of a graph. */
export interface PublishedSupergraph {
  sdl: string
  /** When all gateways begin to use it, in milliseconds since 1970. */
  swapAt: number
  /** The revision that this one repeats, when it takes a later one back. */
  rollbackOf?: number | undefined
}

/** What the store holds under a graph's name: `null` when nothing was published yet; an error when it cannot be read. */
export type StoredSupergraph = PublishedSupergraph | Error | null

const BUCKET = 'supergraphs'
/** A value is one line of JSON, then the SDL, as it is or compressed. */
const headSchema = z.object({
  swapAt: z.number().int().nonnegative(),
  encoding: z.enum(['identity', 'gzip']),
  rollbackOf: z.number().int().positive().optional(),
})
const NEWLINE = 10
const HEAD_LIMIT = 1_024
const COMPRESS_FROM = 32 * 1024
const SDL_LIMIT = 64 * 1024 * 1024
const RETRY_MS = 1_000
const KEPT = 10

/**
 * Publishes a supergraph under a graph's name; answers its revision. Compressed above 32 KiB; rejects, with the sizes, when even so
 * it is larger than what the NATS server takes in one message (1 MiB unless `max_payload` says otherwise).
 */
export async function publishSupergraph(
  { nats }: EventConnection,
  graph: string,
  { sdl, swapAt, rollbackOf }: PublishedSupergraph,
  replicas = 1,
): Promise<number> {
  const text = Buffer.from(sdl)
  const encoding = text.length >= COMPRESS_FROM ? 'gzip' : 'identity'
  const body = encoding === 'gzip' ? await promisify(gzip)(text) : text
  const value = Buffer.concat([Buffer.from(`${JSON.stringify({ swapAt, encoding, rollbackOf })}\n`), body])
  // The headers of the message count too.
  const room = (nats.info?.max_payload ?? 1024 * 1024) - 1_024
  if (value.length > room) {
    throw new Error(
      `The supergraph has ${text.length} bytes, ${value.length} compressed, and the NATS server takes ${room}: raise its max_payload.`,
    )
  }
  const bucket = await nats.jetstream().views.kv(BUCKET, { history: KEPT, replicas })
  return bucket.put(graph, value)
}

/**
 * Follows what is published under a graph's name: tells the newest at once (`null` when there is none), and then each newer one,
 * also after NATS was away. Answers how to stop.
 */
export function watchSupergraph(
  connection: EventConnection,
  graph: string,
  changed: (stored: StoredSupergraph) => void,
): () => void {
  const { log } = connection
  let stopped = false
  let told: string | undefined
  let retry: NodeJS.Timeout | undefined
  let end: (() => void) | undefined

  async function tell(entry: KvEntry | null): Promise<void> {
    // A server that lost its disk counts from 1 again.
    const identity = entry ? `${entry.revision} ${entry.created.getTime()}` : 'none'
    if (identity === told) return
    const stored = entry && entry.operation === 'PUT' ? await readValue(entry.value) : null
    if (stopped) return
    told = identity
    changed(stored)
  }

  async function follow(): Promise<void> {
    clearTimeout(retry)
    end?.()
    try {
      const bucket = await bindBucket(connection)
      if (!bucket) {
        await tell(null)
        return again()
      }
      if (!(await bucket.get(graph))) await tell(null)
      const entries = await bucket.watch({ key: graph })
      end = () => entries.stop()
      if (stopped) return entries.stop()
      for await (const entry of entries) await tell(entry)
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'the supergraph cannot be watched')
      again()
    }
  }

  function again(): void {
    clearTimeout(retry)
    if (!stopped) retry = setTimeout(follow, RETRY_MS).unref()
  }

  const forget = connection.onReconnect(() => void follow())
  void follow()
  return () => {
    stopped = true
    forget()
    clearTimeout(retry)
    end?.()
  }
}

/** Follows what is published under a graph's name, over a connection of its own that may come late and comes back by itself. */
export function openSupergraphStore(options: ConnectOptions, graph: string) {
  const { log } = options
  let closed = false
  let connection: EventConnection | undefined
  let unwatch: (() => void) | undefined
  let retry: NodeJS.Timeout | undefined

  async function connect(changed: (stored: StoredSupergraph) => void): Promise<void> {
    const again = () => {
      unwatch?.()
      if (!closed) retry = setTimeout(connect, RETRY_MS, changed).unref()
    }
    try {
      const connected = await connectEvents(options)
      if (closed) return await connected.close()
      connection = connected
      unwatch = watchSupergraph(connected, graph, changed)
      void connected.ended.then(again)
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'the store of supergraphs is out of reach')
      again()
    }
  }

  return {
    watch(changed: (stored: StoredSupergraph) => void): () => void {
      void connect(changed)
      return () => unwatch?.()
    },
    async close(): Promise<void> {
      closed = true
      clearTimeout(retry)
      unwatch?.()
      await connection?.close()
    },
  }
}

/** The bucket, or undefined when nobody has published yet: only who publishes makes it. */
export async function bindBucket({ nats }: EventConnection): Promise<KV | undefined> {
  const manager = await nats.jetstreamManager()
  try {
    await manager.streams.info(`KV_${BUCKET}`)
  } catch (error) {
    if ((error as { api_error?: { err_code?: number } }).api_error?.err_code === 10059) return undefined // stream not found
    throw error
  }
  return nats.jetstream().views.kv(BUCKET, { bindOnly: true })
}

/** The supergraph in a value of the bucket, or why it cannot be read. */
export async function readValue(value: Uint8Array): Promise<PublishedSupergraph | Error> {
  try {
    const split = value.subarray(0, HEAD_LIMIT).indexOf(NEWLINE)
    const head = headSchema.parse(JSON.parse(Buffer.from(value.subarray(0, Math.max(split, 0))).toString()))
    const body = value.subarray(split + 1)
    const text = head.encoding === 'gzip' ? await promisify(gunzip)(body, { maxOutputLength: SDL_LIMIT }) : body
    return { sdl: Buffer.from(text).toString(), swapAt: head.swapAt, rollbackOf: head.rollbackOf }
  } catch (error) {
    return new Error(
      `The published supergraph cannot be read, it was not written by this program: ${(error as Error).message.split('\n', 1)[0]}`,
    )
  }
}
