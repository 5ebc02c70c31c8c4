import type { Goal } from '../../bench/src/bench.ts'
import type { Score } from './check.ts'

/** Above a peer in every kind by this much nDCG; who has nearly everything right need not be. */
const MARGIN = 0.02
const NEARLY_ALL = 0.98

/** The goals, of what was measured. */
export function goalsOf(scores: readonly Score[]): Goal[] {
  const ours = scores.filter(({ contestant }) => contestant === 'ours')
  const peers = scores.filter(({ contestant }) => contestant !== 'ours')
  const goals: Goal[] = [...new Set(scores.map(({ catalog }) => catalog))].flatMap((catalog) => {
    const mine = ours.filter((one) => one.catalog === catalog)
    const inWords = mine.filter(({ clean, kind }) => clean !== null && !kind.endsWith(': swapped'))
    const swapped = mine.filter(({ kind }) => kind.endsWith(': swapped'))
    return [
      atMost(`${catalog}: nDCG@10 lost by one mistake a word, %`, 5, lossOf(inWords, mine), true),
      atMost(`${catalog}: nDCG@10 lost by two letters swapped in every word, %`, 5, lossOf(swapped, mine), true),
      atMost(
        `${catalog}: wrongly empty, %`,
        1,
        mine.length === 0 ? null : 100 * mean(mine.map(({ empty }) => empty)),
        true,
      ),
    ]
  })
  for (const { catalog, kind } of ours) {
    const same = (one: Score) => one.catalog === catalog && one.kind === kind
    const best = peers.filter(same).map(({ ndcg10 }) => ndcg10)
    const value = ours.find(same)?.ndcg10 ?? 0
    const lead = best.length === 0 ? null : round(value - Math.max(...best))
    goals.push({
      name: `${catalog}, ${kind}: nDCG@10 above the best peer's`,
      target: `>= ${MARGIN}, or ${NEARLY_ALL} itself`,
      value: lead,
      met: lead !== null && (lead >= MARGIN || value >= NEARLY_ALL),
    })
  }
  return goals
}

/** How much of the nDCG of the same queries without mistakes is lost, in percent; null when nothing was measured. */
function lossOf(typed: readonly Score[], all: readonly Score[]): number | null {
  if (typed.length === 0) return null
  const clean = typed.map(({ clean }) => all.find(({ kind }) => kind === clean)?.ndcg10 ?? 0)
  return 100 * (1 - mean(typed.map(({ ndcg10 }) => ndcg10)) / mean(clean))
}

function atMost(name: string, bound: number, value: number | null, strictly: boolean): Goal {
  const met = value !== null && (strictly ? value < bound : value <= bound)
  return { name, target: `${strictly ? '<' : '<='} ${bound}`, value: value === null ? null : round(value), met }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function round(value: number): number {
  return Number(value.toFixed(3))
}
