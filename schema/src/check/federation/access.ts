import type { Change } from '../change.ts'
import { type Hazard, hazard } from './hazard.ts'
import type { Applied } from './ownership.ts'

/** Elements that more viewers may read than before (`AUTH_LOOSENED`), or fewer (`AUTH_TIGHTENED`). */
export const accessHazards: Hazard = (before, after) => {
  const changes: Change[] = []
  for (const [coordinate, old] of before.ownership.applied) {
    const now = after.ownership.applied.get(coordinate)
    if (!now) continue
    const loosened = rules.filter((rule) => !isCovered(waysOf(now, rule), waysOf(old, rule)))
    const tightened = rules.filter((rule) => !isCovered(waysOf(old, rule), waysOf(now, rule)))
    if (loosened.length > 0) {
      const message = `${coordinate} is open to more viewers: ${loosened.map((rule) => told(rule, old, now)).join('; ')}.`
      const detail = loosened.map((rule) => [waysOf(old, rule), waysOf(now, rule)])
      changes.push(hazard(after, { kind: 'AUTH_LOOSENED', criticality: 'breaking', coordinate, message, detail }))
    }
    if (tightened.length > 0) {
      const message = `${coordinate} is open to fewer viewers: ${tightened.map((rule) => told(rule, old, now)).join('; ')}.`
      const detail = tightened.map((rule) => [waysOf(old, rule), waysOf(now, rule)])
      changes.push(hazard(after, { kind: 'AUTH_TIGHTENED', criticality: 'dangerous', coordinate, message, detail }))
    }
  }
  return changes
}

const lists: Readonly<Record<string, string>> = { requiresScopes: 'scopes', policy: 'policies' }
const rules = ['authenticated', 'requiresScopes', 'policy']

/** The ways to fulfil a rule: any of them, each a set of which all are needed. Without the rule, one way that needs nothing. */
function waysOf(applied: Applied[], rule: string): string[][] {
  const found = applied.filter(({ name }) => name === rule)
  if (found.length === 0) return [[]]
  const list = lists[rule]
  return list === undefined ? [[rule]] : found.flatMap(({ arguments: given }) => given[list] as string[][])
}

/** Whether whoever has one of `ways` has one of `needed`. */
function isCovered(ways: string[][], needed: string[][]): boolean {
  return ways.every((way) => needed.some((need) => need.every((scope) => way.includes(scope))))
}

function told(rule: string, old: Applied[], now: Applied[]): string {
  return `@${rule} ${shown(waysOf(old, rule))} became ${shown(waysOf(now, rule))}`
}

function shown(ways: string[][]): string {
  const texts = ways.map((way) => way.join(' and '))
  return texts.every((text) => text === '') ? 'nothing' : `"${texts.join(' or ')}"`
}
