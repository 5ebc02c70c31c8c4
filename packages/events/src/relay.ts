// Above the usual length because one loop is told in one place: what it waits for, claims, publishes, doubts and says.
import { NatsError, type PubAck } from 'nats'
import pg from 'pg'
import type { Logger } from 'pino'
import { ALIVE_EVERY_MS, aliveSubject } from './alive.ts'
import { cloudEventHeaders, cloudEventOf } from './cloud-event.ts'
import type { EventConnection } from './connection.ts'
import { createLeaving } from './leaving.ts'
import {
  claimRows,
  countWaiting,
  deleteOld,
  isDrained,
  isWaiting,
  markPublished,
  newestRow,
  type OutboxRow,
  type Published,
  SET_ASIDE,
  unpublishDoubtful,
} from './outbox-table.ts'
import { identityOf, STREAM } from './stream.ts'

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
  /** These rows were just committed by this process: they leave at once, without being looked for. */
  send(rows: readonly OutboxRow[]): void
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
const BEHIND_MS = 25 // another relay has the rows in hand that ours wait for
const CLEAN_UP_EVERY_MS = 60_000

/**
 * Publishes outbox rows to the stream, each at least once and, within the stream's duplicate window, once. What this process commits leaves at
 * once; what could not leave, or belongs to a process that died, is found in the table. Rows that are found are claimed, by one relay at a
 * time, so any number of relays share a table and a relay that dies gives its claim back. As long as all that should have left has left, it
 * says so (`alive.<source>`).
 *
 * While rows wait, new ones wait behind them: of each subject the stream keeps the last that arrive, so the newest state would be pushed out
 * by the many older ones that it had overtaken.
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
    // That a row has left may be forgotten when the database crashes: then it leaves again.
    // And a relay that is frozen gives back what it has in hand.
    options: '-c synchronous_commit=off -c idle_in_transaction_session_timeout=15s',
  })
  const broken = (error: Error): void => log.warn({ err: error }, 'the relay lost a database connection')
  pool.on('error', broken)
  // The pool listens only to idle connections; one that breaks while we wait for NATS would end the process.
  pool.on('connect', (client) => client.on('error', broken))
  const stream = connection.nats.jetstream()
  let stopping = false
  let mustReconcile = true
  // The stream, known by its identity, on its server, known by an id of each of its runs; empty while it is not known.
  let holder = ''
  // Rows wait that new ones must not overtake: at first those up to the newest when that was seen.
  let behind = true
  let behindUpTo: string | undefined
  const fallBehind = (): void => {
    behind = true
    behindUpTo = undefined
    wake()
  }
  let lastCleanup = 0
  let lastAlive = 0
  let alarm: (() => void) | undefined
  let woken = false
  const wake = (): void => {
    woken = true
    alarm?.()
  }
  // Set at the loss, not at the return: nothing may be published to a server before we know what it holds.
  const forgetDisconnect = connection.onDisconnect(() => {
    mustReconcile = true
    holder = ''
    fallBehind()
  })
  const forgetReconnect = connection.onReconnect(wake)
  const leaving = createLeaving({
    publish: async (row) => (await publish(row)).seq,
    note: (published) => markPublished(pool, published),
    isTrusted: (by) => by === holder && !mustReconcile,
    missed: fallBehind,
  })

  const loop = (async () => {
    while (!stopping) {
      woken = false
      let failed = false
      try {
        if (connection.connected) {
          if (mustReconcile) await reconcile()
          if (behind) behindUpTo ??= await newestRow(pool)
          while (!stopping && !mustReconcile && (await publishBatch()) === BATCH) await sayAlive()
          if (behind) behind = await isStillBehind()
          await sayAlive()
          await cleanUp()
        }
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'the relay could not publish; it tries again')
        if ((error as { code?: string }).code === NO_RESPONDERS) await connection.ensureStream().catch(() => {})
        woken = false
        failed = true
      }
      if (!woken && !stopping) await pause(behindUpTo !== undefined && !failed ? BEHIND_MS : pollMs)
    }
  })()

  async function isStillBehind(): Promise<boolean> {
    const upTo = behindUpTo
    // Unless we fell behind anew meanwhile.
    if (upTo === undefined || (await isWaiting(pool, upTo)) || behindUpTo !== upTo) return true
    behindUpTo = undefined
    return false
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
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
      const rows = await claimRows(client, BATCH, leaving.ids())
      const acks = await Promise.allSettled(rows.map(publish))
      const done = rows.flatMap((row, i): Published[] => {
        const ack = acks[i]
        if (ack?.status === 'fulfilled') return [{ id: row.id, holder, seq: ack.value.seq }]
        if (ack?.reason.code !== TOO_LARGE) return []
        log.error({ subject: row.subject, event: row.event_id }, 'an event is too large for NATS and is set aside')
        return [{ id: row.id, holder: SET_ASIDE, seq: 0 }]
      })
      if (done.length > 0) await markPublished(client, done)
      await client.query('commit')
      const failed = acks.find((ack) => ack.status === 'rejected' && ack.reason.code !== TOO_LARGE)
      if (failed?.status === 'rejected') throw failed.reason
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

  function publish(row: OutboxRow): Promise<PubAck> {
    return stream.publish(row.subject, cloudEventOf(row, source), {
      msgID: row.event_id,
      headers: cloudEventHeaders(),
      timeout: PUBLISH_LIMIT_MS,
    })
  }

  async function reconcile(): Promise<void> {
    mustReconcile = false // a disconnect from here on asks for it again
    try {
      await leaving.noted() // before it is doubted
      const manager = await connection.nats.jetstreamManager()
      const stream = identityOf(await manager.streams.info(STREAM))
      holder = `${stream} ${connection.nats.info?.server_id}`
      const rows = await unpublishDoubtful(pool, holder)
      if (rows > 0)
        log.info({ rows }, 'the NATS server runs anew: it gets the latest events again, in case it lost them')
    } catch (error) {
      mustReconcile = true
      throw error
    }
  }

  async function sayAlive(): Promise<void> {
    const at = Date.now()
    if (at - lastAlive < ALIVE_EVERY_MS * 0.9) return // timers are not exact
    if (mustReconcile || !(await isDrained(pool)) || !connection.connected) return
    lastAlive = at
    connection.nats.publish(aliveSubject(source.slice(1)), JSON.stringify({ at: new Date(at).toISOString() }))
  }

  async function cleanUp(): Promise<void> {
    if (Date.now() - lastCleanup < CLEAN_UP_EVERY_MS) return
    lastCleanup = Date.now()
    await deleteOld(pool, keepMs)
  }

  return {
    send(rows) {
      const isKnown = connection.connected && !mustReconcile && holder !== '' && !behind && !stopping
      if (!isKnown || !leaving.send(rows, holder)) wake()
    },
    wake,
    backlog: () => countWaiting(pool),
    async stop() {
      stopping = true
      forgetDisconnect()
      forgetReconnect()
      wake()
      await loop
      for (const until = Date.now() + PUBLISH_LIMIT_MS; leaving.ids().length > 0 && Date.now() < until; )
        await pause(10)
      await pool.end()
    },
  }
}
