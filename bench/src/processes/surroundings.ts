import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { CannotRun } from '../bench.ts'
import type { LoadAsk, LoadReply } from '../load/generator.ts'
import type { SubgraphsAsk } from '../memory/main.ts'
import type { Stops } from '../stops.ts'
import { type Helper, startHelper } from './helper.ts'

/** The memory subgraphs' process. */
export interface Subgraphs {
  pid: number
  /** Their addresses, by name. */
  urls: Record<string, string>
  reset(): Promise<void>
  /** Requests to all of them since the last reset. */
  count(): Promise<number>
}

/** Starts a scenario's subgraphs on a core; with the address of a NATS server they tell it what is written. */
export async function startSubgraphs(
  scenario: string,
  natsUrl: string | null,
  core: number | null,
  stops: Stops,
): Promise<Subgraphs> {
  const memory = startHelper<SubgraphsAsk, Record<string, string & number>>(
    join(import.meta.dirname, '../memory/main.ts'),
    natsUrl === null ? [scenario] : [scenario, natsUrl],
    core,
  )
  stops.add(memory.stop)
  return {
    pid: memory.pid,
    urls: await memory.ask('urls'),
    async reset() {
      await memory.ask('reset')
    },
    count: async () => Object.values(await memory.ask('counts')).reduce<number>((sum, count) => sum + count, 0),
  }
}

/** Starts the load generator on a core. */
export function startLoad(core: number | null, stops: Stops): Helper<LoadAsk, LoadReply> {
  const load = startHelper<LoadAsk, LoadReply>(join(import.meta.dirname, '../load/main.ts'), [], core)
  stops.add(load.stop)
  return load
}

/** One request as the load generator makes it; resolves to the body's bytes. */
export async function ask(url: string, body: string): Promise<Buffer> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'accept-encoding': 'identity' }
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) })
  return Buffer.from(await response.arrayBuffer())
}

/** What every further answer of a contestant must be; throws when this one is another than plain graphql-js gives on one schema. */
export function accepted(contestant: string, answer: Buffer, expected: string): LoadAsk['answer'] {
  if (!isDeepStrictEqual(JSON.parse(answer.toString()), JSON.parse(expected))) {
    throw new CannotRun(
      `${contestant} answers otherwise than graphql-js on one schema: ${answer.toString().slice(0, 300)}`,
    )
  }
  return { bytes: answer.length, sha1: createHash('sha1').update(answer).digest('hex') }
}
