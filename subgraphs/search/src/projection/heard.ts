import type { SeenEvents } from '@commerce/events/seen.ts'
import { SUBJECTS } from '../document/document.ts'
import type { IndexFeed } from './live.ts'

/** What this process has heard of the events that it follows, for requests that have seen some of them. */
export interface Heard {
  /**
   * Waits until `end` for what somebody has seen: events by their place in the stream, changes by subject and version. DEAF: no events have come for so
   * long that there is no point in waiting.
   */
  wait(
    seen: SeenEvents | null,
    floors: Readonly<Record<string, number>>,
    end: number,
  ): Promise<'HEARD' | 'LATE' | 'DEAF'>
  stop(): void
}

const FOLLOWED = ['catalog.>', 'inventory.>']
const DEAF_MS = 3_000
const MAX_HEARD = 100_000

export function createHeard(feed: IndexFeed, now: () => number): Heard {
  const versions = new Map<string, number>()
  const waiters = new Set<() => void>()
  let lostAt: number | undefined = feed.current ? undefined : now()

  function hear(subject: string, version: number): void {
    if (version <= (versions.get(subject) ?? 0)) return
    versions.delete(subject)
    versions.set(subject, version)
    if (versions.size > MAX_HEARD) versions.delete(versions.keys().next().value as string)
  }

  const unsubscribe = feed.subscribe({
    event({ subject, data }) {
      hear(subject, (data as { version: number }).version)
      for (const check of waiters) check()
    },
    lost() {
      lostAt = now()
    },
    recovered() {
      lostAt = undefined
      for (const check of waiters) check()
    },
  })

  async function streamEnd(): Promise<SeenEvents | null> {
    try {
      const { stream, last } = await feed.lastEvents(FOLLOWED)
      return { stream, last: new Map([...last].map(([subject, seq]) => [subject.split('.', 1)[0] as string, seq])) }
    } catch {
      return null
    }
  }

  function within(ms: number, condition: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (is: boolean) => {
        clearTimeout(timer)
        waiters.delete(check)
        resolve(is)
      }
      const check = () => {
        if (condition()) end(true)
      }
      const timer = setTimeout(() => end(condition()), ms)
      waiters.add(check)
    })
  }

  return {
    async wait(seen, floors, end) {
      const told = Object.entries(floors).filter(([subject]) => toldTypes.some((type) => subject.startsWith(type)))
      if (lostAt !== undefined && now() - lostAt > DEAF_MS) return 'DEAF'
      // Who has seen another stream, or says that nothing kept may answer, is answered with all that the stream has now.
      const wanted = seen && seen.stream !== feed.seen?.stream ? await streamEnd() : seen
      const isThere = () =>
        (!wanted || feed.has(wanted)) && told.every(([subject, version]) => (versions.get(subject) ?? 0) >= version)
      return isThere() || (await within(Math.max(0, end - now()), isThere)) ? 'HEARD' : 'LATE'
    },
    stop: unsubscribe,
  }
}

const toldTypes = SUBJECTS.filter((subject) => !subject.startsWith('checkout.')).map((subject) => subject.slice(0, -1))
