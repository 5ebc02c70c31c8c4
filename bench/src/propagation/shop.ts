import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats } from '@commerce/local/nats.ts'
import { createDatabase, startPostgres } from '@commerce/local/postgres.ts'
import { mintToken, projectRoot, readSecrets, STAFF_SCOPES } from '@commerce/local/secrets.ts'
import { supervise } from '@commerce/local/supervise.ts'
import { applyMigrations } from '@commerce/prisma/engine.ts'
import pg from 'pg'
import { CannotRun, type Tools } from '../bench.ts'
import { stopList } from '../stops.ts'

/** A shop with two gateways over the same subgraphs, database and events. */
export interface Shop {
  /** Addresses of GraphQL. */
  gateways: readonly [string, string]
  staffToken: string
  /** The inventory's database, which remembers when each transaction was committed. */
  database: pg.Pool
  /** Files by the name of their process, to find it by. */
  scripts: Readonly<Record<string, string>>
}

const subgraphNames = ['catalog', 'inventory'] as const
const scripts = {
  gateways: join(projectRoot, 'gateway/src/main.ts'),
  inventory: join(projectRoot, 'subgraphs/inventory/src/main.ts'),
  catalog: join(projectRoot, 'subgraphs/catalog/src/main.ts'),
}

/** Starts PostgreSQL (as durable as in use) and NATS, migrates, starts the subgraphs catalog and inventory, and two gateways. Everything ends with the bench. */
export async function startShop({ whenDone, progress }: Tools): Promise<Shop> {
  // Stopped one after the other, the last first: a process must not outlive what it needs.
  const ends: (() => Promise<unknown>)[] = []
  const stops = stopList()
  whenDone(stops.stop)
  stops.add(async () => {
    for (const end of ends.reverse()) await end().catch(() => {})
  })
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  ends.push(() => rm(folder, { recursive: true }))
  const secrets = readSecrets(folder)

  progress('starting PostgreSQL and NATS')
  const options = { folder: join(folder, 'postgres'), password: secrets.postgresPassword, durable: true }
  // The setting is read when the server starts.
  const first = await startPostgres(options)
  await keepCommitTimes(first.url('postgres')).finally(first.stop)
  const postgres = await startPostgres(options)
  ends.push(postgres.stop)
  const nats = await startNats({ folder: join(folder, 'nats'), password: secrets.natsPassword })
  ends.push(nats.stop)

  const environment = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: '0',
    NATS_URL: nats.url,
    GATEWAY_SECRET: secrets.gatewaySecret,
  }
  const start = async (name: string, script: string, env: Record<string, string>): Promise<string> => {
    progress(`starting ${name}`)
    const { url, stop } = await supervise({
      name,
      script,
      env: { ...environment, ...env },
      logFile: join(folder, `${name}.log`),
      report: progress,
      givenUp: () => progress(`${name} does not stay up`),
    }).catch((error: Error) => {
      throw new CannotRun(error.message)
    })
    ends.push(stop)
    return `${url}/graphql`
  }
  const urls: Record<string, string> = {}
  for (const name of subgraphNames) {
    await createDatabase(postgres.url('postgres'), name)
    await applyMigrations(name, postgres.url(name))
    const upper = name.toUpperCase()
    urls[`SUBGRAPH_URL_${upper}`] = await start(name, scripts[name], { [`DATABASE_URL_${upper}`]: postgres.url(name) })
  }
  const gateway = { ...urls, JWT_SECRET: secrets.jwtSecret }
  const gateways = [
    await start('gateway-1', scripts.gateways, gateway),
    await start('gateway-2', scripts.gateways, gateway),
  ] as const
  const database = new pg.Pool({ connectionString: postgres.url('inventory'), max: 1 })
  database.on('error', () => {}) // the next query tells
  ends.push(() => database.end())
  return { gateways, staffToken: await mintToken(secrets.jwtSecret, 'staff', STAFF_SCOPES, '12h'), database, scripts }
}

async function keepCommitTimes(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('alter system set track_commit_timestamp = on')
  await client.end()
}
