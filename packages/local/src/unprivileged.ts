import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SetupError } from './failure.ts'

/** The user PostgreSQL runs as when we are root, because it refuses to run as root itself. */
export interface UnprivilegedUser {
  uid: number
  gid: number
}

/** `nobody` when this process is root, otherwise undefined: then servers run as ourselves. */
export function unprivilegedUser(): UnprivilegedUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid) {
    throw new SetupError(
      'PostgreSQL does not run as root and this machine has no user "nobody": start as an ordinary user instead.',
    )
  }
  return { uid: Number(uid), gid: Number(gid) }
}

/** Whether `user` may pass through every folder above `path`. */
export function isReachable(path: string, user: UnprivilegedUser): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder)
      const mask = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
      if ((mode & mask) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

const FALLBACK = '/var/tmp/commerce-supergraph'

/**
 * A folder outside the project that `nobody` can reach, for what belongs at `path`; root owns its parent. Another `secret` is
 * another folder, and what an earlier one left there is removed.
 */
export function reachableTwin(path: string, secret = ''): string {
  mkdirSync(FALLBACK, { recursive: true, mode: 0o755 })
  const { uid } = lstatSync(FALLBACK)
  if (uid !== process.getuid?.() || lstatSync(FALLBACK).isSymbolicLink()) {
    throw new SetupError(`${FALLBACK} belongs to another user: remove it, or start as an ordinary user.`)
  }
  const prefix = `${short(resolve(path))}-`
  const twin = `${prefix}${short(secret)}`
  for (const entry of readdirSync(FALLBACK)) {
    if (entry.startsWith(prefix) && entry !== twin) rmSync(join(FALLBACK, entry), { recursive: true, force: true })
  }
  return join(FALLBACK, twin)
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** A copy of a folder of programs that `nobody` can reach; made once per version. */
export function reachableCopy(path: string, version: string): string {
  const copy = reachableTwin(path, version)
  if (!existsSync(join(copy, '.complete'))) {
    cpSync(path, copy, { recursive: true, verbatimSymlinks: true })
    mkdirSync(join(copy, '.complete'), { recursive: true })
  }
  return copy
}
