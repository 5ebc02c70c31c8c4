import { declaredBy, isMarked } from './declared.ts'
import { type Hazard, hazard } from './hazard.ts'

/** Fields that a subgraph no longer shares: the next subgraph that resolves them does not compose. */
export const shareableHazards: Hazard = (before, after) =>
  after.graph.subgraphs.flatMap((subgraph) => {
    const old = before.graph.subgraphs.find(({ name }) => name === subgraph.name)
    if (!old) return []
    const [was, now] = [declaredBy(old), declaredBy(subgraph)]
    return [...now.values()].flatMap(({ coordinate, kind }) => {
      const isDropped = isMarked(was, coordinate, 'shareable') && !isMarked(now, coordinate, 'shareable')
      if (kind !== 'FieldDefinition' || !was.has(coordinate) || !isDropped) return []
      const message = `${coordinate} is no longer @shareable in ${subgraph.name}: no other subgraph can resolve it.`
      const found = { kind: 'SHAREABLE_DROPPED', criticality: 'dangerous', coordinate, message } as const
      return [hazard(after, { ...found, subgraph: subgraph.name })]
    })
  })
