import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalNats, startNats } from '@commerce/local/nats.ts'
import { CannotRun } from '../bench.ts'
import type { Stops } from '../stops.ts'

/** Makes a folder, and starts a NATS server on a core (null: wherever the system puts it) that keeps its data there; both go with the stops. */
export async function startNatsInFolder(core: number | null, stops: Stops): Promise<{ folder: string; url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const nats = await startPinnedNats(join(folder, 'nats'), core)
  stops.add(async () => {
    await nats.stop()
    await rm(folder, { recursive: true })
  })
  return { folder, url: nats.url }
}

async function startPinnedNats(folder: string, core: number | null): Promise<LocalNats> {
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
