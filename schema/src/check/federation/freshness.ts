import type { Change } from '../change.ts'
import { type Hazard, hazard } from './hazard.ts'
import type { Applied } from './ownership.ts'

/** What keeps kept answers and subscriptions true: cache tags, event sources, and who may share an answer. */
export const freshnessHazards: Hazard = (before, after) => {
  const changes: Change[] = []
  for (const [coordinate, old] of before.ownership.applied) {
    const now = after.ownership.applied.get(coordinate)
    if (!now) continue
    const tags = textsOf(now, 'cacheTag', 'format')
    for (const tag of textsOf(old, 'cacheTag', 'format').filter((one) => !tags.includes(one))) {
      const message = `${coordinate} no longer has the cache tag "${tag}": answers that are kept do not fall with that event any more.`
      changes.push(
        hazard(after, { kind: 'CACHE_TAG_REMOVED', criticality: 'breaking', coordinate, message, detail: tag }),
      )
    }
    const [from, to] = [sourceOf(old), sourceOf(now)]
    if (from !== null && from !== to) {
      const kind = to === null ? 'EVENT_SOURCE_REMOVED' : 'EVENT_SOURCE_CHANGED'
      const criticality = to === null ? 'breaking' : 'dangerous'
      const what =
        to === null ? 'has no event source any more: it cannot be followed' : `has another event source: ${to}`
      const message = `${coordinate} ${what}.`
      changes.push(hazard(after, { kind, criticality, coordinate, message, detail: [from, to] }))
    }
    if (isShared(now) && !isShared(old)) {
      const message = `Answers of ${coordinate} are shared between viewers now (@cacheControl scope PUBLIC).`
      changes.push(hazard(after, { kind: 'CACHE_SHARED', criticality: 'dangerous', coordinate, message }))
    }
  }
  return changes
}

function textsOf(applied: Applied[], directive: string, argument: string): string[] {
  return applied.flatMap(({ name, arguments: given }) => (name === directive ? [String(given[argument])] : []))
}

function sourceOf(applied: Applied[]): string | null {
  const found = applied.find(({ name }) => name === 'eventSource')
  return found ? JSON.stringify(found.arguments) : null
}

function isShared(applied: Applied[]): boolean {
  return applied.some(({ name, arguments: given }) => name === 'cacheControl' && given.scope === 'PUBLIC')
}
