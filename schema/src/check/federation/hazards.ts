import type { Change } from '../change.ts'
import type { Graph } from '../graph.ts'
import { accessHazards } from './access.ts'
import { fieldSetHazards } from './field-sets.ts'
import { freshnessHazards } from './freshness.ts'
import { intersectionHazards } from './intersection.ts'
import { keyHazards } from './keys.ts'
import { moveHazards } from './moves.ts'
import { ownershipOf } from './ownership.ts'
import { shareableHazards } from './shareable.ts'
import { visibilityHazards } from './visibility.ts'

const all = [
  keyHazards,
  moveHazards,
  shareableHazards,
  visibilityHazards,
  fieldSetHazards,
  intersectionHazards,
  accessHazards,
  freshnessHazards,
]

/** What changes between two graphs that their API schemas do not tell: by `join__` directives and what each subgraph says. */
export function federationHazards(before: Graph, after: Graph): Change[] {
  const old = { graph: before, ownership: ownershipOf(before.document) }
  const now = { graph: after, ownership: ownershipOf(after.document) }
  return all.flatMap((hazards) => hazards(old, now))
}
