import type { Bench, Goal, Row, Tools } from '../bench.ts'
import { UsageError } from '../bench.ts'
import { atMost } from '../gateway/goals.ts'
import { chosenOf, positive } from '../options.ts'
import { cores } from '../processes/pin.ts'
import { cpuSeconds, memoryMb } from '../processes/usage.ts'
import { type Contestant, contestantNames, mustAgree, setStage } from '../subscriptions/stage.ts'

const CLIENTS = 10_000
const CHANGES = 20
const BETWEEN_MS = 400
const SETTLE_MS = 3_000
const QUICK = { clients: 200, changes: 3, burstSeconds: 1, settleMs: 200 }
const STALLED_SHARE = 0.01
const BURST = { perSecond: 1_000, seconds: 5 }

/** Many clients that follow the same SKU. */
export const bench: Bench = {
  summary:
    'many WebSocket clients of one subscription: memory, delivery, a burst, clients that do not read, and a mass disconnect',
  options: {
    clients: { type: 'string' },
    changes: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
  },
  help: `
  --clients <n>   of each server (default ${CLIENTS.toLocaleString('en')}; at most 9,999 otherwise)
  --changes <n>   timed one by one (default ${CHANGES})
  --only <names>  of ${contestantNames.join(', ')}
  --quick         200 clients and 3 changes: whether it works, not how fast`,
  async run(values, tools) {
    if (process.platform !== 'linux') throw new UsageError('This bench reads memory from /proc: it needs Linux.')
    const quick = values.quick === true
    const size: Size = quick
      ? QUICK
      : {
          clients: positive(values, 'clients') ?? CLIENTS,
          changes: positive(values, 'changes') ?? CHANGES,
          burstSeconds: BURST.seconds,
          settleMs: SETTLE_MS,
        }
    const contestants = await setStage(cores(), chosenOf(values, contestantNames), tools)
    const measured = await measure(contestants, size, tools)
    return { results: measured.map(rowOf), goals: goalsOf(measured) }
  },
}

/** How much is measured. */
interface Size {
  clients: number
  changes: number
  burstSeconds: number
  /** Until memory is read, in milliseconds. */
  settleMs: number
}

interface Measured {
  contestant: Contestant
  clients: number
  kbPerClient: number
  /** Milliseconds until the change was there, over all clients and changes. */
  delivery: number[]
  withStalled: number[]
  cpuMsPerChange: number
  burst: { messages: number; changes: number; behind: number; mostMb: number } | null
  reordered: number
  ended: number
  /** Resident memory before anyone came, with all, after all had left, and with all again. */
  mb: { empty: number; full: number; left: number; again: number }
}

async function measure(
  contestants: readonly Contestant[],
  { clients, changes, burstSeconds, settleMs }: Size,
  { progress, signal }: Tools,
): Promise<Measured[]> {
  const texts = new Map<string, string>()
  const all: Measured[] = []
  const now = ({ server }: Contestant) => memoryMb(server.pid).now
  for (const contestant of contestants) {
    // Code that was never run would be counted as memory of the first clients.
    await contestant.open(100)
    await contestant.ask({ change: contestant.change })
    await contestant.ask({ close: true })
    await rest(settleMs)
    const empty = now(contestant)
    progress(`${contestant.name}: ${clients} clients`)
    const { text } = await contestant.open(clients)
    texts.set(contestant.name, text)
    await rest(settleMs)
    const full = now(contestant)
    all.push({
      contestant,
      clients,
      kbPerClient: ((full - empty) * 1024) / clients,
      delivery: [],
      withStalled: [],
      cpuMsPerChange: 0,
      burst: null,
      reordered: 0,
      ended: 0,
      mb: { empty, full, left: 0, again: 0 },
    })
  }
  mustAgree(texts)

  const change = async (one: Measured, into: number[]): Promise<void> => {
    signal.throwIfAborted()
    const reply = await one.contestant.ask({ change: one.contestant.change })
    into.push(...reply.times)
    one.reordered += reply.reordered
    one.ended += reply.ended
    await rest(BETWEEN_MS)
  }
  progress(`${changes} changes`)
  for (const one of all) await change(one, []) // the first of all is not timed
  for (let n = 0; n < changes; n++) {
    for (const one of all) {
      const before = cpuSeconds(one.contestant.server.pid)
      await change(one, one.delivery)
      one.cpuMsPerChange += ((cpuSeconds(one.contestant.server.pid) - before) * 1_000) / changes
    }
  }
  progress(`a burst of ${BURST.perSecond} changes a second`)
  // What sends every change to everyone would not be done in minutes.
  for (const one of all.filter(({ contestant }) => contestant.name === 'ours')) {
    const { contestant } = one
    const reply = await contestant.ask({ burst: contestant.change, perSecond: BURST.perSecond, seconds: burstSeconds })
    one.burst = { ...reply, mostMb: memoryMb(contestant.server.pid).most }
    one.reordered += reply.reordered
    one.ended += reply.ended
    await rest(settleMs)
  }
  progress(`${STALLED_SHARE * 100} % of the clients do not read`)
  for (const { contestant } of all) await contestant.ask({ stall: Math.ceil(clients * STALLED_SHARE) })
  for (let n = 0; n < changes; n++) for (const one of all) await change(one, one.withStalled)
  for (const { contestant } of all) await contestant.ask({ goOn: true })
  progress('all leave, and come again')
  for (const one of all) {
    await one.contestant.ask({ close: true })
    await rest(settleMs)
    one.mb.left = now(one.contestant)
    await one.contestant.open(clients)
    await rest(settleMs)
    one.mb.again = now(one.contestant)
    await one.contestant.ask({ close: true })
  }
  return all
}

function rowOf({
  contestant,
  clients,
  kbPerClient,
  delivery,
  withStalled,
  cpuMsPerChange,
  burst,
  mb,
  ...seen
}: Measured): Row {
  return {
    server: contestant.name,
    clients,
    kbPerClient: round(kbPerClient),
    p50Ms: round(at(delivery, 0.5)),
    p99Ms: round(at(delivery, 0.99)),
    cpuMsPerChange: round(cpuMsPerChange),
    stalledP99Ms: round(at(withStalled, 0.99)),
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
    note: `${contestant.name}: ${contestant.how}`,
  }
}

function goalsOf(measured: readonly Measured[]): Goal[] {
  const of = (name: string) => measured.find(({ contestant }) => contestant.name === name)
  const [ours, bare] = [of('ours'), of('bare')]
  const p99 = (times: readonly number[]) => at(times, 0.99)
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
      'with 1 % of the clients not reading: p99 of the others as a multiple',
      ours && p99(ours.withStalled) / p99(ours.delivery),
    ),
    atMost(1.1, 'memory when all came again, as a multiple', ours && ours.mb.again / ours.mb.full),
    atMost(0, 'messages out of order, and clients that were sent away', ours && ours.reordered + ours.ended),
  ]
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
