import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SignJWT } from 'jose'
import { SetupError } from './failure.ts'
import { makeFolder, unusable } from './folder.ts'

/** The passwords and keys of one data folder: made once, readable by its owner only. */
export interface Secrets {
  postgresPassword: string
  natsPassword: string
  /** What gateway and subgraphs know each other by. */
  gatewaySecret: string
  /** The HS256 key of development tokens. */
  jwtSecret: string
}

/** The project's root folder. */
export const projectRoot = resolve(import.meta.dirname, '../../..')

/** Where the local servers keep their data: `DATA_DIR`, or `.data` in the project. */
export function dataFolder(environment: Record<string, string | undefined>): string {
  return resolve(environment.DATA_DIR || join(projectRoot, '.data'))
}

/** Reads the secrets of a data folder, or makes them. Throws `SetupError` when the folder cannot be used. */
export function readSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json')
  const known = read(file)
  if (known) return known
  const secret = (): string => randomBytes(24).toString('base64url')
  const secrets = {
    postgresPassword: secret(),
    natsPassword: secret(),
    gatewaySecret: secret(),
    jwtSecret: secret() + secret(),
  }
  const mine = `${file}.${process.pid}`
  makeFolder(folder)
  try {
    writeFileSync(mine, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
    linkSync(mine, file) // whole or not at all
    return secrets
  } catch (error) {
    // Another process made them in the same moment: those are the ones.
    const theirs = (error as { code?: string }).code === 'EEXIST' ? read(file) : undefined
    if (theirs) return theirs
    throw unusable(folder, error)
  } finally {
    rmSync(mine, { force: true })
  }
}

function read(file: string): Secrets | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unusable(dirname(file), error)
  }
  try {
    return JSON.parse(text) as Secrets
  } catch {
    throw new SetupError(`${file} is damaged: put it back from a copy, or remove its folder to begin anew.`)
  }
}

/** A signed token for `id` with these scopes, valid for `lifetime` (`"12h"`). */
export function mintToken(jwtSecret: string, id: string, scopes: readonly string[], lifetime: string): Promise<string> {
  return new SignJWT({ scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(jwtSecret))
}

/** Everything a member of staff may do. */
export const STAFF_SCOPES = [
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'search:read',
  'search:write',
  'checkout:read',
  'checkout:write',
]
