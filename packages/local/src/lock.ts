import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './failure.ts'

/** Takes a data folder for this process; the answer gives it back. Throws `SetupError` while another process has it. A dead owner's lock is taken over. */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock')
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
    const owner = Number(read(file))
    if (owner && owner !== process.pid && isStart(owner)) {
      throw new SetupError(
        `The graph already runs on ${folder} (process ${owner}): stop it with Ctrl-C there, or set DATA_DIR and PORT for a second one.`,
      )
    }
    rmSync(file, { force: true })
  }
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
