// Above the usual length because the rules of one key's life belong side by side: join, read, send, lag, fail.
import { GraphQLError } from 'graphql'
import { resultOf } from '../execute/operation.ts'
import type { FeedEvent, LastEvents } from './feed.ts'
import type { Mailbox } from './mailbox.ts'
import { Places, type PlacesOptions } from './places.ts'
import { ReadTogether } from './read-together.ts'
import type { Payload, Snapshot } from './snapshot.ts'

/** What a live source needs of the world. */
export interface SourceOptions extends PlacesOptions {
  read(snapshot: Snapshot, keys: readonly string[]): ReturnType<Snapshot['read']>
  /** Waits; resolves early when the source is closed. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** A key whose subgraph never answers with the version that an event told of. */
  gaveUp(version: number): void
  /** Clients get what was changed at this time, in milliseconds since 1970. */
  told(changedAt: number): void
  closed(): void
}

interface KeyState {
  newest: Payload | undefined
  /** The newest version that an event told of. */
  wanted: number
  /** When the first change was made that no read has answered yet. */
  changedAt: number | undefined
  busy: boolean
}

/** Faults that pass by themselves; any other code says that this client will not get an answer. */
const temporary = new Set([
  'SUBGRAPH_UNAVAILABLE',
  'SUBGRAPH_TIMEOUT',
  'SUBGRAPH_MALFORMED',
  'SUBGRAPH_OVERLOADED',
  'POLICIES_UNAVAILABLE',
  'DOWNSTREAM_SERVICE_ERROR',
  'INTERNAL_SERVER_ERROR',
])
const firstWaitMs = 100
const longestWaitMs = 5_000
const gatherMs = 2
/** A replica that lags behind its own event gets this many chances before the next event. */
const staleReads = 6

/** A client is `joining` until a read begins, `reading` while it runs, and `joined` once it has the state. */
type ClientState = 'joining' | 'reading' | 'joined'

/**
 * One live operation, shared by all clients that ask the same: reads the state when a client joins, and again for each key
 * that an event tells of. Each client gets each key in rising versions, without a gap since it joined.
 */
export class LiveSource {
  readonly #options: SourceOptions
  readonly #ending = new AbortController()
  readonly #clients = new Map<Mailbox, ClientState>()
  readonly #told = new WeakSet<Mailbox>()
  readonly #places: Places
  readonly #together: ReadTogether<Payload[] | undefined>
  #keys = new Map<string, KeyState>()
  #snapshot: Snapshot
  #reading = false
  #readAgain = false
  #wantsCursors = false

  constructor(snapshot: Snapshot, options: SourceOptions) {
    this.#snapshot = snapshot
    this.#options = options
    this.#places = new Places(options)
    this.#together = new ReadTogether(
      (keys) => this.#read(keys),
      () => options.wait(gatherMs, this.#ending.signal),
    )
    this.#setKeys()
  }

