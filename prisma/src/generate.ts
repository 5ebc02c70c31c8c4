import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DATABASES, type DatabaseName, schemaFile } from './engine.ts'

// Generates the Prisma clients whose schema changed since they were generated; with --force all of them.

const require = createRequire(import.meta.url)
const force = process.argv.includes('--force')

// `generate` never runs the schema engine, but the CLI wants to download it unless this names an existing file.
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' }

for (const name of DATABASES) {
  const stamp = join(schemaFile(name), '../client/.generated-from')
  const fingerprint = fingerprintOf(name)
  if (!force && read(stamp) === fingerprint) continue
  const args = [require.resolve('prisma/build/index.js'), 'generate', '--no-hints', '--schema', schemaFile(name)]
  const run = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (run.status === 0) writeFileSync(stamp, fingerprint)
  else {
    console.error(`The Prisma client of ${name} could not be generated:\n${run.stdout}${run.stderr}`)
    process.exitCode = 1
  }
}

function fingerprintOf(name: DatabaseName): string {
  const { version } = require('prisma/package.json') as { version: string }
  return createHash('sha256')
    .update(version)
    .update(readFileSync(schemaFile(name)))
    .digest('hex')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
