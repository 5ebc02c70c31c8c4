import { LRUCache } from 'lru-cache'

/** The versions that events have told of lately, by event subject. */
export interface Floors {
  see(subject: string, version: number): void
  /** `first`, and what was seen in the last seconds, newest first, as JSON for subgraphs; null when there is nothing. */
  header(first?: Readonly<Record<string, number>>): string | null
}

/** How far back a header looks, and how much it tells: Node refuses requests with more than 16 KB of headers. */
const recentMs = 5_000
const recentCount = 100
const maxCharacters = 8_000

/** Remembers floors for a minute, at most 10,000 of them; `now` is in milliseconds. */
export function createFloors(now: () => number): Floors {
  const seen = new LRUCache<string, { version: number; at: number }>({ max: 10_000, ttl: 60_000 })
  let last = 0
  let told: { text: string | null; at: number } | undefined

  return {
    see(subject, version) {
      if (version < 1) return // what never changed has no floor
      const known = seen.get(subject)
      if (known && known.version >= version) return
      seen.set(subject, { version, at: now() })
      last = now()
      told = undefined
    },
    header(first = {}) {
      const isOwn = Object.keys(first).length > 0
      const time = now()
      if (!isOwn && time - last > recentMs) return null
      // Nothing new was seen, so only age can change the text: a tenth of a second more is harmless.
      if (!isOwn && told && time - told.at < 100) return told.text
      const floors: Record<string, number> = {}
      let characters = 0
      const add = (subject: string, version: number): boolean => {
        if (version < 1) return true
        characters += subject.length + 20
        if (characters > maxCharacters) return false
        floors[subject] ??= version
        return true
      }
      for (const [subject, version] of Object.entries(first)) if (!add(subject, version)) break
      let count = 0
      for (const [subject, { version, at }] of seen.entries()) {
        if (time - at > recentMs || ++count > recentCount || !add(subject, version)) break
      }
      const text = Object.keys(floors).length === 0 ? null : JSON.stringify(floors)
      if (!isOwn) told = { text, at: time }
      return text
    },
  }
}
