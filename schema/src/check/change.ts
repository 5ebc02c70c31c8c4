import { createHash } from 'node:crypto'
import type { Place } from './graph.ts'

/** What a change does to those who use what it is about. */
export type Criticality = 'breaking' | 'dangerous' | 'safe'

/** One difference between two graphs. */
export interface Change {
  /** The same in each run for the same difference; approvals name it. */
  id: string
  /** An API change kind of GraphQL Inspector, or a federation hazard. */
  kind: string
  criticality: Criticality
  /** `api`, `contract:<name>`, or `federation` for what no client can see. */
  in: string
  /** The schema coordinate, such as `Product.title`, `Query.product(id:)` or `@skip`. */
  coordinate: string
  message: string
  place: Place | null
}

/**
 * An id for people to read: where, what kind and which element; what else tells two changes of one element apart (the types of a field
 * before and after) is in a short digest.
 */
export function changeId(where: string, kind: string, coordinate: string, detail?: unknown): string {
  const id = `${where}/${kind}/${coordinate}`
  if (detail === undefined) return id
  return `${id}#${createHash('sha256').update(JSON.stringify(detail)).digest('hex').slice(0, 8)}`
}
