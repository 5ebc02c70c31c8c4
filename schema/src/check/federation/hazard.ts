import { type Change, type Criticality, changeId } from '../change.ts'
import type { Graph } from '../graph.ts'
import { placeOf } from '../places.ts'
import type { Ownership } from './ownership.ts'

/** A graph and who resolves what in it. */
export interface Side {
  graph: Graph
  ownership: Ownership
}

/** Finds one kind of difference that clients cannot see and the running gateway or its caches can. */
export type Hazard = (before: Side, after: Side) => Change[]

/** A hazard of an element, with the place in the subgraph that it is about; `detail` tells two of one element apart. */
export function hazard(
  after: Side,
  found: {
    kind: string
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
