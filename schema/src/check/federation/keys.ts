import type { Change } from '../change.ts'
import { type Hazard, hazard } from './hazard.ts'

/** While gateways roll out, those with the old supergraph still send representations with the old keys. */
export const keyHazards: Hazard = (before, after) => {
  const changes: Change[] = []
  for (const [coordinate, owners] of before.ownership.types) {
    const owningNow = after.ownership.types.get(coordinate)
    if (!owningNow) continue
    for (const [subgraph, { keys }] of owners) {
      const now = owningNow.get(subgraph)?.keys ?? new Map<string, boolean>()
      const lost = [...keys.keys()].filter((key) => !now.has(key))
      const gained = [...now.keys()].filter((key) => !keys.has(key))
      for (const [index, key] of lost.entries()) {
        const to = gained[index]
        const kind = to === undefined ? 'KEY_REMOVED' : 'KEY_CHANGED'
        const what = to === undefined ? 'was removed' : `changed to "${to}"`
        // A key that was not resolvable is never sent there; it only led from there to the others.
        const isSent = keys.get(key) === true
        const why = isSent
          ? 'gateways with the supergraph before still send it'
          : 'nothing leads from there by it any more'
        const message = `The key "${key}" of ${coordinate} ${what} in ${subgraph}: ${why}.`
        const criticality = isSent ? 'breaking' : 'dangerous'
        changes.push(hazard(after, { kind, criticality, coordinate, subgraph, message, detail: [key, to] }))
      }
      for (const [key, wasResolvable] of keys) {
        if (!wasResolvable || now.get(key) !== false) continue
        const message = `The key "${key}" of ${coordinate} is no longer resolvable in ${subgraph}; gateways with the supergraph before still ask there.`
        changes.push(
          hazard(after, {
            kind: 'KEY_NOT_RESOLVABLE',
            criticality: 'breaking',
            coordinate,
            subgraph,
            message,
            detail: key,
          }),
        )
      }
    }
  }
  return changes
}
