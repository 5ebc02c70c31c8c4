import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CannotRun, type Tools } from '../bench.ts'
import type { LoadAsk, LoadReply } from '../load/generator.ts'
import type { Helper } from '../processes/helper.ts'
import type { Cores } from '../processes/pin.ts'
import { type Server, startServer } from '../processes/server.ts'
import { accepted, ask, type Subgraphs, startLoad, startSubgraphs } from '../processes/surroundings.ts'
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
  const subgraphs = await startSubgraphs(scenario.name, null, cores.others, stops)
  const load = startLoad(cores.others, stops)

  const supergraphSdl = composeScenario(scenario, subgraphs.urls)
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
    const mustBe = accepted(called, answer, expected)
    const requestsAlone = await subgraphs.count()
    entrants.push({ ...contestant, server, answer: mustBe, requestsAlone })
  }
  return { scenario, body, load, subgraphs, entrants, stop: stops.stop }
}
