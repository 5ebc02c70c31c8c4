import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { CannotRun, type Tools } from '../bench.ts'
import type { LoadAsk, LoadReply } from '../load/generator.ts'
import type { SubgraphsAsk } from '../memory/main.ts'
import { type Helper, startHelper } from '../processes/helper.ts'
import type { Cores } from '../processes/pin.ts'
import { type Server, startServer } from '../processes/server.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { composeScenario, referenceAnswer } from '../scenarios/scenarios.ts'
import { stopList } from '../stops.ts'
import { type Contestant, contestants } from './contestants.ts'

/** A contestant that runs and has answered correctly. */
export interface Entrant extends Contestant {
  server: Server
  /** What its every answer must be. */
  answer: LoadAsk['answer']
  /** Subgraph requests of one query while nothing else is asked. */
  requestsAlone: number
}

/** One scenario with everything running. */
export interface Stage {
  scenario: Scenario
  /** The JSON body of its request. */
  body: string
  load: Helper<LoadAsk, LoadReply>
  subgraphs: Subgraphs
  entrants: Entrant[]
  stop(): Promise<void>
}

/** The memory subgraphs' process. */
export interface Subgraphs {
  pid: number
  reset(): Promise<void>
  /** Requests to all of them since the last reset. */
  count(): Promise<number>
}

/**
 * Starts subgraphs, load generator and the contestants that are `wanted`, and compares each one's answer with that of plain
 * graphql-js on one schema before anything is timed. Rejects when one does not start or answers otherwise.
 */
export async function setStage(
  scenario: Scenario,
  cores: Cores,
  wanted: (contestant: Contestant) => boolean,
  { progress, whenDone, signal }: Tools,
): Promise<Stage> {
  const stops = stopList()
  whenDone(stops.stop)

  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  stops.add(() => rm(folder, { recursive: true }))
  const memory = startHelper<SubgraphsAsk, Record<string, string & number>>(
    join(import.meta.dirname, '../memory/main.ts'),
    [scenario.name],
    cores.others,
  )
  stops.add(memory.stop)
  const load = startHelper<LoadAsk, LoadReply>(join(import.meta.dirname, '../load/main.ts'), [], cores.others)
  stops.add(load.stop)
  const subgraphs: Subgraphs = {
    pid: memory.pid,
    async reset() {
      await memory.ask('reset')
    },
    count: async () => Object.values(await memory.ask('counts')).reduce<number>((sum, count) => sum + count, 0),
  }

  const supergraphSdl = composeScenario(scenario, await memory.ask('urls'))
  const expected = JSON.stringify(await referenceAnswer(scenario, supergraphSdl))
  const bytes = Buffer.byteLength(expected)
  if (scenario.answerBytes !== null && bytes !== scenario.answerBytes) {
    throw new CannotRun(`The answer of ${scenario.name} has ${bytes} bytes instead of ${scenario.answerBytes}.`)
  }
  const files = { supergraph: join(folder, 'supergraph.graphql'), answer: join(folder, 'answer.json') }
  await writeFile(files.supergraph, supergraphSdl)
  await writeFile(files.answer, expected)

  const body = JSON.stringify({ query: scenario.query, variables: scenario.variables })
  const entrants: Entrant[] = []
  for (const contestant of contestants(files).filter(wanted)) {
    signal.throwIfAborted()
    const called = `${contestant.name} (sharing ${contestant.sharing})`
    progress(`${scenario.name}: starting ${called}`)
    const server = await startServer(called, contestant.command, cores.contestant, stops.add)
    await ask(server.url, body)
    await subgraphs.reset()
    const answer = await ask(server.url, body)
    if (!isDeepStrictEqual(JSON.parse(answer.toString()), JSON.parse(expected))) {
      throw new CannotRun(
        `${called} answers otherwise than graphql-js on one schema: ${answer.toString().slice(0, 300)}`,
      )
    }
    const sha1 = createHash('sha1').update(answer).digest('hex')
    const requestsAlone = await subgraphs.count()
    entrants.push({ ...contestant, server, answer: { bytes: answer.length, sha1 }, requestsAlone })
  }
  return { scenario, body, load, subgraphs, entrants, stop: stops.stop }
}

/** One request as the load generator makes it; resolves to the body's bytes. */
export async function ask(url: string, body: string): Promise<Buffer> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'accept-encoding': 'identity' }
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) })
  return Buffer.from(await response.arrayBuffer())
}
