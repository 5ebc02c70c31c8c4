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
  /** When all that was pushed is taken in; undefined when it is. */
  idle(): Promise<void> | undefined
}

const MAX_WAITING = 200_000 // entities
const AT_ONCE = 500 // between two batches others have their turn

/** Feeds an engine what happens, coalesced: of each entity the newest. A change that an engine cannot take is logged and left out. */
export function createFollower(engine: SearchEngine, log: Logger): Follower {
  const waiting = new Map<string, Told>()
  let held = true
  let overflowed = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)) // what came with it goes with it
    while (waiting.size > 0) {
      const taken = [...waiting.entries()].slice(0, AT_ONCE)
      for (const [subject] of taken) waiting.delete(subject)
      await take(taken.map(([, told]) => told))
      if (waiting.size > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    running = undefined
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
      if (!held) running ??= run()
    },
    release() {
      held = false
      if (waiting.size > 0) running ??= run()
    },
    idle: () => running,
  }
}
