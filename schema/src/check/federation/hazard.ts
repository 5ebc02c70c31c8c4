import { type Change, type Criticality, changeId } from '../change.ts'
import type { Graph } from '../graph.ts'
import { placeOf } from '../places.ts'
import type { Ownership } from './ownership.ts'

/** A graph and who resolves what in it. */
export interface Side {
  graph: Graph
  ownership: Ownership
}

/** Each hazard there is; `policy.rules` may name them. */
export const hazardKinds = [
  'KEY_REMOVED',
  'KEY_CHANGED',
  'KEY_NOT_RESOLVABLE',
  'FIELD_MOVED',
  'FIELD_MOVED_WITH_OVERRIDE',
  'FIELD_MOVED_PROGRESSIVELY',
  'FIELD_LEFT_SUBGRAPH',
  'OVERRIDE_LABEL_CHANGED',
  'SHAREABLE_DROPPED',
  'INACCESSIBLE_ADDED',
  'INACCESSIBLE_REMOVED',
  'TAG_ADDED',
  'TAG_REMOVED',
  'REQUIRES_CHANGED',
  'PROVIDES_CHANGED',
  'INPUT_LOST_BY_INTERSECTION',
  'DIRECTIVE_LOST_BY_INTERSECTION',
  'DIRECTIVE_OMITTED',
  'AUTH_LOOSENED',
  'AUTH_TIGHTENED',
  'CACHE_TAG_REMOVED',
  'CACHE_SHARED',
  'EVENT_SOURCE_REMOVED',
  'EVENT_SOURCE_CHANGED',
] as const
export type HazardKind = (typeof hazardKinds)[number]

/** Finds one kind of difference that clients cannot see and the running gateway or its caches can. */
export type Hazard = (before: Side, after: Side) => Change[]

/** A hazard of an element, with the place in the subgraph that it is about; `detail` tells two of one element apart. */
export function hazard(
  after: Side,
  found: {
    kind: HazardKind
    criticality: Criticality
    coordinate: string
    message: string
    subgraph?: string
    detail?: unknown
  },
): Change {
  const { kind, criticality, coordinate, message, subgraph, detail } = found
  const id = changeId('federation', kind, coordinate, subgraph === undefined ? detail : [subgraph, detail ?? null])
  const place = placeOf(after.graph.subgraphs, coordinate, subgraph)
  return { id, kind, criticality, in: 'federation', coordinate, message, place }
}
