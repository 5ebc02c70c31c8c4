/** A step of a field's way to another subgraph: true for `percent` of 100 runs. */
export interface Rollout {
  label: string
  percent: number
}

const pattern = /^percent\((\d{1,2}(?:\.\d+)?|100(?:\.0+)?)\)$/

/** What an `@override` label such as `percent(25)` says; undefined for other labels, which nobody turns on. */
export function readRollout(label: string): Rollout | undefined {
  const percent = pattern.exec(label)?.[1]
  return percent === undefined ? undefined : { label, percent: Number(percent) }
}

/** The rollouts among the variables that decide a plan's fetches. */
export function rolloutsOf(guards: readonly { variable: string }[]): Rollout[] {
  const labels = new Set(guards.map(({ variable }) => variable))
  return [...labels].flatMap((label) => readRollout(label) ?? [])
}

/** The conditions of one run, with the rollouts that hold for it; `drawn` is from 0 up to but not 1. */
export function withRollouts(
  conditions: ReadonlyMap<string, boolean>,
  rollouts: readonly Rollout[],
  drawn: number,
): ReadonlyMap<string, boolean> {
  if (rollouts.length === 0) return conditions
  // One draw for all: a run that takes a step takes every step that more runs take.
  return new Map([...conditions, ...rollouts.map(({ label, percent }) => [label, drawn * 100 < percent] as const)])
}
