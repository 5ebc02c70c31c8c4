import { dirname, join } from 'node:path'
import { applyMigrations, DATABASES, type DatabaseName } from '@commerce/prisma/engine.ts'
import { type LocalNats, startNats } from '../nats.ts'
import { createDatabase, type LocalPostgres, type PostgresOptions, startPostgres } from '../postgres.ts'
import { mintToken, projectRoot, readSecrets, STAFF_SCOPES } from '../secrets.ts'
import { openBalancer } from './balancer.ts'
import { type ShopProcess, shopProcess } from './process.ts'
import { openWire, type Wire } from './wire.ts'

/** A process with its own connection to NATS. */
export interface Member extends ShopProcess {
  wire: Wire
}

/** Gateways over replicas of subgraphs, all of them processes as they run in production. */
export interface Shop {
  gateways: readonly Member[]
  /** Named `<subgraph>-<n>`, from 1. */
  replicas: readonly Member[]
  nats: {
    kill(): Promise<void>
    /** With the streams that it had, or none. */
    restart(how: { empty: boolean }): Promise<void>
    /** Its address, without a wire in between. */
    url: string
  }
  /** The server it started; null when it was given databases. */
  postgres: { kill(): Promise<void>; restart(): Promise<void> } | null
  /** Database URLs, without a wire in between. */
  databases: Databases
  /** From now on all is as late as this says. Databases can be late only in a shop that was opened so. */
  beLate(lateMs: Lateness): void
  gatewaySecret: string
  staffToken: string
}

type Databases = Partial<Readonly<Record<DatabaseName, string>>>

/** How late what is sent arrives, in milliseconds: it makes races of the network frequent. */
export interface Lateness {
  /** The answers of subgraphs. */
  answers: number
  /** What a database answers, by the name of a process (`catalog-1`). */
  database: Readonly<Record<string, number>>
  /** What NATS sends, also by the name of a process (`gateway-2`). */
  events: Readonly<Record<string, number>>
}

export const PUNCTUAL: Lateness = { answers: 0, database: {}, events: {} }

/** The network and the processes, as a check wants them. */
export interface ShopOptions {
  /** A folder of its own for data and logs. */
  folder: string
  gateways: number
  /** Which subgraphs there are, how many processes of each, and their settings. */
  subgraphs: Partial<Readonly<Record<DatabaseName, { replicas: number; settings?: Readonly<Record<string, string>> }>>>
  /** Migrated, empty databases; without them it starts a PostgreSQL of its own. */
  databases?: Databases
  /** What that PostgreSQL keeps of what it said is committed when it is killed. */
  durable: PostgresOptions['durable']
  /** Whether databases will ever answer late: what they say makes a detour then, which costs time. */
  databasesMayBeLate: boolean
  /** Options of Node, by the first word of a process's name (`gateway`). */
  nodeOptions: Readonly<Record<string, readonly string[]>>
  /** Is told how to stop what was started; what started last ends first. */
  whenDone(stop: () => Promise<unknown>): void
}

// A replica that hangs costs its askers this long, and is passed by from then on.
const SUBGRAPH_TIMEOUT_MS = 1_500

