import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalNats, startNats } from '@commerce/local/nats.ts'
import { CannotRun } from '../bench.ts'

/** Starts a NATS server on a core (null: wherever the system puts it); it ends with the bench. */
export async function startPinnedNats(folder: string, core: number | null): Promise<LocalNats> {
  const nats = await startNats({ folder, password: 'bench' })
  if (core === null) return nats
  const pid = readFileSync(join(folder, 'nats.pid'), 'utf8').trim()
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', String(core), pid])
  if (status !== 0) {
    await nats.stop()
    throw new CannotRun(`The NATS server could not be pinned to core ${core}.`)
  }
  return nats
}
