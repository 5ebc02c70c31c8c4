import { NatsError, headers as natsHeaders, type PubAck } from 'nats'
import pg from 'pg'
import type { Logger } from 'pino'
import { type EventConnection, STREAM } from './connection.ts'
import { decodeKey } from './subject.ts'

export interface RelayOptions {
  databaseUrl: string
  connection: EventConnection
  /** CloudEvents `source`: `/catalog`. */
  source: string
  log: Logger
  /** How often to look without being woken (500 ms): rows of a process that died are found this way. */
  pollMs?: number
  /** How long published rows are kept (24 h), so that a stream that lost them can be filled again. */
  keepMs?: number
}

export interface Relay {
  /** There may be new rows: look now. */
  wake(): void
  /** Rows that have not left yet. */
  backlog(): Promise<number>
  stop(): Promise<void>
}

const BATCH = 500
const PUBLISH_LIMIT_MS = 5_000
const NO_RESPONDERS = '503' // nobody takes the subject: there is no stream
const TOO_LARGE = 'MAX_PAYLOAD_EXCEEDED'
const SET_ASIDE = 'set aside'
const UNSYNCED = '5 minutes' // NATS syncs every 2 minutes unless told otherwise

interface Row {
  id: string
  event_id: string
  subject: string
  type: string
  version: number
  data: unknown
  traceparent: string | null
  created_at: Date
}

/**
 * Publishes outbox rows to the stream, each at least once and, within the stream's duplicate window, once. Rows are claimed
 * (`FOR UPDATE SKIP LOCKED`), so any number of relays share a table and a relay that dies gives its claim back.
 */
export function startRelay({
  databaseUrl,
  connection,
  source,
  log,
  pollMs = 500,
  keepMs = 86_400_000,
}: RelayOptions): Relay {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 2,
    application_name: `relay${source}`,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
    keepAlive: true,
  })
  const broken = (error: Error): void => log.warn({ err: error }, 'the relay lost a database connection')
  pool.on('error', broken)
  // The pool listens only to idle connections; one that breaks while we wait for NATS would end the process.
  pool.on('connect', (client) => client.on('error', broken))
  const stream = connection.nats.jetstream()
  let stopping = false
  let mustReconcile = true
  let lastCleanup = 0
  let alarm: (() => void) | undefined
  let woken = false
  const wake = (): void => {
    woken = true
    alarm?.()
  }
  // Set at the loss, not at the return: nothing may be published to a server before we know what it holds.
  const forgetDisconnect = connection.onDisconnect(() => {
    mustReconcile = true
  })
  const forgetReconnect = connection.onReconnect(wake)

  const loop = (async () => {
    while (!stopping) {
      woken = false
      try {
        if (connection.connected) {
          if (mustReconcile) {
            await reconcile()
            mustReconcile = false
          }
          while (!stopping && (await publishBatch()) === BATCH);
          await cleanUp()
        }
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'the relay could not publish; it tries again')
        if ((error as { code?: string }).code === NO_RESPONDERS) await connection.ensureStream().catch(() => {})
        woken = false
      }
      if (!woken && !stopping) await pause()
    }
  })()

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs)
      alarm = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function publishBatch(): Promise<number> {
    const client = await pool.connect()
    let failure: Error | undefined
    try {
      await client.query('begin')
      const { rows } = await client.query<Row>(
        `select id, event_id, subject, type, version, data, traceparent, created_at from outbox
         where published_at is null order by id limit ${BATCH} for update skip locked`,
      )
      if (rows.length > 0) {
        const acks = await Promise.allSettled(rows.map(publish))
        const done = rows.flatMap((row, i) => {
          const ack = acks[i]
          if (ack?.status === 'fulfilled') return [{ id: row.id, stream: holder, seq: ack.value.seq }]
          if (ack?.reason.code !== TOO_LARGE) return []
          log.error({ subject: row.subject, event: row.event_id }, 'an event is too large for NATS and is set aside')
          return [{ id: row.id, stream: SET_ASIDE, seq: 0 }]
        })
        await client.query(
          `update outbox set published_at = now(), stream = done.stream, stream_seq = done.seq
           from unnest($1::bigint[], $2::text[], $3::bigint[]) as done(id, stream, seq) where outbox.id = done.id`,
          [done.map(({ id }) => id), done.map(({ stream }) => stream), done.map(({ seq }) => seq)],
        )
        await client.query('commit')
        const failed = acks.find((ack) => ack.status === 'rejected' && ack.reason.code !== TOO_LARGE)
        if (failed?.status === 'rejected') throw failed.reason
      } else await client.query('commit')
      return rows.length
    } catch (error) {
      failure = error as Error
      await client.query('rollback').catch(() => {})
      throw error
    } finally {
      // What NATS refuses is no fault of the connection.
      client.release(failure instanceof NatsError ? undefined : failure)
    }
  }

  function publish(row: Row): Promise<PubAck> {
    const cloudEvent = {
      specversion: '1.0',
      id: row.event_id,
      source,
      type: row.type,
      subject: decodeKey(row.subject.slice(row.type.length + 1)),
      time: row.created_at.toISOString(),
      datacontenttype: 'application/json',
      version: row.version,
      ...(row.traceparent ? { traceparent: row.traceparent } : {}),
      data: row.data,
    }
    const headers = natsHeaders()
    headers.set('content-type', 'application/cloudevents+json')
    return stream.publish(row.subject, JSON.stringify(cloudEvent), {
      msgID: row.event_id,
      headers,
      timeout: PUBLISH_LIMIT_MS,
    })
  }

  // Who holds an event: the stream, known by the moment it was made, on a server, known by an id of each of its runs.
  // Another stream holds none of our rows. The same stream on another run of the server may have lost the end of what an
  // earlier run acknowledged, because JetStream acknowledges before it syncs to disk. Those rows leave again; who has them ignores them.
  let holder = ''
  async function reconcile(): Promise<void> {
    const manager = await connection.nats.jetstreamManager()
    const { created } = await manager.streams.info(STREAM)
    holder = `${created} ${connection.nats.info?.server_id}`
    const { rowCount } = await pool.query(
      `update outbox set published_at = null
       from (select stream, max(published_at) as last from outbox
             where published_at is not null and stream not in ($1, '${SET_ASIDE}') group by stream) as earlier
       where outbox.stream = earlier.stream and outbox.published_at is not null
         and (split_part(earlier.stream, ' ', 1) <> $2 or outbox.published_at > earlier.last - interval '${UNSYNCED}')`,
      [holder, created],
    )
    if (rowCount)
      log.info(
        { rows: rowCount },
        'the NATS server is another run of itself: the latest events are published again, in case it lost them',
      )
  }

  async function cleanUp(): Promise<void> {
    if (Date.now() - lastCleanup < 60_000) return
    lastCleanup = Date.now()
    await pool.query(
      `delete from outbox where id in (select id from outbox where published_at < now() - $1 * interval '1 ms' order by published_at limit 10000)`,
      [keepMs],
    )
  }

  return {
    wake,
    async backlog() {
      const { rows } = await pool.query<{ count: string }>('select count(*) from outbox where published_at is null')
      return Number(rows[0]?.count)
    },
    async stop() {
      stopping = true
      forgetDisconnect()
      forgetReconnect()
      wake()
      await loop
      await pool.end()
    },
  }
}
