import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** The header in which a client gets what its mutation changed, and sends it with what it asks next, of whichever gateway. */
export const consistencyHeader = 'consistency-token'

/** What the bearer of a token has seen: event subject → version. */
export type Seen = Readonly<Record<string, number>>

/** Writes and reads consistency tokens. */
export interface ConsistencyTokens {
  write(seen: Seen): string
  /** Null for a token that is not one of this graph's: it may say anything, so nothing that is kept may answer it. */
  read(token: string): Seen | null
}

/** Characters of a token that is read; a longer one is none of ours. */
const longest = 6_000
/** Subjects in a token: a mutation that changed more is followed by reads that pass the caches by. */
const mostSubjects = 50

/**
 * Tokens that every gateway with this secret understands; without a secret only this process does. They are signed because a version
 * that does not exist would keep its key out of every cache.
 */
export function consistencyTokens(secret: string | null): ConsistencyTokens {
  const key = secret ?? randomBytes(32)
  const sign = (text: string) => createHmac('sha256', key).update('consistency ').update(text).digest().subarray(0, 16)
  return {
    write(seen) {
      const entries = Object.entries(seen)
      if (entries.length > mostSubjects) return 'all'
      const text = Buffer.from(JSON.stringify(Object.fromEntries(entries))).toString('base64url')
      return text.length > longest - 40 ? 'all' : `${text}.${sign(text).toString('base64url')}`
    },
    read(token) {
      if (token.length > longest) return null
      const [text = '', signature = ''] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const right = sign(text)
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null
      return JSON.parse(Buffer.from(text, 'base64url').toString())
    },
  }
}
