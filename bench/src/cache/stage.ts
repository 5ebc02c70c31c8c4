import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotRun, type Tools } from '../bench.ts'
import type { LoadAsk, LoadReply } from '../load/generator.ts'
import type { Helper } from '../processes/helper.ts'
import { startNatsInFolder } from '../processes/nats.ts'
import type { Cores } from '../processes/pin.ts'
import { type Server, startServer } from '../processes/server.ts'
import { accepted, ask, type Subgraphs, startLoad, startSubgraphs } from '../processes/surroundings.ts'
import { priceOf } from '../scenarios/prices.ts'
import type { WrittenScenario } from '../scenarios/scenario.ts'
import { compose, composeScenario, referenceAnswer } from '../scenarios/scenarios.ts'
import { stopList } from '../stops.ts'
import { type Contestant, contestants, type Files } from './contestants.ts'

/** How long a gateway may take until it keeps answers. */
const KEEPING_MS = 20_000

/** A contestant that runs and has answered correctly. */
export interface Entrant extends Contestant {
  server: Server
  answer: LoadAsk['answer']
  /** Where its mutations go, and where its answers show what they wrote. */
  writeTo: string
  at: number[]
}

/** One scenario with everything running. */
export interface Stage {
  scenario: WrittenScenario
  body: string
  mutations: string[]
  load: Helper<LoadAsk, LoadReply>
  subgraphs: Subgraphs
  entrants: Entrant[]
  stop(): Promise<void>
}

/** Starts NATS, subgraphs, load generator and the contestants that are `wanted`; none is timed that answers otherwise than graphql-js. */
export async function setStage(
  scenario: WrittenScenario,
  cores: Cores,
  wanted: (contestant: Contestant) => boolean,
  { progress, whenDone, signal }: Tools,
): Promise<Stage> {
  const stops = stopList()
  whenDone(stops.stop)
  const { folder, url: natsUrl } = await startNatsInFolder(cores.others, stops)
  const subgraphs = await startSubgraphs(scenario.name, natsUrl, cores.others, stops)
  const load = startLoad(cores.others, stops)

  const { urls } = subgraphs
  const plain = composeScenario(scenario, urls)
  const reference = JSON.stringify(await referenceAnswer(scenario, plain))
  const expected = JSON.stringify(JSON.parse(reference, (_, value) => scenario.written(value)))
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const files: Files = {
    plain: await file('plain.graphql', plain),
    tagged: await file('tagged.graphql', compose(scenario.tagged, urls)),
    declared: scenario.declared ? await file('declared.graphql', compose(scenario.declared, urls)) : null,
    answer: await file('answer.json', expected),
    natsUrl,
  }

  const body = JSON.stringify({ query: scenario.query, variables: scenario.variables })
  const mutations = scenario.keys.map((key) => JSON.stringify({ query: scenario.mutation, variables: { key } }))
  const entrants: Entrant[] = []
  for (const contestant of contestants(files).filter(wanted)) {
    signal.throwIfAborted()
    progress(`${scenario.name}: starting ${contestant.name}`)
    const server = await startServer(contestant.name, contestant.command, cores.contestant, stops.add)
    if (contestant.keeps) await untilKept(contestant.name, server, body, subgraphs)
    const answer = await ask(server.url, body)
    const mustBe = accepted(contestant.name, answer, expected)
    const at = contestant.shows
      ? scenario.keys.flatMap((_, entity) => offsetsOf(answer, String(priceOf(entity, 0))))
      : []
    if (contestant.shows && at.length < scenario.keys.length)
      throw new CannotRun('An answer does not show all that is written.')
    const writeTo = contestant.shows ? server.url : (urls[scenario.writtenBy] ?? '')
    entrants.push({ ...contestant, server, answer: mustBe, writeTo, at })
  }
  return { scenario, body, mutations, load, subgraphs, entrants, stop: stops.stop }
}

async function untilKept(name: string, { url }: Server, body: string, subgraphs: Subgraphs): Promise<void> {
  for (const end = Date.now() + KEEPING_MS; Date.now() < end; ) {
    await ask(url, body)
    await subgraphs.reset()
    await ask(url, body)
    if ((await subgraphs.count()) === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new CannotRun(`${name} did not answer from its cache within ${KEEPING_MS / 1_000} s.`)
}

function offsetsOf(answer: Buffer, text: string): number[] {
  const found: number[] = []
  for (let at = answer.indexOf(text); at !== -1; at = answer.indexOf(text, at + text.length)) found.push(at)
  return found
}
