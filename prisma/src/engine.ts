import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import { CatalogReadingAdapter } from './catalog-adapter.ts'

/** The subgraphs that own a database; the only place where the prisma tools list them. */
export const DATABASES = ['catalog', 'inventory', 'search', 'checkout'] as const
export type DatabaseName = (typeof DATABASES)[number]

export function isDatabaseName(name: string): name is DatabaseName {
  return (DATABASES as readonly string[]).includes(name)
}

const root = join(import.meta.dirname, '..')
export const schemaFile = (name: DatabaseName): string => join(root, name, 'schema.prisma')
export const migrationsFolder = (name: DatabaseName): string => join(root, name, 'migrations')
const NO_FILTERS = { filters: { externalTables: [], externalEnums: [] } }

/**
 * Works with Prisma's own schema engine, as WebAssembly from npm: the same migrations, the same `_prisma_migrations` table as
 * `prisma migrate deploy`, without a binary that has to be downloaded. `url` is the database to work on.
 */
async function withEngine<T>(name: DatabaseName, url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const { SchemaEngine } = await loadEngine()
  const adapter = new CatalogReadingAdapter(url)
  try {
    const engine = await SchemaEngine.new(
      { datamodels: datamodel(name) },
      () => {},
      bindMigrationAwareSqlAdapterFactory(adapter),
    )
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  } finally {
    await adapter.pool.end()
  }
}

/** Applies the migrations that `url` does not have yet, in order; returns their names. */
export async function applyMigrations(name: DatabaseName, url: string): Promise<string[]> {
  await forgetInterrupted(url)
  return withEngine(name, url, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList: migrations(name), ...NO_FILTERS })
    return appliedMigrationNames
  })
}

// A migration runs as one command: one that was interrupted did nothing, and only its entry stands in the way.
async function forgetInterrupted(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(`delete from _prisma_migrations where finished_at is null and applied_steps_count = 0`)
  } catch (error) {
    if ((error as { code?: string }).code !== '42P01') throw error // the table comes with the first migration
  } finally {
    await client.end()
  }
}

/** The SQL that would turn what the database at `url` has into what schema.prisma says; empty when they match. */
export function pendingChange(name: DatabaseName, url: string): Promise<string> {
  const files = datamodel(name).map(([path, content]) => ({ path, content }))
  return withEngine(name, url, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: root },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      ...NO_FILTERS,
    })
    const sql = (stdout ?? '').trim()
    return sql === '-- This is an empty migration.' ? '' : sql
  })
}

function datamodel(name: DatabaseName): [string, string][] {
  return [[schemaFile(name), readFileSync(schemaFile(name), 'utf8')]]
}

function migrations(name: DatabaseName): MigrationList {
  const folder = migrationsFolder(name)
  const directories = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(folder, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: directories
      .map(({ name: path }) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: readFileSync(join(folder, path, 'migration.sql'), 'utf8') },
        },
      }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

let loading: Promise<typeof import('@prisma/schema-engine-wasm/schema_engine_bg')> | undefined

// The engine's own timeouts (10 s for its lock) would keep a process alive that has nothing left to do.
function withoutLingering(glue: object): object {
  return Object.fromEntries(
    Object.entries(glue).map(([name, value]) => [
      name,
      name.startsWith('__wbg_setTimeout')
        ? (work: () => void, ms: number) => setTimeout(work, ms >>> 0).unref()
        : value,
    ]),
  )
}

// Node has it, its type declarations do not.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

function loadEngine(): NonNullable<typeof loading> {
  loading ??= (async () => {
    const require = createRequire(import.meta.url)
    const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
    const bytes = readFileSync(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/js$/, 'wasm'))
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': withoutLingering(glue) })
    glue.__wbg_set_wasm(instance.exports)
    ;(instance.exports.__wbindgen_start as () => void)()
    return glue
  })()
  return loading
}
