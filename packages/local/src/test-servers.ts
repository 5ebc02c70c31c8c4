import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Any database of the PostgreSQL server of this run. */
    postgresUrl: string
    /** An empty folder of this run. */
    scratch: string
  }
}

/** Once per test run: one PostgreSQL server on a free port. Without it no test runs. */
export default async function setup(run: {
  provide(key: 'postgresUrl' | 'scratch', value: string): void
}): Promise<() => Promise<void>> {
  const scratch = mkdtempSync(join(tmpdir(), 'commerce-test-'))
  chmodSync(scratch, 0o711) // PostgreSQL runs as another user when we are root
  const postgres = await startPostgres({
    folder: join(scratch, 'postgres'),
    password: randomBytes(12).toString('hex'),
    durable: false,
  })
  run.provide('postgresUrl', postgres.url('postgres'))
  run.provide('scratch', scratch)
  return async () => {
    await postgres.stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}
