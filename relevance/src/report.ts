import { asText, machine } from '../../bench/src/report.ts'
import type { Bad, Score } from './check.ts'
import { goalsOf } from './goals.ts'
import type { Options } from './options.ts'

/** What is printed: as a bench's report, and what a check adds. */
export function reportOf(scores: readonly Score[], worst: readonly Bad[], seconds: number, { split, seed }: Options) {
  const goals = goalsOf(scores)
  return {
    name: 'relevance',
    machine: machine(),
    seconds,
    split,
    seed,
    results: scores.map(({ clean: _, ...score }) => ({ ...score })),
    goals,
    violations: goals.filter(({ met }) => !met).length,
    worst,
  }
}

export type Report = ReturnType<typeof reportOf>

/** The report for people: one line a kind with all contestants beside each other. */
export function reportAsText(report: Report): string {
  const names = [...new Set(report.results.map(({ contestant }) => contestant))]
  const groups = Map.groupBy(report.results, ({ catalog, kind }) => `${catalog}\n${kind}`)
  const rows = [...groups.values()].map((scores) => {
    const [{ catalog = '', kind = '', queries = 0 } = {}] = scores
    const by = (name: string) => scores.find(({ contestant }) => contestant === name)
    return {
      catalog,
      kind,
      queries,
      ...Object.fromEntries(names.map((name) => [`nDCG ${name}`, by(name)?.ndcg10 ?? null])),
      ...Object.fromEntries(names.map((name) => [`recall ${name}`, by(name)?.recall50 ?? null])),
      ...Object.fromEntries(names.map((name) => [`MRR ${name}`, by(name)?.mrr ?? null])),
      ...Object.fromEntries(names.map((name) => [`empty ${name}`, by(name)?.empty ?? null])),
    }
  })
  const lines = [asText({ ...report, results: rows })]
  for (const { catalog, kind, query, ndcg10, found } of report.worst) {
    lines.push(`${catalog}, ${kind}: "${query}" ${ndcg10}, found ${found.join(' ') || 'nothing'}`)
  }
  return lines.join('\n')
}
