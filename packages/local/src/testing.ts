import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { applyMigrations, type DatabaseName } from '@commerce/prisma/engine.ts'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type LocalNats, startNats } from './nats.ts'
import { createDatabase } from './postgres.ts'

const cleanups: (() => Promise<unknown>)[] = []

// Registered when a test file imports this module; what started last ends first.
afterAll(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}, 60_000)

/** Runs when the test file is done, after its own hooks; the last registered runs first. */
export function whenDone(clean: () => Promise<unknown>): void {
  cleanups.push(clean)
}

/** A database of this test file's own with all migrations of a subgraph; answers its URL. */
export async function testDatabase(name: DatabaseName): Promise<string> {
  const server = inject('postgresUrl')
  await ensureTemplate(server, name)
  const database = `test_${name}_${randomBytes(6).toString('hex')}`
  await createDatabase(server, database, `template_${name}`)
  return withDatabase(server, database)
}

// The first test file that needs it migrates the template; the others wait for that and clone it.
async function ensureTemplate(server: string, name: DatabaseName): Promise<void> {
  const client = new pg.Client(server)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    const template = `template_${name}`
    await createDatabase(server, template)
    await applyMigrations(name, withDatabase(server, template))
  } finally {
    await client.end()
  }
}

function withDatabase(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** A NATS server with JetStream of this test file's own. `kill` ends it as a power cut would; start it again with `restartNats`. */
export async function testNats(): Promise<LocalNats> {
  const folder = scratchFolder('nats')
  const nats = await startNats({ folder, password: 'test', port: undefined })
  cleanups.push(() => nats.stop())
  return nats
}

/** Starts a NATS server again on the port of one that was ended: with its streams, or `empty` as on a new disk. */
export async function restartNats(ended: LocalNats, { empty = false } = {}): Promise<LocalNats> {
  const nats = await startNats({
    folder: empty ? scratchFolder('nats') : ended.folder,
    password: 'test',
    port: ended.port,
  })
  cleanups.push(() => nats.stop())
  return nats
}

/** The path of an empty folder that goes away with the run. */
export function scratchFolder(name: string): string {
  return join(inject('scratch'), `${name}-${randomBytes(6).toString('hex')}`)
}

/** For the environment of processes that a test starts: what one of them has compiled the next need not, which halves its start. */
export const compileCache = { NODE_COMPILE_CACHE: join(inject('scratch'), 'compiled') }

type Truthy<T> = Exclude<NonNullable<T>, false | 0 | ''>

/** Asks again and again (every 20 ms) until `condition` answers something truthy; fails with `what` after `limitMs`. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = 10_000,
): Promise<Truthy<T>> {
  for (const end = Date.now() + limitMs; ; ) {
    const value = await condition()
    if (value) return value as Truthy<T>
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
