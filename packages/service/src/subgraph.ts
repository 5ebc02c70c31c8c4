import { type Coherence, createCoherence } from '@commerce/cache/coherence.ts'
import { type CommandHandler, serveCommands } from '@commerce/events/command.ts'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import { type ConsumerOptions, startConsumer } from '@commerce/events/consumer.ts'
import { type EventFeed, startFeed } from '@commerce/events/feed.ts'
import { createTransact, type SqlDatabase, type SqlTransaction, type Transact } from '@commerce/events/outbox.ts'
import { startRelay } from '@commerce/events/relay.ts'
import type { SeenEvents } from '@commerce/events/seen.ts'
import type { z } from 'zod'
import type { subgraphConfig } from './config.ts'
import type { Checks } from './health.ts'
import type { Running } from './lifecycle.ts'
import type { Logger } from './log.ts'
import { type Resolvers, type Routes, serveGraphQL } from './subgraph-server.ts'
import type { Viewer } from './viewer.ts'

/** What the parts of a subgraph are built from. */
export interface SubgraphParts<Db> {
  database: Db
  /** Runs one intention in one transaction, with its events. */
  transact: Transact<TransactionOf<Db>>
  coherence: Coherence
  connection: EventConnection
  /** The events that it follows; absent when it follows none. */
  feed: EventFeed | undefined
  log: Logger
}

/** A Prisma client, as far as every subgraph uses it. */
export interface Database {
  $queryRawUnsafe(sql: string): Promise<unknown>
  $disconnect(): Promise<void>
}

/** What a Prisma client is inside its interactive transactions. */
export type TransactionOf<Db> = Omit<Db, '$connect' | '$disconnect' | '$on' | '$extends' | '$use'> & SqlTransaction

/** What a subgraph adds to the common frame. */
export interface SubgraphDefinition<C> {
  resolvers: Resolvers
  /** The GraphQL context of one request. */
  context(viewer: Viewer | null): C
  consumers?: Omit<ConsumerOptions, 'connection'>[]
  commands?: CommandHandler[]
  /** Work that runs beside requests (timers, schedulers); stopped before the database is closed. */
  background?: { stop(): Promise<void> }[]
  checks?: Checks
  /**
   * For who answers from memory only: waits, bounded, for what the gateway of a request has seen, before it is answered. `floors` are changes
   * of which it has not heard the event, subject → version.
   */
  caughtUp?(seen: SeenEvents | null, floors: Readonly<Record<string, number>>): Promise<void>
  /** What this subgraph answers beside GraphQL and health, such as notifications of a provider. */
  routes?: Routes
}

export interface SubgraphOptions<Db extends Database, C> {
  name: string
  schemaFile: URL
  config: z.infer<typeof subgraphConfig>
  databaseUrl: string
  database: Db
  /** The events that this subgraph's reads depend on, and say so: `catalog.>`; none when it has no caches and its answers are not to be kept. */
  follows: readonly string[]
  log: Logger
  define(parts: SubgraphParts<Db>): SubgraphDefinition<C> | Promise<SubgraphDefinition<C>>
}

/** Starts a subgraph: database, events, caches, consumers, commands and its GraphQL endpoint; stops them in reverse order. */
export async function startSubgraph<Db extends Database, C extends object>(
  options: SubgraphOptions<Db, C>,
): Promise<Running> {
  const { name, config, databaseUrl, database, log } = options
  const stops: (() => Promise<unknown>)[] = [() => database.$disconnect()]
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) {
      // One part that cannot stop properly must not keep the others open.
      await end().catch((error: unknown) => log.warn({ err: error }, 'a part did not stop properly'))
    }
  }
  try {
    await database.$queryRawUnsafe('select 1')
    const connection = await connectEvents({ url: config.NATS_URL, name, log, replicas: config.NATS_REPLICAS })
    stops.push(() => connection.close())
    void connection.ended.then(() => {
      log.fatal('NATS refuses this process for good: it ends, to be started again')
      process.kill(process.pid, 'SIGTERM')
    })

    const relay = startRelay({ databaseUrl, connection, source: `/${name}`, log })
    stops.push(() => relay.stop())

    const coherence = createCoherence()
    // Who follows nothing caches nothing, and needs no feed.
    const feed = options.follows.length > 0 ? await startFeed(connection, options.follows) : undefined
    if (feed) {
      const unfollow = coherence.follow(feed)
      stops.push(() => feed.stop())
      stops.push(async () => unfollow())
    }

    const transact = createTransact(database as unknown as SqlDatabase<TransactionOf<Db>>, (rows) => {
      for (const { subject, version } of rows) coherence.raise(subject, version)
      relay.send(rows)
    })
    const definition = await options.define({ database, transact, coherence, connection, feed, log })
    for (const background of definition.background ?? []) stops.push(() => background.stop())
    for (const consumer of definition.consumers ?? []) {
      const running = await startConsumer({ connection, ...consumer })
      stops.push(() => running.stop())
    }
    if (definition.commands) {
      const served = await serveCommands(connection, name, definition.commands, log)
      stops.push(() => served.stop())
    }
    const http = await serveGraphQL({
      name,
      host: config.HOST,
      port: config.PORT,
      schemaFile: options.schemaFile,
      resolvers: definition.resolvers,
      // Who answers from memory of its own does not say what it read.
      tagged: options.follows.length > 0 && !definition.caughtUp,
      gatewaySecret: config.GATEWAY_SECRET,
      raiseFloors(floors) {
        for (const [subject, version] of Object.entries(floors)) coherence.raise(subject, version)
      },
      // Who caches nothing is never behind.
      notBehind: (seen, work) => (feed ? coherence.onceCaughtUp(() => feed.has(seen), work) : work()),
      caughtUp: definition.caughtUp,
      context: definition.context,
      checks: {
        database: async () => Array.isArray(await database.$queryRawUnsafe('select 1')) || 'no answer',
        events: () => {
          if (!feed) return connection.connected || 'NATS is disconnected.'
          return feed.current || 'The event feed is behind: nothing is served from caches until it has caught up.'
        },
        ...definition.checks,
      },
      routes: definition.routes,
      log,
    })
    stops.push(() => http.stop())
    return { url: http.url, stop }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}
