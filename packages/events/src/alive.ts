import { z } from 'zod'

/*
 * A relay that cannot publish is silent, and so is one that has nothing to publish. To tell them apart, each relay says over core NATS, twice a
 * second, that every event of its source that was committed more than a second ago has left.
 */

/** How often a relay says that its outbox is drained, in milliseconds. */
export const ALIVE_EVERY_MS = 500
/** How long a source may be silent before its events count as stalled, in milliseconds. */
export const STALLED_AFTER_MS = 3_000

/** What a relay says: when it looked. */
export const aliveShape = z.object({
  at: z.iso.datetime().describe('RFC 3339, UTC: when the outbox was found drained.'),
})

/** The subject on which the relay of a source (`catalog`, as its event subjects begin) says that its outbox is drained. */
export function aliveSubject(source: string): string {
  return `alive.${source}`
}

export interface AliveWatch {
  /** Sources that are silent, or were not heard yet. */
  readonly stalled: ReadonlySet<string>
  /** A source has just been heard. */
  heard(source: string): void
  stop(): void
}

/** Watches over sources, stalled until they are heard; tells when one is heard, and when it falls silent again. */
export function watchAlive(
  sources: readonly string[],
  tell: { stalled(source: string): void; flowing(source: string): void },
): AliveWatch {
  const timers = new Map<string, NodeJS.Timeout>()
  const stalled = new Set(sources)
  return {
    stalled,
    heard(source) {
      clearTimeout(timers.get(source))
      const silent = (): void => {
        stalled.add(source)
        tell.stalled(source)
      }
      timers.set(source, setTimeout(silent, STALLED_AFTER_MS))
      if (stalled.delete(source)) tell.flowing(source)
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
