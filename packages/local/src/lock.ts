import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './failure.ts'

/** Takes a data folder for this process; the answer gives it back. Throws `SetupError` while another process has it. A dead owner's lock is taken over. */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock')
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    // A link appears whole or not at all: nobody ever sees a lock without its owner in it.
    while (!link(mine, file)) {
      const owner = Number(read(file))
      if (owner && owner !== process.pid && isStart(owner)) {
        throw new SetupError(
          `The graph already runs on ${folder} (process ${owner}): stop it with Ctrl-C there, or set DATA_DIR and PORT for a second one.`,
        )
      }
      removeStale(file, owner)
    }
  } finally {
    rmSync(mine, { force: true })
  }
  return () => {
    if (Number(read(file)) === process.pid) rmSync(file, { force: true })
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false
    throw error
  }
}

// Two that find the same dead owner must not remove each other's new lock: it is moved aside and looked at again first.
function removeStale(file: string, owner: number): void {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return // another one was faster
  }
  if (Number(read(aside)) !== owner) link(aside, file)
  rmSync(aside, { force: true })
}

// A process id is used again some day: only one that runs this program counts.
function isStart(pid: number): boolean {
  const command = read(`/proc/${pid}/cmdline`)
  if (command !== undefined) return command.includes('start.ts')
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux'
  } catch {
    return false
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
