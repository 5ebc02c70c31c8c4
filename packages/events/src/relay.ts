import { headers as natsHeaders, type PubAck } from 'nats'
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
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, application_name: `relay${source}` })
  pool.on('error', (error) => log.warn({ err: error }, 'the relay lost a database connection'))
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
  const forgetReconnect = connection.onReconnect(() => {
    mustReconcile = true
    wake()
  })

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
        woken = false
        mustReconcile = true
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
          return ack?.status === 'fulfilled' ? [{ id: row.id, seq: ack.value.seq }] : []
        })
        await client.query(
          `update outbox set published_at = now(), stream = $1, stream_seq = done.seq
           from unnest($2::bigint[], $3::bigint[]) as done(id, seq) where outbox.id = done.id`,
          [incarnation, done.map(({ id }) => id), done.map(({ seq }) => seq)],
        )
        await client.query('commit')
        const failed = acks.find((ack) => ack.status === 'rejected')
        if (failed) throw failed.reason
      } else await client.query('commit')
      return rows.length
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    } finally {
      client.release()
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

  // A stream is known by the moment it was made. Rows that another stream took, or that this one no longer holds
  // although they are younger than it keeps, leave again: JetStream acknowledges before it syncs to disk.
  let incarnation = ''
  async function reconcile(): Promise<void> {
    const manager = await connection.nats.jetstreamManager()
    const { created, state } = await manager.streams.info(STREAM)
    incarnation = created
    const { rowCount } = await pool.query(
      `update outbox set published_at = null where published_at is not null and (stream <> $1 or stream_seq > $2)`,
      [created, state.last_seq],
    )
    if (rowCount) log.warn({ rows: rowCount }, 'the stream does not hold these events: they are published again')
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
      forgetReconnect()
      wake()
      await loop
      await pool.end()
    },
  }
}
