import type { Bench, Goal, Row } from '../bench.ts'
import { UsageError } from '../bench.ts'
import { atMost } from '../gateway/goals.ts'
import { chosenOf, positive } from '../options.ts'
import { cores } from '../processes/pin.ts'
import { type Measured, measure, type Size } from '../subscriptions/measure.ts'
import { contestantNames, setStage } from '../subscriptions/stage.ts'

const WHOLE: Size = { clients: 10_000, changes: 20, burstSeconds: 5, settleMs: 3_000 }
const QUICK: Size = { clients: 200, changes: 3, burstSeconds: 1, settleMs: 200 }

/** Many clients that follow the same SKU. */
export const bench: Bench = {
  summary:
    'many WebSocket clients of one subscription: memory, delivery, a burst, clients that do not read, a mass disconnect, and clients that each follow something else',
  options: {
    clients: { type: 'string' },
    changes: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
  },
  help: `
  --clients <n>   of each server (default ${WHOLE.clients.toLocaleString('en')}; at most 9,999 otherwise)
  --changes <n>   timed one by one (default ${WHOLE.changes})
  --only <names>  of ${contestantNames.join(', ')}
  --quick         200 clients and 3 changes: whether it works, not how fast`,
  async run(values, tools) {
    if (process.platform !== 'linux') throw new UsageError('This bench reads memory from /proc: it needs Linux.')
    const usual = values.quick === true ? QUICK : WHOLE
    const size = {
      ...usual,
      clients: positive(values, 'clients') ?? usual.clients,
      changes: positive(values, 'changes') ?? usual.changes,
    }
    const contestants = await setStage(cores(), chosenOf(values, contestantNames), tools)
    const measured = await measure(contestants, size, tools)
    return { results: measured.map(rowOf), goals: goalsOf(measured) }
  },
}

function rowOf({
  contestant,
  clients,
  kbPerClient,
  delivery,
  withStalled,
  cpuMsPerChange,
  burst,
  apart,
  mb,
  ...seen
}: Measured): Row {
  return {
    server: contestant.name,
    clients,
    kbPerClient: round(kbPerClient),
    p50Ms: round(at(delivery.flat(), 0.5)),
    p99Ms: round(at(delivery.flat(), 0.99)),
    cpuMsPerChange: round(cpuMsPerChange),
    stalledP99Ms: round(at(withStalled.flat(), 0.99)),
    usualP99Ms: round(usualP99(delivery)),
    stalledUsualP99Ms: round(usualP99(withStalled)),
    burstChanges: burst?.changes ?? null,
    burstMessages: burst?.messages ?? null,
    behind: burst?.behind ?? null,
    reordered: seen.reordered,
    ended: seen.ended,
    emptyMb: round(mb.empty),
    fullMb: round(mb.full),
    burstMostMb: burst && round(burst.mostMb),
    leftMb: round(mb.left),
    againMb: round(mb.again),
    apartKbPerClient: apart && round(apart.kbPerClient),
    apartOpenedPerSecond: apart && Math.round(apart.openedPerSecond),
    note: `${contestant.name}: ${contestant.how}`,
  }
}

function goalsOf(measured: readonly Measured[]): Goal[] {
  const of = (name: string) => measured.find(({ contestant }) => contestant.name === name)
  const [ours, bare] = [of('ours'), of('bare')]
  const p99 = (times: readonly (readonly number[])[]) => at(times.flat(), 0.99)
  return [
    atMost(10, 'KB a client over bare ws', ours && bare && ours.kbPerClient - bare.kbPerClient),
    atMost(
      1.25,
      'one change to all: p99 as a multiple of bare ws',
      ours && bare && p99(ours.delivery) / p99(bare.delivery),
    ),
    atMost(0, 'clients that do not show the last change of a burst', ours?.burst?.behind),
    atMost(
      1.1,
      'with 1 % of the clients not reading: p99 of the others, in the median of the changes, as a multiple',
      ours && usualP99(ours.withStalled) / usualP99(ours.delivery),
    ),
    atMost(
      1.1,
      'memory after all have left, as a multiple of before anyone came',
      ours && ours.mb.left / ours.mb.empty,
    ),
    atMost(1.1, 'memory when all came again, as a multiple', ours && ours.mb.again / ours.mb.full),
    atMost(0, 'messages out of order, and clients that were sent away', ours && ours.reordered + ours.ended),
  ]
}

/** The p99 of a change, in the median of the changes: one that met something else does not decide. */
function usualP99(changes: readonly (readonly number[])[]): number {
  return at(
    changes.map((times) => at(times, 0.99)),
    0.5,
  )
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
