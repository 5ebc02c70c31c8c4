import type { CheckConfig } from '../config.ts'
import { declaredBy } from '../federation/declared.ts'
import { finding } from '../findings.ts'
import type { Graph, Place } from '../graph.ts'
import { placeOf } from '../places.ts'
import type { Finding } from '../report.ts'
import type { LintContext } from './rule.ts'
import { lintRules } from './rules.ts'

/** A violation that the baseline knows, and where it says so. */
export interface Known {
  id: string
  place: Place
}

/** Every violation of a graph, each with the id that a baseline names. */
function violationsOf(graph: Graph) {
  const context = contextOf(graph)
  return lintRules.flatMap(({ name, find }) =>
    find(context).map((one) => ({
      ...one,
      id: `lint/${name}/${one.subgraph}/${one.coordinate}`,
      rule: `lint/${name}`,
    })),
  )
}

/** The violations of what a change adds or edits; those that the baseline knows are let be, its entries for nothing are warnings. */
export function lintFindings(
  before: Graph,
  after: Graph,
  baseline: readonly Known[],
  { policy }: CheckConfig,
): Finding[] {
  const [old, now] = [contextOf(before).declared, contextOf(after).declared]
  const violations = violationsOf(after)
  const known = new Set(baseline.map(({ id }) => id))
  const found = violations.filter(({ id, subgraph, coordinate }) => {
    const isChanged = old.get(subgraph)?.get(coordinate)?.text !== now.get(subgraph)?.get(coordinate)?.text
    return isChanged && !known.has(id)
  })
  const stale = baseline.filter(({ id }) => !violations.some((one) => one.id === id))
  return [
    ...found.map(({ id, rule, message, coordinate, subgraph }) => {
      const place = placeOf(after.subgraphs, coordinate, subgraph)
      return finding({ id, rule, outcome: policy.rules[rule] ?? policy.lint, message, place })
    }),
    ...stale.map(({ id, place }) => {
      const message = `The baseline lists "${id}", which is kept now: remove the line.`
      return finding({ id: `baseline/${id}`, rule: 'lint/baseline', outcome: 'warn', message, place })
    }),
  ]
}

function contextOf(graph: Graph): LintContext {
  return { api: graph.api, declared: new Map(graph.subgraphs.map((one) => [one.name, declaredBy(one)])) }
}
