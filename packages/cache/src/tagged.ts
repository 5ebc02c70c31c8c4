import { LRUCache } from 'lru-cache'
import type { Coherence } from './coherence.ts'

/** What is kept with a value. */
export interface Keeping {
  /** Names of what it was made from: an event's subject, or its type for whatever depends on all events of it. */
  tags: readonly string[]
  /** `generation` as it was before the first of its parts was asked for. */
  begun: number
  /** Bytes that the value takes. */
  bytes: number
  /** The longest that it may be served, in milliseconds: a backstop, not what keeps it right. */
  ttlMs: number
}

/** Values under keys, dropped by the events whose tags they carry. */
export interface TaggedCache<V> {
  /** False while changes may be missed: nothing is served then, and nothing kept. Of a source that is stalled alone nothing is. */
  readonly serving: boolean
  /** Grows with every change that is heard. */
  readonly generation: number
  get(key: string): V | undefined
  /** Whether a change that was heard after `begun` may have made old what carries these tags, or changes may be missed. */
  isOvertaken(tags: readonly string[], begun: number): boolean
  /** Keeps a value, unless it may be older than a change that was heard, or is too large; tells whether it was kept. */
  set(key: string, value: V, keeping: Keeping): boolean
  size(): { entries: number; bytes: number }
  /** Since the start: values that were not kept because a change overtook them, that changes dropped, and that had to leave for others. */
  readonly counts: Readonly<{ refused: number; dropped: number; evicted: number }>
}

/** Changes that are remembered: one that was forgotten counts as if everything had changed when it was. */
const MAX_CHANGES = 200_000
/** What an entry takes beside its value, and for each of its tags. */
const ENTRY_BYTES = 300
const TAG_BYTES = 100

interface Entry<V> {
  value: V
  tags: readonly string[]
  until: number
}

/**
 * A cache of at most `maxBytes`, the least recently used leaving first. A change drops what carries its tags, and keeps out what was
 * asked for before it was heard: an answer under way may or may not show it. `now` is in milliseconds.
 */
export function createTaggedCache<V>(
  coherence: Coherence,
  maxBytes: number,
  now: () => number = () => performance.now(),
): TaggedCache<V> {
  const byTag = new Map<string, Set<string>>()
  const counts = { refused: 0, dropped: 0, evicted: 0 }
  let generation = 0
  let flushed = 0
  const changes = new LRUCache<string, number>({
    maxSize: MAX_CHANGES,
    sizeCalculation: () => 1, // unlike `max` it takes no memory in advance
    dispose(at, _tag, reason) {
      if (reason === 'evict') flushed = Math.max(flushed, at)
    },
  })
  const entries = new LRUCache<string, Entry<V>>({
    maxSize: maxBytes,
    dispose({ tags }, key, reason) {
      if (reason === 'evict') counts.evicted++
      for (const tag of tags) {
        const keys = byTag.get(tag)
        keys?.delete(key)
        if (keys?.size === 0) byTag.delete(tag)
      }
    },
  })

  const sourceChanges = new Map<string, number>()

  /** Whatever a source could have changed. */
  function changeSource(source: string): void {
    sourceChanges.set(source, ++generation)
    for (const [tag, keys] of byTag) {
      if (sourceOf(tag) !== source) continue
      counts.dropped += keys.size
      for (const key of keys) entries.delete(key)
    }
  }

  function isOvertaken(tags: readonly string[], begun: number): boolean {
    if (!coherence.hearing || flushed > begun) return true
    return tags.some((tag) => {
      const source = sourceOf(tag)
      if (!coherence.follows(source) || coherence.stalled.has(source)) return true
      if ((sourceChanges.get(source) ?? 0) > begun) return true
      return (changes.get(tag) ?? 0) > begun
    })
  }

  function change(tag: string): void {
    changes.set(tag, generation)
    for (const key of byTag.get(tag) ?? []) {
      counts.dropped++
      entries.delete(key)
    }
  }

  coherence.add({
    raise(subject) {
      generation++
      change(subject)
      change(typeOf(subject))
    },
    flush() {
      flushed = ++generation
      counts.dropped += entries.size
      entries.clear()
    },
    stalled: changeSource,
    flowing: changeSource,
  })

  return {
    get serving() {
      return coherence.hearing
    },
    get generation() {
      return generation
    },
    get(key) {
      if (!coherence.hearing) return undefined
      const entry = entries.get(key)
      if (entry === undefined || entry.until > now()) return entry?.value
      entries.delete(key)
      return undefined
    },
    isOvertaken,
    set(key, value, { tags, begun, bytes, ttlMs }) {
      if (isOvertaken(tags, begun)) {
        counts.refused++
        return false
      }
      const size = ENTRY_BYTES + key.length + bytes + tags.length * TAG_BYTES
      if (size > maxBytes) return false
      entries.set(key, { value, tags, until: now() + ttlMs }, { size })
      for (const tag of tags) {
        const keys = byTag.get(tag)
        if (keys) keys.add(key)
        else byTag.set(tag, new Set([key]))
      }
      return true
    },
    size: () => ({ entries: entries.size, bytes: entries.calculatedSize }),
    counts,
  }
}

/** The first token of a tag. */
function sourceOf(tag: string): string {
  const dot = tag.indexOf('.')
  return dot === -1 ? tag : tag.slice(0, dot)
}

/** An event's type is its subject without the key, which is one token. */
function typeOf(subject: string): string {
  return subject.slice(0, Math.max(0, subject.lastIndexOf('.')))
}
