// Above the usual length because making, starting and ending a server is one story.
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { postgresHome } from './binaries.ts'
import { SetupError } from './failure.ts'
import { makeFolder, unusable } from './folder.ts'
import { type Leashed, leash } from './leash.ts'
import { freePort } from './ports.ts'
import { isReachable, reachableCopy, reachableTwin, type UnprivilegedUser, unprivilegedUser } from './unprivileged.ts'

export interface PostgresOptions {
  /** Where the cluster lives; made on the first start. As root it moves to /var/tmp when `nobody` cannot reach it. */
  folder: string
  password: string
  /**
   * What it keeps of what it said is committed: all of it, or, faster and for tests only, all of it unless the machine goes down
   * (`unless machine dies`), or all but the last moment when its processes are killed (false).
   */
  durable: true | 'unless machine dies' | false
  /** A port to come back on after a restart; otherwise a free one. */
  port?: number
  /** Where what the server prints is kept. */
  logFile?: string
}

export interface LocalPostgres {
  port: number
  /** Where the cluster really lives. */
  folder: string
  /** The connection URL of a database of this server. */
  url(database: string): string
  /** Resolves when the server ends by itself or is stopped. */
  exited: Promise<number | null>
  stop(): Promise<void>
  /** Ends the server and all that works in it at once, as a power cut would. */
  kill(): Promise<void>
}

const USER = 'commerce'
const START_LIMIT_MS = 60_000
const GONE_LIMIT_MS = 5_000

/** Starts the PostgreSQL that npm installed, on a free loopback port, with a password. Throws `SetupError` with the server's own words when it cannot. */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const user = unprivilegedUser()
  const { home, version } = postgresHome()
  const programs = user && !isReachable(join(home, 'bin', 'postgres'), user) ? reachableCopy(home, version) : home
  // The password is part of the twin's name: who removes the data folder, and with it the password, begins anew.
  const folder =
    user && !isReachable(options.folder, user) ? reachableTwin(options.folder, options.password) : options.folder
  const data = join(folder, 'cluster')

  makeFolder(options.folder)
  makeOwnFolder(folder, user)
  await stopLeftover(data)
  if (!existsSync(data)) await initialise(programs, folder, data, options, user)

  const port = options.port ?? (await freePort())
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    ...(options.durable === true ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...(options.durable === false ? { synchronous_commit: 'off' } : {}),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = leash(join(programs, 'bin', 'postgres'), ['-D', data, ...flags], {
    cwd: folder,
    stopSignal: 'INT',
    logFile: options.logFile,
    ...user,
  })
  await untilReady(server, data)
  const url = (database: string): string => `postgresql://${USER}:${options.password}@127.0.0.1:${port}/${database}`
  await checkPassword(url('postgres'), data).catch(async (error: unknown) => {
    await server.stop()
    throw error
  })
  return {
    port,
    folder,
    url,
    exited: server.exited,
    stop: () => server.stop(),
    async kill() {
      const killed = killAll(data)
      await server.exited
      await untilGone(killed)
    },
  }
}

/** Makes a database if it does not exist yet; from `template`, it starts as a copy of that one. `url` is any database of the server. */
export async function createDatabase(url: string, name: string, template?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (!rowCount) {
      const source = template ? ` template ${client.escapeIdentifier(template)}` : ''
      await client.query(`create database ${client.escapeIdentifier(name)}${source}`)
    }
  } finally {
    await client.end()
  }
}

async function checkPassword(url: string, data: string): Promise<void> {
  const client = new pg.Client(url)
  try {
    await client.connect()
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error
    throw new SetupError(
      `The PostgreSQL data in ${data} has another password than the data folder remembers: put secrets.json back, or remove ${data} to begin anew.`,
    )
  } finally {
    await client.end().catch(() => {})
  }
}

function makeOwnFolder(folder: string, owner: UnprivilegedUser | undefined): void {
  makeFolder(folder, 0o700)
  try {
    if (owner) chownSync(folder, owner.uid, owner.gid)
    else writeFileSync(join(folder, '.writable'), '')
  } catch (error) {
    throw unusable(folder, error)
  }
}

async function initialise(
  programs: string,
  folder: string,
  data: string,
  { password, durable }: PostgresOptions,
  user: UnprivilegedUser | undefined,
): Promise<void> {
  // Made beside and moved at the end, so that an interrupted first start leaves nothing that looks whole.
  const partial = `${data}.partial`
  rmSync(partial, { recursive: true, force: true })
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const flags = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  if (durable !== true) flags.push('--no-sync')
  const run = leash(
    join(programs, 'bin', 'initdb'),
    ['-D', partial, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...flags],
    { cwd: folder, stopSignal: 'TERM', ...user },
  )
  const code = await run.exited
  await run.stop()
  rmSync(passwordFile, { force: true })
  if (code !== 0) {
    throw new SetupError(`PostgreSQL could not make its data folder ${data}: ${run.output().trim().split('\n').at(-1)}`)
  }
  renameSync(partial, data)
}

async function untilReady(server: Leashed, data: string): Promise<void> {
  const lines = createInterface({ input: server.process.stderr as NodeJS.ReadableStream })
  const ready = new Promise<'ready'>((resolve) =>
    lines.on('line', (line) => line.includes('ready to accept connections') && resolve('ready')),
  )
  const timeout = new Promise<'timeout'>((resolve) => setTimeout(resolve, START_LIMIT_MS, 'timeout').unref())
  const outcome = await Promise.race([ready, server.exited, timeout])
  if (outcome !== 'ready') {
    await server.stop()
    const reason = server.output().match(/(?:FATAL|PANIC): .*/)?.[0] ?? server.output().trim().split('\n').at(-1)
    throw new SetupError(`PostgreSQL did not start on ${data}: ${reason ?? 'no output'}`)
  }
}

/** A server that still holds this folder (its starter was killed before the leash existed, or it is just ending) is stopped first. */
async function stopLeftover(data: string): Promise<void> {
  const pid = Number(readIfThere(join(data, 'postmaster.pid'))?.split('\n')[0])
  if (!pid || !readIfThere(`/proc/${pid}/cmdline`)?.includes(data)) return
  process.kill(pid, 'SIGINT')
  for (const end = Date.now() + 20_000; existsSync(`/proc/${pid}`); ) {
    if (Date.now() > end) throw new SetupError(`PostgreSQL (process ${pid}) still uses ${data}: stop it first.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Kills the server of a data folder with the processes it has started, and answers which: each would hold the folder for as long as it lives. */
function killAll(data: string): number[] {
  const pid = Number(readIfThere(join(data, 'postmaster.pid'))?.split('\n')[0])
  if (!pid || !readIfThere(`/proc/${pid}/cmdline`)?.includes(data)) return []
  process.kill(pid, 'SIGSTOP') // it starts no others meanwhile
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ').filter(Boolean) ?? []
  const all = [pid, ...children.map(Number)]
  for (const one of all) {
    try {
      process.kill(one, 'SIGKILL')
    } catch (error) {
      if ((error as { code?: string }).code !== 'ESRCH') throw error
    }
  }
  return all
}

/** Killed processes end a moment later. */
async function untilGone(pids: readonly number[]): Promise<void> {
  for (const end = Date.now() + GONE_LIMIT_MS; pids.some((pid) => existsSync(`/proc/${pid}`)); ) {
    if (Date.now() > end) return // the next server says what is in its way
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
