import { type Cursor, writeCursor } from './cursor.ts'
import type { LastEvents } from './feed.ts'
import type { Reset } from './mailbox.ts'

/** What is known of the stream of events. */
export interface PlacesOptions {
  /** The last event that was heard, of whatever subject; null while some may be missing. */
  position(): Cursor | null
  lastEvents(subjects: readonly string[]): Promise<LastEvents>
}

/** Whoever waits for a client's place does not wait longer for the stream to say what it has. */
const patienceMs = 1_000

/** Where the clients of one live operation are in the stream of events, and what they miss who come from an earlier place. */
export class Places {
  readonly #options: PlacesOptions
  /** The first event of each key that no read has answered yet. */
  readonly #unread = new Map<string, number>()
  /** The last event of each key that was heard. */
  readonly #heard = new Map<string, number>()
  #asked: Promise<LastEvents | null> | undefined
  #isComplete = true

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /** An event of a key came; `isNews` when its state has to be read. */
  heard(key: string, seq: number, isNews: boolean): void {
    this.#heard.set(key, seq)
    if (isNews && !this.#unread.has(key)) this.#unread.set(key, seq)
  }

  /** The state of a key was read that all of its events told of. */
  read(key: string): void {
    this.#unread.delete(key)
  }

  /** Events may have been missed: until everything was read anew, nobody can say where a client is. */
  lose(): void {
    this.#isComplete = false
    this.#asked = undefined
    this.#heard.clear()
  }

  /** Everything was read anew. */
  complete(): void {
    this.#isComplete = true
  }

  /** Where a client is who has all that was read; undefined when that cannot be said. */
  cursor(): string | undefined {
    const position = this.#options.position()
    if (!position || !this.#isComplete) return undefined
    let { seq } = position
    for (const first of this.#unread.values()) seq = Math.min(seq, first - 1)
    return writeCursor({ ...position, seq })
  }

  /** What the stream has of these subjects, for clients that come from these places; null when it does not say so in time. */
  async lastEvents(subjects: readonly string[], cursors: readonly Cursor[]): Promise<LastEvents | null> {
    this.#asked ??= this.#ask(subjects)
    const known = await this.#asked
    const end = Math.max(known?.end ?? 0, this.#options.position()?.seq ?? 0)
    // Another gateway may have heard what this one has not yet.
    if (known && !cursors.some((cursor) => cursor.stream === known.stream && cursor.seq > end)) return known
    this.#asked = this.#ask(subjects)
    return this.#asked
  }

  /** Whether a key may have changed since a client was there; or, for all keys, why that cannot be said. */
  since(cursor: Cursor, last: LastEvents | null, keys: ReadonlyMap<string, string>): ReadonlySet<string> | Reset {
    const position = this.#options.position()
    if (!last || !position) {
      return { code: 'EVENTS_UNAVAILABLE', message: 'What changed meanwhile cannot be found out now.' }
    }
    if (cursor.stream !== last.stream || cursor.seq > Math.max(last.end, position.seq)) {
      return {
        code: 'CURSOR_OF_ANOTHER_STREAM',
        message: 'The events of that time are gone: their stream was made anew.',
      }
    }
    if (cursor.seq + 1 < last.first) {
      return { code: 'CURSOR_TOO_OLD', message: 'The events of that time are no longer kept.' }
    }
    const latest = (subject: string, key: string) => Math.max(last.last.get(subject) ?? 0, this.#heard.get(key) ?? 0)
    return new Set([...keys].flatMap(([subject, key]) => (latest(subject, key) > cursor.seq ? [key] : [])))
  }

  #ask(subjects: readonly string[]): Promise<LastEvents | null> {
    const late = new Promise<null>((resolve) => setTimeout(resolve, patienceMs, null).unref())
    const asked = Promise.race([this.#options.lastEvents(subjects).catch(() => null), late]).then((last) => {
      // Asked anew next time.
      if (!last && this.#asked === asked) this.#asked = undefined
      return last
    })
    return asked
  }
}