/** Starts the shop, empty. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { folder, whenDone } = options
  const secrets = readSecrets(folder)
  const names = DATABASES.filter((name) => options.subgraphs[name])
  let lateMs = PUNCTUAL
  const file = (name: string) => join(folder, `${name}.log`)
  let postgres: LocalPostgres | undefined
  const databases = options.databases ?? (await ownDatabases())
  let runs = 0
  const startServer = (name: string, port?: number) =>
    startNats({ folder: join(folder, name), password: secrets.natsPassword, port, logFile: file('nats') })
  let nats: LocalNats = await startServer('nats')
  whenDone(() => nats.stop())

  async function member(name: string, script: string, environment: Record<string, string>): Promise<Member> {
    const wire = await openWire(nats.port, () => lateMs.events[name] ?? 0)
    whenDone(() => wire.close())
    const own = {
      HOST: '127.0.0.1',
      NATS_URL: withPort(nats.url, wire.port),
      GATEWAY_SECRET: secrets.gatewaySecret,
      LOG_LEVEL: 'warn',
      APOLLO_TELEMETRY_DISABLED: '1',
      NODE_COMPILE_CACHE: join(dirname(folder), 'compiled'), // another shop beside this one starts faster
      ...environment,
    }
    const args = [...(options.nodeOptions[name.split('-')[0] ?? ''] ?? []), join(projectRoot, script)]
    const process = shopProcess(name, args, own, file(name))
    whenDone(() => process.stop())
    await process.start()
    return Object.assign(process, { wire })
  }

  const replicas: Member[] = []
  const addresses: Record<string, string> = {}
  for (const name of names) {
    const { replicas: many = 1, settings = {} } = options.subgraphs[name] ?? {}
    const databaseUrl = databases[name]
    if (!databaseUrl) throw new Error(`There is no database for ${name}.`)
    const replica = async (id: string) => {
      const url = options.databasesMayBeLate ? await lateDatabase(databaseUrl, id) : databaseUrl
      return member(id, script, { ...settings, [`DATABASE_URL_${name.toUpperCase()}`]: url })
    }
    const script = `subgraphs/${name}/src/main.ts`
    const all = await Promise.all(Array.from({ length: many }, (_, i) => replica(`${name}-${i + 1}`)))
    replicas.push(...all)
    const balancer = await openBalancer(
      all.map(({ url }) => Number(new URL(url).port)),
      () => lateMs.answers,
    )
    whenDone(() => balancer.close())
    addresses[`SUBGRAPH_URL_${name.toUpperCase()}`] = `http://127.0.0.1:${balancer.port}/graphql`
  }
  const environment = {
    ...addresses,
    JWT_SECRET: secrets.jwtSecret,
    SUBGRAPH_TIMEOUT_MS: String(SUBGRAPH_TIMEOUT_MS),
  }
  const gateways = await Promise.all(
    Array.from({ length: options.gateways }, (_, i) => member(`gateway-${i + 1}`, 'gateway/src/main.ts', environment)),
  )
  return {
    gateways,
    replicas,
    databases,
    nats: {
      kill: () => nats.kill(),
      async restart({ empty }) {
        nats = await startServer(empty ? `nats-${++runs}` : lastOf(nats.folder), nats.port)
      },
      url: nats.url,
    },
    postgres: postgres
      ? {
          kill: async () => postgres?.kill(),
          async restart() {
            postgres = await startDatabases(postgres?.port)
          },
        }
      : null,
    beLate(now) {
      lateMs = now
    },
    gatewaySecret: secrets.gatewaySecret,
    staffToken: await mintToken(secrets.jwtSecret, 'staff', STAFF_SCOPES, '24h'),
  }

  async function lateDatabase(url: string, member: string): Promise<string> {
    const wire = await openWire(Number(new URL(url).port), () => lateMs.database[member] ?? 0)
    whenDone(() => wire.close())
    return withPort(url, wire.port)
  }

  function startDatabases(port?: number): Promise<LocalPostgres> {
    const password = secrets.postgresPassword
    const { durable } = options
    return startPostgres({ folder: join(folder, 'postgres'), password, durable, logFile: file('postgres'), port })
  }

  async function ownDatabases(): Promise<Databases> {
    const server = await startDatabases()
    postgres = server
    whenDone(async () => postgres?.stop())
    for (const name of names) {
      await createDatabase(server.url('postgres'), name)
      await applyMigrations(name, server.url(name))
    }
    return Object.fromEntries(names.map((name) => [name, server.url(name)]))
  }
}

function withPort(url: string, port: number): string {
  const other = new URL(url)
  other.port = String(port)
  return other.href
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
