import type { TaggedCache } from '@commerce/cache/tagged.ts'
import type { FetchPolicy } from './policy.ts'

/** An answer of a subgraph to one fetch, or for one entity, as it is kept. */
export interface Kept {
  /** JSON; `null` is an entity that does not exist. */
  text: string
  tags: readonly string[]
  isPublic: boolean
  /** When it was answered, and until when it may be served, in milliseconds of `performance.now()`. */
  at: number
  until: number
}

/** Where a part of an answer came from, for people who look. */
export interface Part {
  service: string
  /** Where its objects are; empty for the root. */
  path: string
  hits: number
  /** Waited for in a request of another run. */
  joined: number
  misses: number
}

/** What is asked for once for all who want it: keys of entities that a request is on its way for. */
interface Flight {
  generation: number
  found: Map<string, Kept>
  landed: Promise<void>
}

/** The answers of subgraphs that one gateway keeps. */
export interface AnswerCache {
  kept: TaggedCache<Kept>
  flights: Map<string, Flight>
  /** Entities and root fetches since the start, by what became of them. */
  counts: { hits: number; misses: number; joined: number; partial: number }
}

/** A cache of answers over a store that events keep right. */
export function answerCache(kept: TaggedCache<Kept>): AnswerCache {
  return { kept, flights: new Map(), counts: { hits: 0, misses: 0, joined: 0, partial: 0 } }
}

/** Keys that one request is on its way for; beyond that each run asks for itself. */
const maxFlights = 50_000

/** What one run takes from the cache and leaves in it, and what is known of its whole answer. */
export class CachedRun {
  /** Of everything that the answer was made from. */
  readonly tags = new Set<string>()
  /** Whether every part of the answer may be kept. */
  isKeepable = true
  isPublic = true
  /** The oldest part, and the first end of any. */
  at = performance.now()
  until = Number.POSITIVE_INFINITY
  readonly begun: number
  readonly parts: Part[] = []
  readonly #cache: AnswerCache
  readonly #viewer: string

  /** `viewer` is all that private answers depend on; empty for anonymous. */
  constructor(cache: AnswerCache, viewer: string) {
    this.#cache = cache
    this.#viewer = viewer
    this.begun = cache.kept.generation
  }

  /** The counts of one request of the plan. */
  part(service: string, path: string): Part {
    let part = this.parts.find((one) => one.service === service && one.path === path)
    if (!part) {
      part = { service, path, hits: 0, joined: 0, misses: 0 }
      this.parts.push(part)
    }
    return part
  }

  /** A request whose answers are not to be kept. */
  passBy(service: string, path: string): void {
    this.part(service, path)
    this.isKeepable = false
  }

  /** What all answers to one fetch have in common; its variables are JSON. */
  prefixOf(policy: FetchPolicy, variable: (name: string) => string | undefined): string {
    let text = `${policy.key}${policy.isPublic ? '' : this.#viewer}\n`
    for (const name of policy.variables) text += `${variable(name) ?? ''}\n`
    return text
  }

  /** What is kept under a key. */
  find(key: string): Kept | undefined {
    const kept = this.#cache.kept.get(key)
    if (!kept) return undefined
    this.#cache.counts.hits++
    this.take(kept)
    return kept
  }

  /** Whatever becomes part of the answer. */
  take(kept: Kept): void {
    for (const tag of kept.tags) this.tags.add(tag)
    if (!kept.isPublic) this.isPublic = false
    if (kept.tags.length === 0) this.isKeepable = false
    if (kept.at < this.at) this.at = kept.at
    if (kept.until < this.until) this.until = kept.until
  }

  /** The request of another run that is on its way for a key. What it brings may be too old for this one: see `landed`. */
  flightOf(key: string): Flight | undefined {
    if (!this.#cache.kept.serving) return undefined
    const flight = this.#cache.flights.get(key)
    if (flight) this.#cache.counts.joined++
    return flight
  }

  /** What the request of another run has brought, unless a change that this run must show may have come in between. */
  landed({ found, generation }: Flight, key: string): Kept | undefined {
    const brought = found.get(key)
    const { kept } = this.#cache
    if (!brought) return undefined
    const isSame = kept.generation === generation && kept.serving
    if (!isSame && (brought.tags.length === 0 || kept.isOvertaken(brought.tags, generation))) return undefined
    this.take(brought)
    return brought
  }

  /** Tells other runs that these keys are being asked for; `landed` must be called when they were, or not. */
  depart(keys: readonly string[]): Departure {
    const { flights, kept, counts } = this.#cache
    counts.misses += keys.length
    const { promise, resolve } = Promise.withResolvers<void>()
    const flight: Flight = { generation: kept.generation, found: new Map(), landed: promise }
    if (flights.size + keys.length <= maxFlights) for (const key of keys) flights.set(key, flight)
    return {
      keep: (policy, key, text, tags) => {
        if (text === undefined) {
          this.isKeepable = false
          return
        }
        const at = performance.now()
        const value: Kept = { text, tags, isPublic: policy.isPublic, at, until: at + policy.maxAgeMs }
        this.take(value)
        flight.found.set(key, value)
        if (tags.length === 0) return
        const bytes = text.length * 2
        kept.set(key, value, { tags, begun: flight.generation, bytes, ttlMs: policy.maxAgeMs })
      },
      landed() {
        for (const key of keys) if (flights.get(key) === flight) flights.delete(key)
        resolve()
      },
    }
  }

  /** Part of a batch came from the cache. */
  partial(): void {
    this.#cache.counts.partial++
  }
}

/** A request on its way, and what comes of it. */
export interface Departure {
  /** `text` is undefined when the answer cannot be kept. */
  keep(policy: FetchPolicy, key: string, text: string | undefined, tags: readonly string[]): void
  landed(): void
}
