import { LRUCache } from 'lru-cache'

/** Changes that are known from elsewhere than their events, which have not come yet: replicas of subgraphs may not know of them either. */
export interface Unheard {
  learn(subject: string, version: number): void
  /** The event of a version has come. */
  hear(subject: string, version: number): void
  /** Whether the event of a change has come, or nobody has said that there was one. */
  isHeard(subject: string, version: number): boolean
  /** What subgraphs are to be told, event subject → version as JSON; null when there is nothing, `tooMany` when a header cannot hold it. */
  floors(): string | null | typeof tooMany
}

export const tooMany = Symbol('more than a header holds')

/** More are there only while no events come, and then the oldest count as heard. */
const mostUnheard = 100_000
/** By then a replica has heard of it, or has noticed that it hears nothing (3 s), or that a source is stalled (3 s after its last word, at most 1 s after the change). */
const toldMs = 10_000
/** Node refuses requests with more than 16 KB of headers. */
const mostTold = 200
const mostCharacters = 8_000

/** Remembers changes until they are heard; `now` is in milliseconds. */
export function createUnheard(now: () => number): Unheard {
  const changes = new LRUCache<string, { version: number; at: number }>({
    maxSize: mostUnheard,
    sizeCalculation: () => 1, // unlike `max` it takes no memory in advance
  })
  let told: { floors: ReturnType<Unheard['floors']>; until: number } | undefined

  // Newest first: what is learnt again moves to the front.
  function write(): NonNullable<typeof told> {
    const time = now()
    const floors: Record<string, number> = {}
    let [count, characters, oldest] = [0, 0, time]
    for (const [subject, { version, at }] of changes.entries()) {
      if (time - at > toldMs) break
      characters += subject.length + 20
      if (++count > mostTold || characters > mostCharacters) return { floors: tooMany, until: oldest + toldMs }
      floors[subject] = version
      oldest = at
    }
    return { floors: count === 0 ? null : JSON.stringify(floors), until: oldest + toldMs }
  }

  return {
    learn(subject, version) {
      if (version <= (changes.peek(subject)?.version ?? 0)) return
      changes.set(subject, { version, at: now() })
      told = undefined
    },
    hear(subject, version) {
      const known = changes.peek(subject)
      if (!known || known.version > version) return
      changes.delete(subject)
      told = undefined
    },
    isHeard: (subject, version) => (changes.peek(subject)?.version ?? 0) < version,
    floors() {
      if (!told || now() > told.until) told = write()
      return told.floors
    },
  }
}
