import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { applyMigrations, DATABASES, isDatabaseName, migrationsFolder, pendingChange } from '@commerce/prisma/engine.ts'
import { createDatabase, type LocalPostgres, startPostgres } from './postgres.ts'

const HELP = `Usage: npm run db -- <command>

  deploy               make and migrate your own databases (DATABASE_URL_CATALOG, ...); "npm start" does it by itself
  new <db> <name>      write the next migration of a database (${DATABASES.join(', ')}) from its schema.prisma
  check                fail when schema.prisma says something that the migrations do not do`

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' } } })
  const [command, ...rest] = positionals
  if (values.help || !command) {
    console.log(HELP)
    if (!values.help) process.exitCode = 2
  } else if (command === 'deploy') await deploy()
  else if (command === 'new') await withServer((server) => writeMigration(server, rest[0] ?? '', rest[1] ?? ''))
  else if (command === 'check') await withServer(check)
  else throw new Error(`There is no command "${command}".\n${HELP}`)
}

async function deploy(): Promise<void> {
  for (const name of DATABASES) {
    const variable = `DATABASE_URL_${name.toUpperCase()}`
    const url = process.env[variable]
    if (!url) throw new Error(`${variable} is not set: it names the database to migrate.`)
    await createDatabase(maintenance(url), new URL(url).pathname.slice(1))
    const applied = await applyMigrations(name, url)
    console.log(`${name}: ${applied.join(', ') || 'up to date'}`)
  }
}

/** The database that every PostgreSQL server has, from where others are made. */
function maintenance(url: string): string {
  const server = new URL(url)
  server.pathname = '/postgres'
  return server.href
}

async function writeMigration(server: LocalPostgres, database: string, title: string): Promise<void> {
  if (!isDatabaseName(database)) throw new Error(`Expected one of ${DATABASES.join(', ')}, got "${database}".`)
  if (!/^[a-z0-9_]+$/.test(title)) throw new Error(`Expected a name of a-z, 0-9 and _, got "${title}".`)
  const sql = await changeSince(server, database)
  if (!sql) {
    console.log(`${database}: schema.prisma says nothing new.`)
    return
  }
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(migrationsFolder(database), `${stamp}_${title}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'migration.sql'), `${sql}\n`)
  console.log(`Written: ${folder}/migration.sql. Read it, then run "npm run generate".`)
}

async function check(server: LocalPostgres): Promise<void> {
  for (const name of DATABASES) {
    const sql = await changeSince(server, name)
    if (!sql) continue
    console.error(
      `prisma/${name}: the migrations do not do what schema.prisma says. Missing:\n${sql}\nRun "npm run db -- new ${name} <name>".`,
    )
    process.exitCode = 1
  }
}

async function changeSince(server: LocalPostgres, name: (typeof DATABASES)[number]): Promise<string> {
  const scratch = `${name}_${randomBytes(4).toString('hex')}`
  await createDatabase(server.url('postgres'), scratch)
  await applyMigrations(name, server.url(scratch))
  return pendingChange(name, server.url(scratch))
}

/** Runs with a PostgreSQL of its own that is gone afterwards. */
async function withServer(work: (server: LocalPostgres) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'commerce-db-'))
  const server = await startPostgres({ folder, password: randomBytes(12).toString('hex'), durable: false })
  try {
    await work(server)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode ||= 1
}
