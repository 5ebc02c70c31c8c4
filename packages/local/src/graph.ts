import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyMigrations, DATABASES, type DatabaseName } from '@commerce/prisma/engine.ts'
import { SetupError } from './failure.ts'
import { startNats } from './nats.ts'
import { portProblem } from './ports.ts'
import { createDatabase, type LocalPostgres, startPostgres } from './postgres.ts'
import { mintToken, projectRoot, readSecrets, type Secrets, STAFF_SCOPES } from './secrets.ts'
import { type Supervised, supervise } from './supervise.ts'

export interface GraphOptions {
  folder: string
  /** The gateway's port; 0 takes a free one. */
  port: number
  /** `DATABASE_URL_<NAME>` and `NATS_URL` name servers of one's own; everything else is passed on to the processes. */
  environment: Record<string, string | undefined>
  /** Told what happens, one line each. */
  report(line: string): void
  /** Told when a server or process that the graph needs is gone for good. */
  broken(reason: string): void
}

/** The whole graph, running. */
export interface Graph {
  /** The gateway's address, without a path. */
  url: string
  subgraphs: Record<DatabaseName, string>
  databases: Record<DatabaseName, string>
  natsUrl: string
  secrets: Secrets
  /** A token with every staff scope, valid for 12 hours; also in the file `staff-token` of the data folder. */
  staffToken: string
  stop(): Promise<void>
}

/** Starts servers, migrates databases, starts the four subgraphs and the gateway. What was started is stopped again when a later step fails. */
export async function startGraph(options: GraphOptions): Promise<Graph> {
  const { folder, port, environment, report } = options
  await checkPort(port, environment.HOST || '127.0.0.1')
  const secrets = readSecrets(folder)
  const logs = join(folder, 'logs')
  const stops: (() => Promise<void>)[] = []
  let stopping = false
  const stop = async (): Promise<void> => {
    stopping = true
    for (const end of stops.splice(0).reverse()) await end().catch((error: Error) => report(error.message))
  }
  const watch = (name: string, exited: Promise<unknown>): void => {
    void exited.then(() => stopping || options.broken(`${name} ended unexpectedly; see ${logs}`))
  }

  try {
    mkdirSync(logs, { recursive: true })
    const natsUrl = environment.NATS_URL || (await ownNats())
    const databases = await openDatabases()

    const start = async (name: string, script: string, env: Record<string, string>): Promise<Supervised> => {
      const supervised = await supervise({
        name,
        script: join(projectRoot, script),
        env: {
          ...environment,
          LOG_LEVEL: environment.LOG_LEVEL ?? 'info',
          NODE_COMPILE_CACHE: join(folder, 'compiled'), // a third of the start is compiling what did not change
          ...env,
        },
        logFile: join(logs, `${name}.log`),
        report,
        givenUp: () => options.broken(`${name} does not stay up`),
      })
      stops.push(() => supervised.stop())
      return supervised
    }
    // The provider that moves no money; a real shop names its own.
    const payment = { PAYMENT_PROVIDER: environment.PAYMENT_PROVIDER || 'local' }
    const common = { ...payment, NATS_URL: natsUrl, GATEWAY_SECRET: secrets.gatewaySecret, HOST: '127.0.0.1' }
    const addresses = await allOrFirstFailure(
      DATABASES.map(async (name) => {
        const env = { ...common, PORT: '0', [`DATABASE_URL_${name.toUpperCase()}`]: databases[name] }
        return [name, (await start(name, `subgraphs/${name}/src/main.ts`, env)).url] as const
      }),
    )
    const subgraphs = Object.fromEntries(addresses) as Record<DatabaseName, string>
    const subgraphUrls = addresses.map(([name, url]) => [`SUBGRAPH_URL_${name.toUpperCase()}`, `${url}/graphql`])
    const jwtSecret = environment.JWT_SECRET || secrets.jwtSecret
    const gateway = await start('gateway', 'gateway/src/main.ts', {
      ...common,
      ...Object.fromEntries(subgraphUrls),
      HOST: environment.HOST || '127.0.0.1',
      PORT: String(port),
      JWT_SECRET: jwtSecret,
    })

    const staffToken = await mintToken(jwtSecret, 'staff', STAFF_SCOPES, '12h')
    writeFileSync(join(folder, 'staff-token'), staffToken, { mode: 0o600 })
    return { url: gateway.url, subgraphs, databases, natsUrl, secrets, staffToken, stop }
  } catch (error) {
    await stop()
    throw error instanceof SetupError ? error : new SetupError((error as Error).message)
  }

  async function ownNats(): Promise<string> {
    const nats = await startNats({
      folder: join(folder, 'nats'),
      password: secrets.natsPassword,
      logFile: join(logs, 'nats.log'),
    })
    stops.push(() => nats.stop())
    watch('NATS', nats.exited)
    return nats.url
  }

  async function openDatabases(): Promise<Record<DatabaseName, string>> {
    let server: LocalPostgres | undefined
    const urls = {} as Record<DatabaseName, string>
    for (const name of DATABASES) {
      const own = environment[`DATABASE_URL_${name.toUpperCase()}`]
      if (!own && !server) {
        server = await startPostgres({
          folder: join(folder, 'postgres'),
          password: secrets.postgresPassword,
          durable: true,
          logFile: join(logs, 'postgres.log'),
        })
        stops.push(server.stop)
        watch('PostgreSQL', server.exited)
      }
      if (!own && server) await createDatabase(server.url('postgres'), name)
      urls[name] = own || (server as LocalPostgres).url(name)
      const applied = await applyMigrations(name, urls[name]).catch((error: Error) => {
        throw new SetupError(`The database of ${name} could not be migrated: ${error.message.split('\n')[0]}`)
      })
      if (applied.length > 0) report(`${name}: migrations ${applied.join(', ')}`)
    }
    return urls
  }
}

async function checkPort(port: number, host: string): Promise<void> {
  const problem = await portProblem(port, host)
  if (problem === null) return
  const another = `choose another: PORT=${port < 1024 ? 4000 : port + 100} npm start`
  if (problem === 'EADDRINUSE') throw new SetupError(`Port ${port} is in use: stop what listens there, or ${another}`)
  if (problem === 'EACCES') throw new SetupError(`Port ${port} is not allowed for this user: ${another}`)
  throw new SetupError(`Nothing can listen at ${host}:${port} (${problem}): set HOST to an address of this machine.`)
}

/** Waits for all, so that nothing is still starting when a failure is handled. */
async function allOrFirstFailure<T>(work: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw new SetupError((failed.reason as Error).message)
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
