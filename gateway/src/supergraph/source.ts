import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'

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
        throw new Error(
          `The supergraph cannot be read: ${(error as Error).message}. Compose it first, or say where it is.`,
        )
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
