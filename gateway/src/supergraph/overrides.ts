import type { PlanNode, QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, Kind, parse, visit } from 'graphql'
import { type Rollout, readRollout } from '../execute/rollouts.ts'
import { textOf } from './requires-types.ts'

/** Plans an operation with these labels turned on and all others off. */
export type PlanWith = (labels: readonly string[]) => QueryPlan

/**
 * Plans for fields that move to another subgraph step by step (`@override(from:, label: "percent(25)")`): one plan whose
 * conditions are named as the labels, which each run draws. Undefined when the supergraph has none. Subscriptions stay with the
 * subgraphs that the fields leave.
 */
export function planOverrides(sdl: string): ((text: string, planWith: PlanWith) => QueryPlan) | undefined {
  if (!/overrideLabel\s*:\s*"/.test(sdl)) return undefined
  const { fields, required } = labelledFields(parse(sdl, { noLocation: true }))
  if (fields.size === 0) return undefined
  return (text, planWith) => {
    const names = new Set(required)
    visit(parse(text, { noLocation: true }), { Field: ({ name }) => void names.add(name.value) })
    const rollouts = new Map<string, Rollout>()
    for (const [name, found] of fields) {
      if (names.has(name)) for (const rollout of found) rollouts.set(rollout.label, rollout)
    }
    return planned(
      [...rollouts.values()].sort((a, b) => b.percent - a.percent),
      planWith,
    )
  }
}

/** One plan for each step: who takes one takes all that more runs take. */
function planned(rollouts: readonly Rollout[], planWith: PlanWith): QueryPlan {
  const stay = planWith([])
  if (rollouts.length === 0 || stay.node?.kind === 'Subscription') return stay
  const labels = rollouts.map(({ label }) => label)
  let node = planWith(labels).node as PlanNode | undefined
  for (let count = labels.length - 1; count >= 0; count--) {
    const before = (count === 0 ? stay : planWith(labels.slice(0, count))).node as PlanNode | undefined
    if (JSON.stringify(before) === JSON.stringify(node)) continue
    node = { kind: 'Condition', condition: labels[count] as string, ifClause: node, elseClause: before }
  }
  return { ...stay, node }
}

/** The rollouts of each field name, and the names that some key or `@requires` mentions: those are asked for unsaid. */
function labelledFields(document: DocumentNode) {
  const fields = new Map<string, Rollout[]>()
  const required = new Set<string>()
  visit(document, {
    FieldDefinition: ({ name, directives = [] }) => {
      for (const directive of directives) {
        const rollout = readRollout(textOf(directive, 'overrideLabel') ?? '')
        if (rollout) fields.set(name.value, [...(fields.get(name.value) ?? []), rollout])
      }
    },
    Argument: ({ name, value }) => {
      if ((name.value !== 'requires' && name.value !== 'key') || value.kind !== Kind.STRING) return
      for (const [word] of value.value.matchAll(/\w+/g)) required.add(word)
    },
  })
  return { fields, required }
}
