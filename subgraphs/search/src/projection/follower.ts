import type { Logger } from '@commerce/service/log.ts'
import { changesFrom, factsFrom, type toldBy } from '../document/document.ts'
import type { SearchEngine } from '../engine/port.ts'

export type Told = NonNullable<ReturnType<typeof toldBy>>

/** An engine and what it has yet to take in. */
export interface Follower {
  engine: SearchEngine
  /** More waited than there is room for: the engine lacks changes and has to be loaded anew. */
  readonly overflowed: boolean
  /** A change, for the engine to take in after those before it. */
  push(subject: string, told: Told): void
  /** Until then what is pushed waits. */
  release(): void
  /** When all that was pushed until now is taken in; undefined when it is. */
  idle(): Promise<void> | undefined
}

const MAX_WAITING = 200_000 // entities
const AT_ONCE = 500 // between two batches others have their turn

/**
 * Feeds an engine what happens, coalesced: of each entity the newest. A change that an engine cannot take is logged and left out. `taken` hears of
 * each change that did not have to wait for `release`.
 */
export function createFollower(engine: SearchEngine, log: Logger, taken: (told: Told) => void): Follower {
  const waiting = new Map<string, Told>()
  const late = new WeakSet<Told>()
  let held = true
  let overflowed = false
  let running = false
  let done = 0 // entries that were taken in
  let inHand = 0
  const waiters: { at: number; resolve(): void }[] = []

  async function run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)) // what came with it goes with it
    while (waiting.size > 0) {
      const next: Told[] = []
      for (const [subject, told] of waiting) {
        waiting.delete(subject)
        if (next.push(told) === AT_ONCE) break
      }
      inHand = next.length
      await take(next)
      done += inHand
      inHand = 0
      while (waiters[0] && waiters[0].at <= done) waiters.shift()?.resolve()
      for (const told of next) if (!late.delete(told)) taken(told)
      if (waiting.size > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    running = false
  }

  function start(): void {
    if (running) return
    running = true
    void run()
  }

  async function take(events: readonly Told[]): Promise<void> {
    try {
      await engine.apply(changesFrom(factsFrom(events)))
    } catch (error) {
      const [only] = events
      if (events.length === 1) {
        const { type, data } = only as Told
        log.error({ err: error, type, version: data.version }, 'the index could not take a change')
        return
      }
      for (const event of events) await take([event])
    }
  }

  return {
    engine,
    get overflowed() {
      return overflowed
    },
    push(subject, told) {
      const known = waiting.get(subject)
      if (known && known.data.version >= told.data.version) return
      if (!known && waiting.size >= MAX_WAITING) {
        overflowed = true
        return
      }
      waiting.set(subject, told)
      if (held) late.add(told)
      else start()
    },
    release() {
      held = false
      if (waiting.size > 0) start()
    },
    idle() {
      const at = done + inHand + waiting.size // the oldest go first
      return at > done ? new Promise((resolve) => waiters.push({ at, resolve })) : undefined
    },
  }
}
