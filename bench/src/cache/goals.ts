import type { Goal } from '../bench.ts'
import { atLeast, atMost, below } from '../gateway/goals.ts'
import { median } from '../gateway/rounds.ts'
import type { Measured } from './rounds.ts'

const MOST = 100

/** The goals of the caches. What was not measured has no value and is not met. */
export function goalsOf(measured: readonly Measured[]): Goal[] {
  const slotsOf = (scenario: string, writes: number, name: string) =>
    measured.find((one) => one.scenario === scenario && one.writes === writes && one.entrant.name === name)?.slots
  const ratio = (scenario: string, other: string) => {
    const [mine, theirs] = [slotsOf(scenario, MOST, 'ours'), slotsOf(scenario, MOST, other)]
    return mine && theirs && median(mine, 'perSecond') / median(theirs, 'perSecond')
  }
  const micros = (scenario: string) => {
    const slots = slotsOf(scenario, 0, 'ours')
    return slots && median(slots, 'cpuMsPerRequest') * 1_000
  }
  const mine = measured.filter(({ entrant }) => entrant.name === 'ours')
  const written = mine.flatMap(({ slots }) => slots.flatMap((slot) => slot.written ?? []))
  const rates = mine
    .filter(({ writes }) => writes === MOST)
    .flatMap(({ slots }) => slots.map((slot) => slot.written?.perSecond ?? 0))
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0)
  const errors = sum(measured.flatMap(({ slots }) => slots.map((slot) => slot.errors + (slot.written?.failed ?? 0))))
  return [
    atLeast(0.5, `product-page, ${MOST} writes/s: share of what bare node:http sends`, ratio('product-page', 'bare')),
    atLeast(60, `reviews, ${MOST} writes/s: times the requests of stock`, ratio('reviews', 'stock')),
    atMost(
      0,
      'answers of ours that showed less than was acknowledged before they were asked for',
      mine.length > 0 ? sum(written.map(({ stale }) => stale[0] ?? 0)) : undefined,
    ),
    atLeast(
      0.95 * MOST,
      'writes through ours that were acknowledged in a second, least',
      rates.length > 0 ? Math.min(...rates) : undefined,
    ),
    below(60, 'product-page, no writes: processor time of a hit, µs', micros('product-page')),
    below(60, 'reviews, no writes: processor time of a hit, µs', micros('reviews')),
    atMost(0, 'other answers than expected, and failed writes', measured.length > 0 ? errors : undefined),
  ]
}
