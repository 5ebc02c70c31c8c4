import { execFileSync } from 'node:child_process'
import { join, relative } from 'node:path'
import type { ReadText } from '../subgraphs.ts'

/** A commit of the repository that a folder is in. */
export interface Commit {
  /** The whole hash. */
  hash: string
  /** The text of a file, by its path on disk now, as it was in the commit. */
  read: ReadText
}

const LARGEST = 64 * 1024 * 1024 // bytes of one file

/** Finds the commit that `ref` names. Throws one sentence when there is none, or no repository. */
export function commitOf(ref: string, folder: string): Commit {
  const prefix = git(folder, ['rev-parse', '--show-prefix'])
  if (prefix === null) throw new Error(`${folder} is not in a git repository: --base needs one.`)
  const hash = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
  if (hash === null) {
    throw new Error(
      `--base ${ref} is no commit here: it needs a branch, a tag or a hash. In CI, fetch it first (fetch-depth: 0).`,
    )
  }
  return {
    hash: hash.trim(),
    read(path, shown) {
      const inside = join(prefix.trim(), relative(folder, path)).replaceAll('\\', '/')
      const text = git(folder, ['cat-file', 'blob', `${hash.trim()}:${inside}`])
      if (text === null) throw new Error(`${shown} is not there.`)
      return text
    },
  }
}

function git(cwd: string, args: string[]): string | null {
  try {
    return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: LARGEST, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT') throw new Error('git is not installed: the base is read from it.')
    return null
  }
}
