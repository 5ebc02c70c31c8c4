import { dirname, join } from 'node:path'
import { type LocalNats, startNats } from '@commerce/local/nats.ts'
import { createDatabase, startPostgres } from '@commerce/local/postgres.ts'
import { mintToken, projectRoot, readSecrets, STAFF_SCOPES } from '@commerce/local/secrets.ts'
import { applyMigrations } from '@commerce/prisma/engine.ts'
import { openBalancer } from './balancer.ts'
import { type ShopProcess, shopProcess } from './process.ts'
import { openWire, type Wire } from './wire.ts'

/** A process with its own connection to NATS. */
export interface Member extends ShopProcess {
  wire: Wire
}

/** Two gateways over two replicas of catalog and inventory each, all of them processes as they run in production. */
export interface Shop {
  gateways: readonly [Member, Member]
  replicas: readonly Member[]
  nats: {
    kill(): Promise<void>
    /** With the streams that it had, or none. */
    restart(how: { empty: boolean }): Promise<void>
  }
  /** From now on all is as late as this says. Databases can be late only in a shop that was opened so. */
  beLate(lateMs: Lateness): void
  gatewaySecret: string
  staffToken: string
}

export const SUBGRAPHS = ['catalog', 'inventory'] as const
export type SubgraphName = (typeof SUBGRAPHS)[number]

/** Database URLs. */
type Databases = Readonly<Record<SubgraphName, string>>

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
  /** Migrated, empty databases; without them it starts a PostgreSQL of its own. */
  databases?: Databases
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
  let lateMs = PUNCTUAL
  const file = (name: string) => join(folder, `${name}.log`)
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
  for (const name of SUBGRAPHS) {
    const replica = async (id: string) => {
      const url = options.databasesMayBeLate ? await lateDatabase(databases[name], id) : databases[name]
      return member(id, script, { [`DATABASE_URL_${name.toUpperCase()}`]: url })
    }
    const script = `subgraphs/${name}/src/main.ts`
    const both = await Promise.all([1, 2].map((n) => replica(`${name}-${n}`)))
    replicas.push(...both)
    const balancer = await openBalancer(
      both.map(({ url }) => Number(new URL(url).port)),
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
  const [first, second] = await Promise.all(
    [1, 2].map((n) => member(`gateway-${n}`, 'gateway/src/main.ts', environment)),
  )
  return {
    gateways: [first as Member, second as Member],
    replicas,
    nats: {
      kill: () => nats.kill(),
      async restart({ empty }) {
        nats = await startServer(empty ? `nats-${++runs}` : lastOf(nats.folder), nats.port)
      },
    },
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

  async function ownDatabases(): Promise<Databases> {
    const password = secrets.postgresPassword
    const logFile = file('postgres')
    const postgres = await startPostgres({ folder: join(folder, 'postgres'), password, durable: false, logFile })
    whenDone(() => postgres.stop())
    for (const name of SUBGRAPHS) {
      await createDatabase(postgres.url('postgres'), name)
      await applyMigrations(name, postgres.url(name))
    }
    return { catalog: postgres.url('catalog'), inventory: postgres.url('inventory') }
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
