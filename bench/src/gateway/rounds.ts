import type { Row, Tools } from '../bench.ts'
import { runSlot, type Slot } from './slots.ts'
import type { Entrant, Stage } from './stage.ts'

/** How long everything takes. */
export interface Timing {
  /** Of one slot. */
  seconds: number
  rounds: number
  /** Per contestant, before the first round. */
  warmUpSeconds: number
}

/** A contestant's slots, one per round. */
export interface Measured {
  entrant: Entrant
  slots: Slot[]
}

/** Measures the contestants in turn, round after round, so that what slows the machine down meets all of them alike. */
export async function runRounds(stage: Stage, timing: Timing, { progress, signal }: Tools): Promise<Measured[]> {
  const { scenario, entrants } = stage
  for (const entrant of entrants) {
    signal.throwIfAborted()
    progress(`${scenario.name}: warming up ${entrant.name} (sharing ${entrant.sharing})`)
    await runSlot(stage, entrant, timing.warmUpSeconds)
  }
  const measured = entrants.map((entrant): Measured => ({ entrant, slots: [] }))
  for (let round = 1; round <= timing.rounds; round++) {
    for (const { entrant, slots } of measured) {
      signal.throwIfAborted()
      const slot = await runSlot(stage, entrant, timing.seconds)
      slots.push(slot)
      const rate = `${Math.round(slot.perSecond)}/s${slot.firstError ? `, ${slot.errors} errors: ${slot.firstError}` : ''}`
      progress(`${scenario.name}: round ${round}, ${entrant.name} (sharing ${entrant.sharing}): ${rate}`)
    }
  }
  return measured
}

/** The lines of a scenario: medians over the rounds. */
export function rowsOf({ scenario }: Stage, measured: readonly Measured[], core: number | null): Row[] {
  const where = core === null ? '; not pinned' : `; on core ${core}, subgraphs and load generator on another`
  const stock = measured.find(({ entrant }) => entrant.name === 'stock')
  return measured.map(({ entrant, slots }) => {
    const rates = slots.map(({ perSecond }) => Math.round(perSecond))
    return {
      scenario: scenario.name,
      contestant: entrant.name,
      sharing: entrant.sharing,
      requestsPerSecond: round(median(slots, 'perSecond'), 1),
      range: [Math.min(...rates), Math.max(...rates)],
      timesStock: stock ? round(median(slots, 'perSecond') / median(stock.slots, 'perSecond'), 2) : null,
      p50Ms: round(median(slots, 'p50Ms'), 2),
      p99Ms: round(median(slots, 'p99Ms'), 2),
      cpuMsPerRequest: round(median(slots, 'cpuMsPerRequest'), 3),
      rssMaxMb: Math.round(Math.max(...slots.map(({ rssMaxMb }) => rssMaxMb))),
      subgraphRequestsPerQuery: round(median(slots, 'subgraphRequestsPerQuery'), 2),
      subgraphRequestsAlone: entrant.requestsAlone,
      answerBytes: entrant.answer.bytes,
      answers: slots.reduce((sum, { all }) => sum + all, 0),
      errors: slots.reduce((sum, { errors }) => sum + errors, 0),
      generatorCpu: round(median(slots, 'cpu'), 2),
      subgraphsCpu: round(median(slots, 'subgraphsCpu'), 2),
      note: `${entrant.name} (sharing ${entrant.sharing}): ${entrant.how}${where}`,
    }
  })
}

/** The median of a number over slots. */
export function median(slots: readonly Slot[], key: Exclude<keyof Slot, 'firstError' | 'written'>): number {
  const sorted = slots.map((slot) => slot[key]).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** A number with so many decimal places. */
export function round(value: number, places: number): number {
  return Number(value.toFixed(places))
}
