import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { relative } from 'node:path'
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
  const root = git(folder, ['rev-parse', '--show-toplevel'])
  if (root === null) throw new Error(`${folder} is not in a git repository: --base needs one.`)
  const hash = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
  if (hash === null) {
    throw new Error(
      `--base ${ref} is no commit here: it needs a branch, a tag or a hash. In CI, fetch it first (fetch-depth: 0).`,
    )
  }
  const real = realpathSync(folder)
  return {
    hash: hash.trim(),
    read(path, shown) {
      // The folder's real path, as git has it; the file itself may be gone from disk.
      const inside = relative(root.trim(), path.startsWith(folder) ? real + path.slice(folder.length) : path)
      const text = git(folder, ['cat-file', 'blob', `${hash.trim()}:${inside}`])
      if (text === null) throw new Error(`${shown} is not in ${ref} (${hash.slice(0, 12)}).`)
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
