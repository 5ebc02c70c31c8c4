import type { Completion } from '../engine/port.ts'
import type { Demand } from './demand.ts'

/** The most popular query first. */
export type Popular = readonly Pick<Demand, 'query'>[]

/** The most popular queries that begin with what was typed, in parts: what completes it is highlighted. */
export function completionsOf(popular: Popular, typed: string, limit: number): Completion[] {
  const prefix = typed.trimStart().toLowerCase().replace(/\s+/gu, ' ')
  if (prefix === '') return []
  const found: Completion[] = []
  for (const { query } of popular) {
    if (found.length === limit) break
    if (!query.startsWith(prefix) || query.length === prefix.length) continue
    const parts = [
      { text: prefix, highlighted: false },
      { text: query.slice(prefix.length), highlighted: true },
    ]
    found.push({ text: query, id: null, parts })
  }
  return found
}
