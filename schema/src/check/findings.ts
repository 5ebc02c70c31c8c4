import type { Change } from './change.ts'
import type { CheckConfig, Outcome } from './config.ts'
import type { Graph, Remark } from './graph.ts'
import type { Impact } from './impact.ts'
import { nameOf } from './operations.ts'
import type { Finding } from './report.ts'

/** Why the subgraphs do not compose: nothing lets that pass. */
export function compositionFinding({ code, message, places }: Remark): Finding {
  const more = places.slice(1).map(({ file, line, column }) => ` (also ${file}:${line}:${column})`)
  const place = places[0] ?? null
  return finding({ id: `composition/${code}`, rule: code, outcome: 'fail', message: message + more.join(''), place })
}

/** What composition warns of now and did not before. */
export function hintFindings(before: Graph, after: Graph): Finding[] {
  const known = new Set(before.hints.map(({ message }) => message))
  return after.hints
    .filter(({ message }) => !known.has(message))
    .map(({ code, message, places }) =>
      finding({ id: `composition/${code}`, rule: code, outcome: 'warn', message, place: places[0] ?? null }),
    )
}

/** A change with the operations that it hits, and what the policy makes of it; `early` is what `tooEarly` says of it. */
export function changeFinding(
  change: Change,
  impacts: readonly Impact[],
  config: CheckConfig,
  early?: string | null,
): Finding {
  const { id, kind, message, place } = change
  const hit = impacts.filter(({ changes }) => changes.includes(id))
  const isBreaking = hit.some(({ status, breaking }) => status === 'broken' && breaking.includes(id))
  const outcome = config.policy.rules[kind] ?? outcomeOf(change, isBreaking, config, early)
  const unused = change.criticality === 'breaking' && change.in !== 'federation' && hit.length === 0
  const told = [message, ...(unused ? ['No operation is hit by it.'] : []), ...(early ? [early] : [])].join(' ')
  return finding({
    id,
    rule: kind,
    outcome,
    message: told,
    place,
    operations: hit.map(({ operation }) => nameOf(operation)),
  })
}

function outcomeOf(change: Change, isBreaking: boolean, { policy }: CheckConfig, early?: string | null): Outcome {
  if (isBreaking) return 'fail'
  // Removed as it was announced, and nobody asks for it any more.
  if (early === null) return 'allow'
  if (early !== undefined && change.criticality === 'breaking')
    return stricter(policy.deprecation, policy.unusedBreaking)
  if (change.criticality === 'safe') return 'allow'
  if (change.criticality === 'dangerous') return policy.dangerous
  return change.in === 'federation' ? 'fail' : policy.unusedBreaking
}

function stricter(one: Outcome, other: Outcome): Outcome {
  return (['fail', 'warn'] as const).find((outcome) => outcome === one || outcome === other) ?? 'allow'
}

/** An operation that is not valid, when no change explains it. */
export function invalidFinding({ operation, breaking, errors }: Impact): Finding[] {
  if (errors.length === 0 || breaking.length > 0) return []
  const { client, id, file } = operation
  const message = `The operation ${nameOf(operation)} is not valid on the graph: ${errors[0]}`
  const place = { file, line: 1, column: 1 }
  const rule = 'OPERATION_NOT_VALID'
  return [
    finding({
      id: `operation/${client}/${id}`,
      rule,
      outcome: 'fail',
      message,
      place,
      operations: [nameOf(operation)],
    }),
  ]
}

/** A finding without approval, about no operation unless it says so. */
export function finding(parts: Omit<Finding, 'operations' | 'approval'> & { operations?: string[] }): Finding {
  return { operations: [], approval: null, ...parts }
}
