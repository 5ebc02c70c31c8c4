import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { formatSeen, parseSeen, type SeenEvents } from '@commerce/events/seen.ts'
import type { EventFeed } from '../subscribe/feed.ts'
import type { Caches } from './caches.ts'

/** The header in which a client gets what its mutation changed, and sends it with what it asks next, of whichever gateway. */
export const consistencyHeader = 'consistency-token'

/** What the bearer of a token has seen. */
export interface SeenByClient {
  /** Event subject → version: changes whose events the gateway that said so had not heard. */
  versions: Readonly<Record<string, number>>
  /** How far that gateway had followed the events; null when it followed none. */
  events: SeenEvents | null
}

/** Writes and reads consistency tokens. */
export interface ConsistencyTokens {
  write(seen: SeenByClient): string
  /** Null for a token that is not one of this graph's: it may say anything, so nothing that is kept may answer it. */
  read(token: string): SeenByClient | null
}

/** Characters of a token that is read; a longer one is none of ours. */
const longest = 6_000
/** Subjects in a token: beyond that it says that its bearer has seen everything. */
const mostSubjects = 50
/** No gateway knows what its bearer has seen: nothing that is kept may answer. */
const everything = 'all'

/**
 * Tokens that every gateway with this secret understands; without a secret only this process does. They are signed because a version
 * that does not exist would keep its key out of every cache.
 */
export function consistencyTokens(secret: string | null): ConsistencyTokens {
  const key = secret ?? randomBytes(32)
  const sign = (text: string) => createHmac('sha256', key).update('consistency ').update(text).digest().subarray(0, 16)
  return {
    write({ versions, events }) {
      if (Object.keys(versions).length > mostSubjects) return everything
      const told = [versions, ...(events ? [formatSeen(events)] : [])]
      const text = Buffer.from(JSON.stringify(told)).toString('base64url')
      return text.length > longest - 40 ? everything : `${text}.${sign(text).toString('base64url')}`
    },
    read(token) {
      if (token.length > longest) return null
      const [text = '', signature = ''] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const right = sign(text)
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null
      const [versions, events] = JSON.parse(Buffer.from(text, 'base64url').toString())
      return { versions, events: events === undefined ? null : parseSeen(events) }
    },
  }
}

/** What one request says of what its client has seen, and what its answer says of it. */
export interface Consistency {
  /** Takes over what the client has seen. */
  hear(token: string | string[] | undefined): Hearing
}

export interface Hearing {
  /** False when this gateway cannot know, or has not heard, what the client has seen: nothing that is kept may answer it. */
  isFresh: boolean
  /** The client's next token, when it has `changed` this. */
  tokenAfter(changed: ReadonlyMap<string, number>): string
}

export function openConsistency(
  secret: string | null,
  caches: Pick<Caches, 'learn' | 'unheard'>,
  feed: EventFeed | null,
): Consistency {
  const tokens = consistencyTokens(secret)

  function tokenFor(given: SeenByClient | null | undefined, changed: ReadonlyMap<string, number>): string {
    if (given === null) return everything // what it has seen before is not known any better now
    // What this gateway has heard of is behind the events that it names.
    const unheard = Object.entries(given?.versions ?? {}).filter(
      ([subject, version]) => !caches.unheard.isHeard(subject, version),
    )
    return tokens.write({
      versions: Object.fromEntries([...unheard, ...changed]),
      events: latest(given?.events ?? null, feed?.seen ?? null),
    })
  }

  return {
    hear(token) {
      if (token === undefined) return { isFresh: true, tokenAfter: (changed) => tokenFor(undefined, changed) }
      const given = typeof token === 'string' ? tokens.read(token) : null
      if (given) caches.learn(Object.entries(given.versions))
      const hasHeard = given !== null && (given.events === null || (feed?.has(given.events) ?? false))
      return { isFresh: hasHeard, tokenAfter: (changed) => tokenFor(given, changed) }
    },
  }
}

/** Of another stream than one's own nothing is left: whoever follows the new one has begun with empty caches. */
function latest(given: SeenEvents | null, own: SeenEvents | null): SeenEvents | null {
  if (!given || !own) return own ?? given
  if (given.stream !== own.stream) return own
  const last = new Map(own.last)
  for (const [source, seq] of given.last) last.set(source, Math.max(seq, last.get(source) ?? 0))
  return { stream: own.stream, last }
}
