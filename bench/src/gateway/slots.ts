import type { LoadAsk, LoadReply } from '../load/generator.ts'
import { cpuSeconds, memoryMb } from '../processes/usage.ts'
import type { Entrant, Stage } from './stage.ts'

/** Connections of the closed loop. */
export const CONNECTIONS = 50
/** Loaded but not measured at the start of each slot. */
const SETTLE_SECONDS = 0.3
const HASH_EVERY = 20

/** What one contestant did in one slot of a round. */
export interface Slot extends LoadReply {
  /** Of the contestant's process, per answer, all its threads. */
  cpuMsPerRequest: number
  subgraphRequestsPerQuery: number
  /** Processor time of the subgraphs' process, as a share of one core. */
  subgraphsCpu: number
  /** The most memory the contestant ever held, in MiB. */
  rssMaxMb: number
}

/** Loads one contestant for some seconds; 50 connections, each sends when its answer is complete. */
export async function runSlot(
  { load, subgraphs, body }: Pick<Stage, 'load' | 'subgraphs' | 'body'>,
  { server, answer }: Pick<Entrant, 'server' | 'answer'>,
  seconds: number,
  more: Pick<LoadAsk, 'renewEvery' | 'written'> = { renewEvery: 0 },
): Promise<Slot> {
  await subgraphs.reset()
  const started = performance.now()
  const before = { contestant: cpuSeconds(server.pid), subgraphs: cpuSeconds(subgraphs.pid) }
  const reply = await load.ask({
    url: server.url,
    body,
    connections: CONNECTIONS,
    seconds,
    settleSeconds: SETTLE_SECONDS,
    answer,
    hashEvery: HASH_EVERY,
    ...more,
  })
  const elapsed = (performance.now() - started) / 1_000
  return {
    ...reply,
    cpuMsPerRequest: ((cpuSeconds(server.pid) - before.contestant) * 1_000) / reply.all,
    subgraphRequestsPerQuery: (await subgraphs.count()) / reply.all,
    subgraphsCpu: (cpuSeconds(subgraphs.pid) - before.subgraphs) / elapsed,
    rssMaxMb: memoryMb(server.pid).most,
  }
}
