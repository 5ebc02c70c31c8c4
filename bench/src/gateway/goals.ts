import type { Goal } from '../bench.ts'
import { type Measured, median, round } from './rounds.ts'

/** The goals of the published benchmark's query. What was not measured has no value and is not met. */
export function goalsOf(measured: readonly Measured[]): Goal[] {
  const slotsOf = (name: string, sharing: string) =>
    measured.find(({ entrant }) => entrant.name === name && entrant.sharing === sharing)?.slots
  const ours = slotsOf('ours', 'off')
  const shared = slotsOf('ours', 'on')
  const stock = slotsOf('stock', 'none')
  const hive = slotsOf('hive', 'off')
  const bare = slotsOf('bare', 'none')
  const errors = measured.reduce((sum, { slots }) => slots.reduce((all, slot) => all + slot.errors, sum), 0)
  const apart = measured.filter(({ entrant }) => entrant.sharing !== 'on' && entrant.requestsAlone > 0)
  const honest = apart.map(({ entrant, slots }) => median(slots, 'subgraphRequestsPerQuery') / entrant.requestsAlone)
  return [
    atLeast(8, 'sharing off: times the requests of stock', ours && stock && ratio(ours, stock)),
    atLeast(
      2,
      'sharing off: times the requests of Hive Gateway with its Rust planner',
      ours && hive && ratio(ours, hive),
    ),
    atMost(7, 'sharing off: subgraph requests per query', ours && median(ours, 'subgraphRequestsPerQuery')),
    below(3, 'sharing off: p99 as a multiple of p50', ours && median(ours, 'p99Ms') / median(ours, 'p50Ms')),
    atLeast(0.6, 'sharing on: share of what bare node:http sends', shared && bare && ratio(shared, bare)),
    atLeast(0.99, 'sharing off is off for all: subgraph requests per query under load / alone, least', least(honest)),
    atMost(0, 'answers that were not the expected bytes', measured.length > 0 ? errors : undefined),
  ]
}

/** The goal of a soak: how much memory grows in its second half, in percent of itself a minute. */
export function soakGoal(percentPerMinute: number | undefined): Goal {
  return below(1, 'soak: memory growth in the second half, % a minute', percentPerMinute)
}

function ratio(one: Measured['slots'], other: Measured['slots']): number {
  return median(one, 'perSecond') / median(other, 'perSecond')
}

function least(values: readonly number[]): number | undefined {
  return values.length > 0 ? Math.min(...values) : undefined
}

/** A goal that a value reaches a bound; one that was not measured has none and is not met. */
export const atLeast = (bound: number, name: string, value: number | undefined): Goal =>
  goal(name, `>= ${bound}`, value, (measured) => measured >= bound)
/** A goal that a value does not exceed a bound. */
export const atMost = (bound: number, name: string, value: number | undefined): Goal =>
  goal(name, `<= ${bound}`, value, (measured) => measured <= bound)
/** A goal that a value stays under a bound. */
export const below = (bound: number, name: string, value: number | undefined): Goal =>
  goal(name, `< ${bound}`, value, (measured) => measured < bound)

function goal(name: string, target: string, value: number | undefined, holds: (measured: number) => boolean): Goal {
  if (value === undefined) return { name, target, value: null, met: false }
  const measured = round(value, 2)
  return { name, target, value: measured, met: holds(measured) }
}
