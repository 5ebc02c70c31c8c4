import type { CheckConfig } from './config.ts'
import { type Deprecated, deprecatedIn } from './deprecations.ts'
import { finding } from './findings.ts'
import type { Graph } from './graph.ts'
import { hits } from './hits.ts'
import { nameOf, type Operation } from './operations.ts'
import { placeOf } from './places.ts'
import type { Finding } from './report.ts'
import { usageOf } from './usage.ts'

/** Deprecations that came without a sunset date, and those whose date has passed or that no operation uses: candidates for pruning. */
export function deprecationFindings(
  before: Graph,
  after: Graph,
  operations: readonly Operation[],
  { config, today }: { config: CheckConfig; today: string },
): Finding[] {
  const known = deprecatedIn(before.api)
  const now = [...deprecatedIn(after.api).values()]
  if (now.length === 0) return []
  const usages = operations.map((operation) => ({ operation, usage: usageOf(after.api, operation.document) }))
  return now.flatMap((deprecated) => {
    const { coordinate, reason } = deprecated
    const kind = coordinate.includes('(') ? 'DEPRECATED_ARGUMENT' : 'DEPRECATED'
    const using = usages.filter(({ usage }) => hits({ kind, coordinate, criticality: 'safe', message: '' }, usage))
    const isNew = known.get(coordinate)?.reason !== reason
    const found = judge(deprecated, { isNew, isUsed: using.length > 0, today, config })
    if (!found) return []
    const place = placeOf(after.subgraphs, coordinate)
    const names = using.map(({ operation }) => nameOf(operation))
    return [finding({ id: `deprecation/${found.rule}/${coordinate}`, ...found, place, operations: names })]
  })
}

function judge(
  { coordinate, sunset }: Deprecated,
  { isNew, isUsed, today, config }: { isNew: boolean; isUsed: boolean; today: string; config: CheckConfig },
): Pick<Finding, 'rule' | 'outcome' | 'message'> | null {
  const prune = isUsed ? 'move these operations off it' : 'no operation uses it, it can be removed'
  if (sunset === null) {
    const rule = 'DEPRECATION_WITHOUT_SUNSET'
    const message = `${coordinate} is deprecated without a sunset date: end the reason with "Sunset: YYYY-MM-DD".`
    return { rule, outcome: config.policy.rules[rule] ?? (isNew ? config.policy.deprecation : 'warn'), message }
  }
  if (sunset < today) {
    const rule = 'DEPRECATION_OVERDUE'
    const message = `The sunset of ${coordinate} was ${sunset}: ${prune}.`
    return { rule, outcome: config.policy.rules[rule] ?? 'warn', message }
  }
  if (isUsed) return null
  const rule = 'DEPRECATION_UNUSED'
  const message = `${coordinate} is deprecated until ${sunset} and no operation uses it any more: it can be removed after that day.`
  return { rule, outcome: config.policy.rules[rule] ?? 'allow', message }
}
