import type { Row, Tools } from '../bench.ts'
import { median, round, type Timing } from '../gateway/rounds.ts'
import { runSlot, type Slot } from '../gateway/slots.ts'
import { STALE_AFTER_MS } from '../load/written.ts'
import type { Entrant, Stage } from './stage.ts'

/** Writes in a second, each a setting of its own. */
export const WRITES = [0, 10, 100] as const

/** A contestant's slots at one rate of writes, one per round. */
export interface Measured {
  scenario: string
  entrant: Pick<Entrant, 'name' | 'how' | 'shows' | 'answer'>
  writes: number
  slots: Slot[]
}

/** Measures every contestant at every rate of writes in turn, round after round, so that what slows the machine down meets all of them alike. */
export async function runRounds(stage: Stage, timing: Timing, { progress, signal }: Tools): Promise<Measured[]> {
  const { scenario, entrants, mutations } = stage
  const run = (entrant: Entrant, seconds: number, perSecond: number) => {
    signal.throwIfAborted()
    const written = { url: entrant.writeTo, bodies: mutations, perSecond, at: entrant.at }
    return runSlot(stage, entrant, seconds, { renewEvery: 0, written })
  }
  for (const entrant of entrants) {
    progress(`${scenario.name}: warming up ${entrant.name}`)
    await run(entrant, timing.warmUpSeconds, 10)
  }
  const measured = WRITES.flatMap((writes) =>
    entrants.map((entrant) => ({ scenario: scenario.name, entrant, writes, slots: [] as Slot[] })),
  )
  for (let number = 1; number <= timing.rounds; number++) {
    for (const { entrant, writes, slots } of measured) {
      const slot = await run(entrant, timing.seconds, writes)
      slots.push(slot)
      const { written, firstError, errors } = slot
      const failure = firstError ?? written?.firstFailure
      progress(
        `${scenario.name}: round ${number}, ${writes} writes/s, ${entrant.name}: ${Math.round(slot.perSecond)}/s, ` +
          `${written?.stale[0]} stale${failure ? `, ${errors + (written?.failed ?? 0)} errors: ${failure}` : ''}`,
      )
    }
  }
  return measured
}

/** The lines of the settings: medians over the rounds, stale answers summed up. */
export function rowsOf(measured: readonly Measured[], core: number | null): Row[] {
  const where = core === null ? '; not pinned' : `; on core ${core}, all else on another`
  return measured.map(({ scenario, entrant, writes, slots }) => {
    const rates = slots.map(({ perSecond }) => Math.round(perSecond))
    const same = (name: string) =>
      measured.find((one) => one.scenario === scenario && one.writes === writes && one.entrant.name === name)?.slots
    const times = (name: string, places: number) => {
      const other = same(name)
      return other ? round(median(slots, 'perSecond') / median(other, 'perSecond'), places) : null
    }
    const written = slots.flatMap((slot) => slot.written ?? [])
    const sum = (value: (one: (typeof written)[number]) => number) => written.reduce((all, one) => all + value(one), 0)
    return {
      scenario,
      writesPerSecond: writes,
      contestant: entrant.name,
      requestsPerSecond: round(median(slots, 'perSecond'), 1),
      range: [Math.min(...rates), Math.max(...rates)],
      timesStock: times('stock', 2),
      shareOfBare: times('bare', 3),
      p50Ms: round(median(slots, 'p50Ms'), 2),
      p99Ms: round(median(slots, 'p99Ms'), 2),
      cpuMicrosPerRequest: round(median(slots, 'cpuMsPerRequest') * 1_000, 1),
      subgraphRequestsPerQuery: round(median(slots, 'subgraphRequestsPerQuery'), 3),
      answers: slots.reduce((all, slot) => all + slot.all, 0),
      ...Object.fromEntries(
        STALE_AFTER_MS.map((ms) => [`stale${ms}Ms`, entrant.shows ? sum(({ stale }) => stale[ms] ?? 0) : null]),
      ),
      oldestMs: entrant.shows ? round(Math.max(0, ...written.map(({ oldestMs }) => oldestMs)), 1) : null,
      acknowledgedPerSecond: round(sum(({ perSecond }) => perSecond) / Math.max(1, written.length), 1),
      writesOmitted: sum(({ omitted }) => omitted),
      writesFailed: sum(({ failed }) => failed),
      answerBytes: entrant.answer.bytes,
      errors: slots.reduce((all, { errors }) => all + errors, 0),
      generatorCpu: round(median(slots, 'cpu'), 2),
      subgraphsCpu: round(median(slots, 'subgraphsCpu'), 2),
      note: `${entrant.name}: ${entrant.how}${where}`,
    }
  })
}
