import type { Tools } from '../bench.ts'
import { cpuSeconds, memoryMb } from '../processes/usage.ts'
import { type Contestant, mustAgree } from './stage.ts'

const BETWEEN_MS = 400
const STALLED_SHARE = 0.01
const BURST_PER_SECOND = 1_000

/** How much is measured. */
export interface Size {
  clients: number
  changes: number
  burstSeconds: number
  /** Until memory is read, in milliseconds; five times that when all have left. */
  settleMs: number
}

/** What came of it for one server. */
export interface Measured {
  contestant: Contestant
  clients: number
  kbPerClient: number
  /** Milliseconds until each change was there, for every client. */
  delivery: number[][]
  withStalled: number[][]
  cpuMsPerChange: number
  burst: { messages: number; changes: number; behind: number; mostMb: number } | null
  /** When each client follows a SKU of its own: KB a client, and clients that had their state within a second. */
  apart: { kbPerClient: number; openedPerSecond: number } | null
  reordered: number
  ended: number
  /** Resident memory before anyone came, with all, after all had left, and with all again. */
  mb: { empty: number; full: number; left: number; again: number }
}

/** Gives each server its clients, changes what they follow, and sees them leave and come again; the servers take turns where times are compared. */
export async function measure(
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
      apart: null,
      reordered: 0,
      ended: 0,
      mb: { empty, full, left: 0, again: 0 },
    })
  }
  mustAgree(texts)

  const change = async (one: Measured, into: number[][]): Promise<void> => {
    signal.throwIfAborted()
    const reply = await one.contestant.ask({ change: one.contestant.change })
    into.push(reply.times)
    one.reordered += reply.reordered
    one.ended += reply.ended
    await rest(BETWEEN_MS)
  }
  progress(`${changes} changes with every client, and as many while ${STALLED_SHARE * 100} % of them do not read`)
  for (const one of all) await change(one, []) // the first of all is not timed
  const withAll = async (one: Measured): Promise<void> => {
    const before = cpuSeconds(one.contestant.server.pid)
    await change(one, one.delivery)
    one.cpuMsPerChange += ((cpuSeconds(one.contestant.server.pid) - before) * 1_000) / changes
  }
  const withSome = async (one: Measured): Promise<void> => {
    await one.contestant.ask({ stall: Math.ceil(clients * STALLED_SHARE) })
    await change(one, one.withStalled)
    await one.contestant.ask({ goOn: true })
    await rest(BETWEEN_MS)
  }
  for (let n = 0; n < changes; n++) {
    for (const one of all) {
      // What comes second finds another machine than what comes first.
      for (const step of n % 2 === 0 ? [withAll, withSome] : [withSome, withAll]) await step(one)
    }
  }
  progress(`a burst of ${BURST_PER_SECOND} changes a second`)
  // What sends every change to everyone would not be done in minutes.
  for (const one of all.filter(({ contestant }) => contestant.name === 'ours')) {
    const { contestant } = one
    const reply = await contestant.ask({ burst: contestant.change, perSecond: BURST_PER_SECOND, seconds: burstSeconds })
    one.burst = { ...reply, mostMb: memoryMb(contestant.server.pid).most }
    one.reordered += reply.reordered
    one.ended += reply.ended
    await rest(settleMs)
  }
  progress('all leave, and come again')
  for (const one of all) {
    await one.contestant.ask({ close: true })
    await rest(5 * settleMs)
    one.mb.left = now(one.contestant)
    await one.contestant.open(clients)
    await rest(settleMs)
    one.mb.again = now(one.contestant)
    await one.contestant.ask({ close: true })
  }
  progress('each client follows a SKU of its own')
  for (const one of all.filter(({ contestant }) => contestant.name === 'ours')) {
    await rest(5 * settleMs)
    const before = now(one.contestant)
    const begun = performance.now()
    await one.contestant.open(clients, true)
    const openedPerSecond = clients / ((performance.now() - begun) / 1_000)
    await rest(settleMs)
    one.apart = { kbPerClient: ((now(one.contestant) - before) * 1024) / clients, openedPerSecond }
    await one.contestant.ask({ close: true })
  }
  return all
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
