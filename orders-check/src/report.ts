import { asText, machine } from '../../bench/src/report.ts'
import type { Outcome } from './check.ts'

const WRITTEN = 50

/** What is printed: as a bench's report, and what a check adds. */
export function reportOf({ violations, events, tally, seen, ...outcome }: Outcome, seed: number) {
  const { seconds, settledSeconds, unsettled, deaths, tries } = outcome
  const orders = seen.orders.length
  const byRule: Record<string, number> = {}
  for (const { rule } of violations) byRule[rule] = (byRule[rule] ?? 0) + 1
  return {
    name: 'orders',
    machine: machine(),
    seconds,
    seed,
    results: [
      {
        orders,
        ordersPerSecond: Math.round((orders / seconds) * 10) / 10,
        tries,
        attempts: seen.attempts.length,
        stockChanges: seen.movements.filter(({ idempotencyKey }) => idempotencyKey !== null).length,
        reservations: seen.reservations.length,
        events: [...seen.outboxes.values()].reduce((sum, rows) => sum + rows.length, 0),
        disturbances: events.length,
        settledSeconds,
        placedP50Ms: tally.placedWithin(0.5),
        placedP99Ms: tally.placedWithin(0.99),
      },
    ],
    goals: [
      { name: 'violations', target: '0', value: violations.length, met: violations.length === 0 },
      { name: 'orders placed', target: '> 0', value: orders, met: orders > 0 },
    ],
    violations: violations.length,
    violationsByRule: byRule,
    firstViolations: violations.slice(0, WRITTEN),
    ...tally.counts,
    unsettled,
    deaths,
    disturbed: events,
  }
}

export type Report = ReturnType<typeof reportOf>

/** The report for people. */
export function reportAsText(report: Report): string {
  const {
    disturbed,
    firstViolations,
    violationsByRule,
    answers,
    cancellations,
    carts,
    stock,
    holds,
    errors,
    unsettled,
    deaths,
  } = report
  const lines = [asText(report)]
  for (const { at, what } of disturbed) lines.push(`${at.toFixed(0).padStart(5)} s  ${what}`)
  for (const [name, counts] of Object.entries({ answers, cancellations, carts, stock, holds, errors })) {
    lines.push(
      `${name}: ${
        Object.entries(counts)
          .map(([what, many]) => `${many} ${what}`)
          .join(', ') || 'none'
      }`,
    )
  }
  if (deaths.length > 0) lines.push(`ended by themselves: ${deaths.join(', ')}`)
  if (unsettled.length > 0) lines.push(`still under way at the end: ${unsettled.join(', ')}`)
  for (const [rule, many] of Object.entries(violationsByRule)) lines.push(`${many} times not so: ${rule}`)
  for (const { rule, about, expected, got } of firstViolations) {
    lines.push(`${rule}: ${about}: expected ${expected}, got ${got}`)
  }
  return lines.join('\n')
}
