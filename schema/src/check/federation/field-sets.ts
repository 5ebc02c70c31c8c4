import { type Hazard, hazard } from './hazard.ts'

/** What a subgraph is sent with a field, or sends along with it, changed: plans change, and old ones may send too little. */
export const fieldSetHazards: Hazard = (before, after) =>
  [...before.ownership.fields].flatMap(([coordinate, owners]) =>
    [...owners].flatMap(([subgraph, old]) => {
      const now = after.ownership.fields.get(coordinate)?.get(subgraph)
      if (!now) return []
      return (['requires', 'provides'] as const)
        .filter((set) => old[set] !== now[set])
        .map((set) => {
          const [from, to] = [old[set], now[set]]
          const message = `@${set} of ${coordinate} in ${subgraph} changed from ${shown(from)} to ${shown(to)}.`
          const kind = set === 'requires' ? 'REQUIRES_CHANGED' : 'PROVIDES_CHANGED'
          return hazard(after, { kind, criticality: 'dangerous', coordinate, subgraph, message, detail: [from, to] })
        })
    }),
  )

function shown(fields: string | null): string {
  return fields === null ? 'nothing' : `"${fields}"`
}
