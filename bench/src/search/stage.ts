import { join } from 'node:path'
import type { CatalogName } from '../../../relevance/src/catalogs.ts'
import { CannotRun, type Tools } from '../bench.ts'
import { type Helper, startHelper } from '../processes/helper.ts'
import { cores } from '../processes/pin.ts'
import { memoryMb } from '../processes/usage.ts'
import type { Asked } from './asked.ts'
import type { Ask, Opened, Timed } from './messages.ts'

/** One contestant with one catalog in it, in a process of its own. */
export interface Held {
  name: string
  opened: Opened
  /** Resident memory of its process after the index was built, and at most, in MiB. */
  rssMb: number
  rssMaxMb: number
  /** Times each query once. */
  time(what: keyof Asked, queries: readonly string[], updatesPerSecond: number): Promise<Timed>
  close(): Promise<void>
}

/** What there is to open. */
export interface Opening {
  contestant: string
  catalog: CatalogName
  products: number
  asked: Asked
}

const HEAP_MB = 6_144

/** Starts a contestant's process, builds its index, and compares its answers with what is known of them. */
export async function hold({ contestant, catalog, products, asked }: Opening, { whenDone }: Tools): Promise<Held> {
  const helper: Helper<Ask, Opened | Timed> = startHelper(
    join(import.meta.dirname, 'holder.ts'),
    [],
    cores().contestant,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', `--max-old-space-size=${HEAP_MB}`],
  )
  whenDone(helper.stop)
  const ask = async <T extends Opened | Timed>(message: Ask): Promise<T> =>
    (await helper.ask(message).catch((error: Error) => {
      throw new CannotRun(`${contestant}: ${error.message}`)
    })) as T
  const opened = await ask<Opened>({ kind: 'open', contestant, catalog, products, compare: asked.results })
  const { now: rssMb, most: rssMaxMb } = memoryMb(helper.pid)
  return {
    name: contestant,
    opened,
    rssMb,
    rssMaxMb,
    time: (what, queries, updatesPerSecond) => ask<Timed>({ kind: 'time', what, queries, updatesPerSecond }),
    close: helper.stop,
  }
}
