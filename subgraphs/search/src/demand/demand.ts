import { isPlain } from '../discovery/text.ts'

/** How often something was searched for, over some days or on one. */
export interface Demand {
  query: string
  searches: number
  withoutResults: number
}

const MAX_QUERY = 100

/**
 * A query as it is counted: lower case, single spaces. Null when it is not: longer than 100 characters, or what people paste by mistake,
 * such as an e-mail address or a card number.
 */
export function countedQuery(query: string): string | null {
  const text = query.trim().toLowerCase().replace(/\s+/gu, ' ')
  if (text === '' || text.length > MAX_QUERY || !isPlain(text) || !/[\p{L}\p{N}]/u.test(text)) return null
  return /\S@\S/.test(text) || /(\d[ -]?){13,}/.test(text) ? null : text
}

/** The day of a moment, in UTC. */
export function dayOf(now: number): Date {
  const day = new Date(now)
  day.setUTCHours(0, 0, 0, 0)
  return day
}
