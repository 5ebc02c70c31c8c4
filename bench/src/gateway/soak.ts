import type { Row, Tools } from '../bench.ts'
import { memoryMb } from '../processes/usage.ts'
import { round } from './rounds.ts'
import { runSlot } from './slots.ts'
import type { Stage } from './stage.ts'

const SAMPLE_MS = 5_000
/** Requests of a connection between two with an operation name that nobody used before. */
const RENEW_EVERY = 200

/** A moment of a soak. */
export interface Sample {
  minutes: number
  rssMb: number
}

/**
 * Loads our gateway alone, as it is shipped, for so many minutes and looks at its memory. Every 200th request of a connection
 * has an operation that is new to the gateway, so that what it keeps of operations fills up and is forgotten again.
 */
export async function runSoak(
  stage: Stage,
  minutes: number,
  { progress, signal }: Tools,
): Promise<{ rows: Row[]; percentPerMinute: number }> {
  const entrant = stage.entrants.find(({ name, sharing }) => name === 'ours' && sharing === 'on')
  if (!entrant) throw new Error('A soak needs our gateway: leave out --only, or name it there.')
  const renewing = { ...stage, body: stage.body.replace('query TestQuery', 'query TestQuery00000000') }
  const started = performance.now()
  const samples: Sample[] = []
  const sample = () => {
    samples.push({ minutes: (performance.now() - started) / 60_000, rssMb: memoryMb(entrant.server.pid).now })
  }
  const timer = setInterval(sample, SAMPLE_MS)
  const rows: Row[] = []
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      signal.throwIfAborted()
      const slot = await runSlot(renewing, entrant, 60, { renewEvery: RENEW_EVERY })
      const { now, most } = memoryMb(entrant.server.pid)
      rows.push({
        scenario: 'soak',
        minute,
        rssMb: Math.round(now),
        rssMaxMb: Math.round(most),
        requestsPerSecond: round(slot.perSecond, 1),
        p99Ms: round(slot.p99Ms, 2),
        errors: slot.errors,
      })
      progress(`soak: minute ${minute}, ${Math.round(now)} MiB, ${Math.round(slot.perSecond)}/s, ${slot.errors} errors`)
    }
  } finally {
    clearInterval(timer)
  }
  return { rows, percentPerMinute: growth(samples) }
}

/** How much memory grows over the second half of some samples (least squares), in percent of its mean a minute. */
export function growth(samples: readonly Sample[]): number {
  const half = samples.slice(samples.length >> 1)
  const mean = (of: (sample: Sample) => number) => half.reduce((sum, sample) => sum + of(sample), 0) / half.length
  const minutes = mean((sample) => sample.minutes)
  const rssMb = mean((sample) => sample.rssMb)
  const spread = mean((sample) => (sample.minutes - minutes) ** 2)
  const slope = mean((sample) => (sample.minutes - minutes) * (sample.rssMb - rssMb)) / spread
  return (slope / rssMb) * 100
}
