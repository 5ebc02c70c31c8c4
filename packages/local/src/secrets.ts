import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SignJWT } from 'jose'
import { SetupError } from './failure.ts'

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
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw unusable(folder, error)
  }
  const secret = (): string => randomBytes(24).toString('base64url')
  const secrets = {
    postgresPassword: secret(),
    natsPassword: secret(),
    gatewaySecret: secret(),
    jwtSecret: secret() + secret(),
  }
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw unusable(folder, error)
  }
  return secrets
}

function unusable(folder: string, error: unknown): SetupError {
  return new SetupError(
    `The data folder ${folder} cannot be used (${(error as Error).message}): make it writable, or set DATA_DIR to a folder that is.`,
  )
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
export const STAFF_SCOPES = ['catalog:write', 'inventory:read', 'inventory:write', 'checkout:read']
