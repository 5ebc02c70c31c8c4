import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { StartError } from '@commerce/service/config.ts'
import { composeIt } from './composed.ts'

/** A supergraph as it was released. */
export interface Release {
  sdl: string
  /** When all replicas begin to use it, in milliseconds since 1970; null is at once. */
  swapAt: number | null
}

/** Where supergraphs come from. */
export interface SupergraphSource {
  /** Names it in a sentence: "in schema/supergraph.graphql". */
  place: string
  /** The newest release; rejects with one sentence when there is none that can be read. */
  read(): Promise<Release>
  /** Calls back when `read` may give something new; answers how to stop that. */
  watch(changed: () => void): () => void
  close(): Promise<void>
}

/** A composed supergraph in a file that is looked at every `watchMs` milliseconds; 0 is never. */
export function fileSource(file: string, watchMs: number): SupergraphSource {
  return {
    place: `in ${file}`,
    async read() {
      try {
        return { sdl: await readFile(file, 'utf8'), swapAt: null }
      } catch (error) {
        throw new StartError(`The supergraph cannot be read: ${whyNot(file, error as Error)}`)
      }
    },
    watch(changed) {
      // A look at the file's time also sees renames and network folders, which notifications miss.
      if (watchMs > 0) watchFile(file, { interval: watchMs, persistent: false }, changed)
      return () => unwatchFile(file, changed)
    },
    async close() {},
  }
}

function whyNot(file: string, { message, code }: Error & { code?: string }): string {
  if (/^https?:/.test(file)) return `--supergraph takes a file or "nats", not an address, and got "${file}".`
  const what = code === 'ENOENT' ? `there is no file "${file}"` : code === 'EISDIR' ? `"${file}" is a folder` : message
  return `${what}. ${composeIt}, or say with --supergraph where it is.`
}
