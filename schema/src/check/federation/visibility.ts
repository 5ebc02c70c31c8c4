import type { Change } from '../change.ts'
import { type Hazard, hazard } from './hazard.ts'
import type { Applied } from './ownership.ts'

/** Elements that are hidden from every client, or that go into or out of contracts. */
export const visibilityHazards: Hazard = (before, after) => {
  const changes: Change[] = []
  for (const [coordinate, applied] of after.ownership.applied) {
    const old = before.ownership.applied.get(coordinate)
    if (!old) continue
    if (hides(applied) && !hides(old)) {
      const message = `${coordinate} is @inaccessible now: no client sees it any more.`
      changes.push(hazard(after, { kind: 'INACCESSIBLE_ADDED', criticality: 'breaking', coordinate, message }))
    }
    if (!hides(applied) && hides(old)) {
      const message = `${coordinate} is no longer @inaccessible: every client sees it.`
      changes.push(hazard(after, { kind: 'INACCESSIBLE_REMOVED', criticality: 'dangerous', coordinate, message }))
    }
    const [tags, oldTags] = [tagsOf(applied), tagsOf(old)]
    for (const tag of tags.filter((one) => !oldTags.includes(one))) {
      const message = `${coordinate} has the tag "${tag}" now: it may come into a contract or leave one.`
      changes.push(hazard(after, { kind: 'TAG_ADDED', criticality: 'dangerous', coordinate, message, detail: tag }))
    }
    for (const tag of oldTags.filter((one) => !tags.includes(one))) {
      const message = `${coordinate} no longer has the tag "${tag}": it may leave a contract or come into one.`
      changes.push(hazard(after, { kind: 'TAG_REMOVED', criticality: 'dangerous', coordinate, message, detail: tag }))
    }
  }
  return changes
}

function hides(applied: Applied[]): boolean {
  return applied.some(({ name }) => name === 'inaccessible')
}

function tagsOf(applied: Applied[]): string[] {
  return applied.flatMap(({ name, arguments: given }) => (name === 'tag' ? [String(given.name)] : []))
}