  /** Clients that follow it. */
  get size(): number {
    return this.#clients.size
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  join(mailbox: Mailbox): void {
    this.#clients.set(mailbox, 'joining')
    this.#wantsCursors ||= mailbox.since !== undefined
    void this.#readAll()
  }

  leave(mailbox: Mailbox): void {
    this.#clients.delete(mailbox)
    if (this.#clients.size > 0 || this.#ending.signal.aborted) return
    this.#ending.abort()
    this.#options.closed()
  }

  /** Hears that `key` has a version; reads it when that is news. */
  changed(key: string, { data: { version }, seq, changedAt }: FeedEvent): void {
    const state = this.#keys.get(key)
    if (!state) return
    const isNews = version > Math.max(state.wanted, state.newest?.version ?? -1)
    this.#places.heard(key, seq, isNews)
    if (version <= state.wanted) return
    state.wanted = version
    if (isNews) state.changedAt ??= changedAt
    // Before the first read nobody has an older state: that read looks at `wanted` when it is done.
    if (this.#has('joined')) void this.#readKey(key, state)
  }

  /** Reads everything again, after events may have been missed; only what is newer is sent. */
  refresh(): void {
    this.#places.lose()
    this.#readAgain = true
    void this.#readAll()
  }

  /** Goes on with another plan of the same operation. */
  replace(snapshot: Snapshot): void {
    this.use(snapshot)
    this.#setKeys()
    this.refresh()
  }

  /** Reads with another plan from now on: what its viewer is shown of the same keys has changed. */
  use(snapshot: Snapshot): void {
    this.#snapshot = snapshot
  }

  /** Ends the operation for every client with an error. */
  fail(error: GraphQLError): void {
    for (const mailbox of this.#clients.keys()) mailbox.fail(error)
  }

  #setKeys(): void {
    const before = this.#keys
    const fresh = (): KeyState => ({ newest: undefined, wanted: -1, changedAt: undefined, busy: false })
    this.#keys = new Map(this.#snapshot.keys.map((key) => [key, before.get(key) ?? fresh()]))
  }

  #has(wanted: ClientState): boolean {
    for (const state of this.#clients.values()) if (state === wanted) return true
    return false
  }

  async #readAll(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    let wait = firstWaitMs
    while (!this.#ending.signal.aborted && (this.#readAgain || this.#has('joining'))) {
      this.#readAgain = false
      const joining = this.#move('joining', 'reading')
      const [payloads, last] = await Promise.all([this.#read([...this.#keys.keys()]), this.#lastEvents(joining)])
      if (payloads) {
        wait = firstWaitMs
        for (const payload of payloads) this.#settle(payload)
        // Another refresh may have been asked for meanwhile.
        if (!this.#readAgain) this.#places.complete()
        for (const mailbox of this.#move('reading', 'joined')) this.#welcome(mailbox, last)
        for (const [key, state] of this.#keys) void this.#readKey(key, state)
      } else {
        this.#move('reading', 'joining')
        this.#readAgain = true
        await this.#options.wait(wait, this.#ending.signal)
        wait = Math.min(wait * 2, longestWaitMs)
      }
    }
    this.#reading = false
  }

  async #lastEvents(joining: readonly Mailbox[]): Promise<LastEvents | null> {
    const cursors = joining.flatMap(({ since }) => since ?? [])
    return cursors.length === 0 ? null : this.#places.lastEvents([...this.#snapshot.subjects.keys()], cursors)
  }

  /** Gives a client the state, or, when it says where it was, what changed since. */
  #welcome(mailbox: Mailbox, last: LastEvents | null): void {
    const { since } = mailbox
    const changed = since && this.#places.since(since, last, this.#snapshot.subjects)
    const isAll = !changed || 'code' in changed
    if (changed && 'code' in changed) mailbox.reset(changed)
    const payloads = [...this.#keys].flatMap(([key, { newest }]) =>
      newest && (isAll || changed.has(key)) ? newest : [],
    )
    // Only who has the last of them has all.
    payloads.forEach((payload, index) => {
      mailbox.put(payload, index === payloads.length - 1 ? this.#places.cursor() : undefined)
    })
  }

  /** One read per key at a time: what comes meanwhile is one more read, of the newest version. */
  async #readKey(key: string, state: KeyState): Promise<void> {
    if (state.busy) return
    state.busy = true
    let wait = firstWaitMs
    let reads = 0
    while (!this.#ending.signal.aborted && state.wanted > (state.newest?.version ?? -1)) {
      const { wanted } = state
      const payloads = await this.#together.read(key)
      const payload = payloads?.find((one) => one.key === key)
      if (payload) this.#settle(payload)
      // What an event told of and the subgraph does not list is gone.
      if (payloads && !payload) {
        this.#places.read(key)
        break
      }
      if (payload && payload.version >= wanted) continue
      if (payload && ++reads >= staleReads) {
        this.#options.gaveUp(wanted)
        break
      }
      await this.#options.wait(wait, this.#ending.signal)
      wait = Math.min(wait * 2, longestWaitMs)
    }
    state.busy = false
  }

  /** Undefined when the subgraph cannot say now; clients hear of it once. An error that will stay ends the operation. */
  async #read(keys: readonly string[]): Promise<Payload[] | undefined> {
    let answer: Payload[] | { errors: readonly GraphQLError[] }
    try {
      answer = await this.#options.read(this.#snapshot, keys)
    } catch (error) {
      answer = {
        errors: [
          new GraphQLError('The subscription failed for a reason of our own.', {
            originalError: error as Error,
            extensions: { code: 'GATEWAY_FAILED' },
          }),
        ],
      }
    }
    if (!('errors' in answer)) return answer
    const [first] = answer.errors
    if (!temporary.has(String(first?.extensions.code))) this.fail(first ?? new GraphQLError('The subscription failed.'))
    else {
      for (const [mailbox, state] of this.#clients) {
        if (state === 'reading' && !this.#told.has(mailbox)) {
          this.#told.add(mailbox)
          mailbox.tell(resultOf('null', answer.errors))
        }
      }
    }
    return undefined
  }

  #settle(payload: Payload): void {
    const state = this.#keys.get(payload.key)
    const known = state?.newest?.version ?? -1
    if (!state || payload.version < known) return
    state.newest = payload
    if (payload.version >= state.wanted) {
      this.#places.read(payload.key)
      if (state.changedAt !== undefined) this.#options.told(state.changedAt)
      state.changedAt = undefined
    }
    if (payload.version === known) return
    const cursor = this.#wantsCursors ? this.#places.cursor() : undefined
    for (const [mailbox, client] of this.#clients) if (client === 'joined') mailbox.put(payload, cursor)
  }

  #move(from: ClientState, to: ClientState): Mailbox[] {
    const moved = [...this.#clients].flatMap(([mailbox, state]) => (state === from ? [mailbox] : []))
    for (const mailbox of moved) this.#clients.set(mailbox, to)
    return moved
  }
}
