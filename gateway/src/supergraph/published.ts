import { ConfigError, StartError } from '@commerce/service/config.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { Release, SupergraphSource } from './source.ts'

/** What a store holds: `null` when nothing was published, an error when it cannot be read. */
export type Stored = { sdl: string; swapAt: number } | Error | null

/** Somewhere that supergraphs are published for all gateways; the events' package implements it. */
export interface SupergraphStore {
  /** Tells what is there, as soon as that is known, and then each change; answers how to stop. */
  watch(changed: (stored: Stored) => void): () => void
  close(): Promise<void>
}

/** How a gateway hears of published supergraphs. */
export interface PublishedOptions {
  store: SupergraphStore
  /** Names the store in a sentence: `published on NATS as "shop"`. */
  place: string
  /** The start waits this long for a published supergraph, in milliseconds. */
  waitMs: number
  /** What to start with when there is none by then; null refuses to start. */
  fallback: SupergraphSource | null
  log: Logger
}

/** The graph's name in "nats" or "nats:<graph>"; null when that is a file's name. Throws when it could be neither. */
export function graphOnNats(place: string): string | null {
  if (/^nats:(?![\w-]+$)/.test(place)) {
    throw new ConfigError(
      `A graph on NATS is named by letters, digits, "-" and "_", and not as in "${place}". See --help.`,
    )
  }
  const match = /^nats(?::([\w-]+))?$/.exec(place)
  return match && (match[1] ?? 'current')
}

/** Published supergraphs; until the store has said something, the fallback's. */
export function publishedSource({ store, place, waitMs, fallback, log }: PublishedOptions): SupergraphSource {
  let stored: Stored = null
  let listener: (() => void) | undefined
  let first: (() => void) | undefined
  const heard = new Promise<void>((resolve) => {
    first = resolve
  })
  const stop = store.watch((newest) => {
    // A key that is deleted takes nothing away: the last supergraph stays.
    if (newest === null) return
    stored = newest
    first?.()
    listener?.()
  })
  let started = false

  return {
    place,
    async read(): Promise<Release> {
      if (!stored && !started) {
        let timer: NodeJS.Timeout | undefined
        await Promise.race([
          heard,
          new Promise((resolve) => {
            timer = setTimeout(resolve, waitMs)
          }),
        ])
        clearTimeout(timer)
      }
      const newest = stored as Stored
      if (newest && !(newest instanceof Error)) {
        // Whoever starts takes the newest at once: there is nothing older to serve meanwhile.
        const release = { sdl: newest.sdl, swapAt: started ? newest.swapAt : null }
        started = true
        return release
      }
      if (fallback && (!started || !newest)) {
        if (!started) log.warn(`${whyNot(newest, place, waitMs)} Starting with the supergraph ${fallback.place}.`)
        started = true
        return fallback.read()
      }
      throw new StartError(whyNot(newest, place, waitMs))
    },
    watch(changed) {
      listener = changed
      return () => {
        listener = undefined
      }
    },
    async close() {
      stop()
      await store.close()
      await fallback?.close()
    },
  }
}

function whyNot(stored: Error | null, place: string, waitMs: number): string {
  if (stored) return `${stored.message}.`
  return `No supergraph was found ${place} within ${waitMs} ms: publish one with "npm run gateway -- --publish <file>", or see NATS_URL.`
}
