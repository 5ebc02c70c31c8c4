import { asText, machine } from '../../bench/src/report.ts'
import type { Outcome } from './check.ts'

/** What is printed: as a bench's report, and what a check adds. */
export function reportOf(outcome: Outcome, seed: number) {
  const { seconds, reads, violations, events, backwards, writes } = outcome
  const total = reads.plain + reads.bearing
  const unserved = events.filter(({ servingAfterMs }) => servingAfterMs === null).length
  const slowest = Math.max(0, ...events.map(({ servingAfterMs }) => servingAfterMs ?? 0))
  return {
    name: 'coherence',
    machine: machine(),
    seconds,
    seed,
    results: [
      {
        reads: total,
        readsPerSecond: Math.round(total / seconds),
        plain: reads.plain,
        bearing: reads.bearing,
        writes,
        writesPerSecond: Math.round(writes / seconds),
        backwards,
        answerHits: outcome.hitRatios.answer ?? null,
        responseHits: outcome.hitRatios.response ?? null,
      },
    ],
    goals: [
      { name: 'answers that are too old', target: '0', value: violations, met: violations === 0 },
      {
        name: 'disturbances after which caches did not serve again',
        target: '0',
        value: unserved,
        met: unserved === 0,
      },
      {
        name: 'answers from caches',
        target: '> 0',
        value: outcome.hitRatios.response ?? 0,
        met: (outcome.hitRatios.response ?? 0) > 0,
      },
    ],
    violations,
    firstViolations: outcome.written,
    readsByShape: outcome.shapes,
    errors: outcome.errors,
    writeErrors: outcome.writeErrors,
    slowestRecoveryMs: slowest,
    events,
  }
}

export type Report = ReturnType<typeof reportOf>

/** The report for people. */
export function reportAsText(report: Report): string {
  const { events, firstViolations, errors, writeErrors } = report
  const lines = [asText(report)]
  for (const { at, what, seconds, servingAfterMs } of events) {
    const served =
      servingAfterMs === null ? 'caches did not serve again' : `caches served again after ${servingAfterMs} ms`
    lines.push(`${at.toFixed(0).padStart(5)} s  ${what}, ${seconds.toFixed(1)} s; ${served}`)
  }
  lines.push(`errors of readers: ${JSON.stringify(errors)}, of writers: ${JSON.stringify(writeErrors)}`)
  for (const violation of firstViolations) lines.push(JSON.stringify(violation))
  return lines.join('\n')
}
