import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotRun, type Tools } from '../bench.ts'
import { ours } from '../gateway/contestants.ts'
import { type Helper, startHelper } from '../processes/helper.ts'
import { startNatsInFolder } from '../processes/nats.ts'
import type { Cores } from '../processes/pin.ts'
import { type Server, type ServerCommand, startServer } from '../processes/server.ts'
import { compose } from '../scenarios/scenarios.ts'
import { stopList } from '../stops.ts'
import type { Change, CrowdAsk, CrowdReply } from './crowd.ts'
import { typeDefs } from './subgraph.ts'

const QUERY =
  'subscription ($skus: [String!]!) { availabilityChanged(skus: $skus) { sku version availability { status available } } }'
const SKU = 'LIVE'

/** A server with its own crowd of subscribers. */
export interface Contestant {
  name: 'ours' | 'graphql-ws' | 'bare'
  how: string
  server: Server
  change: Change
  ask(ask: CrowdAsk): Promise<CrowdReply>
  /** Subscribes so many clients to the SKU that is changed, or each to one of its own. */
  open(count: number, apart?: boolean): Promise<CrowdReply>
}

export const contestantNames: readonly string[] = ['ours', 'graphql-ws', 'bare'] satisfies Contestant['name'][]

/** Starts the servers that are `wanted`, and for our gateway NATS and a subgraph; each contestant is alone with its own crowd. */
export async function setStage(
  cores: Cores,
  wanted: readonly string[],
  { progress, whenDone }: Tools,
): Promise<Contestant[]> {
  const stops = stopList()
  whenDone(stops.stop)
  const { folder, url: natsUrl } = await startNatsInFolder(cores.others, stops)
  const subgraph = startHelper<'urls', Record<string, string>>(file('subgraph.ts'), [natsUrl], cores.others)
  stops.add(subgraph.stop)
  const urls = await subgraph.ask('urls')
  const supergraph = join(folder, 'supergraph.graphql')
  await writeFile(supergraph, compose({ inventory: typeDefs }, urls))
  const environment = { NODE_ENV: 'production' }
  const commands: { name: Contestant['name']; how: string; command: ServerCommand; changedAt?: string }[] = [
    {
      name: 'ours',
      how: 'as shipped: the event comes over NATS, the state from a subgraph',
      command: ours({ supergraph }, { NATS_URL: natsUrl, MAX_CONNECTIONS: '20000' }),
      changedAt: urls.inventory ?? '',
    },
    {
      name: 'graphql-ws',
      how: 'graphql-ws over graphql-js, changed in its own memory',
      command: { args: (port) => [server('graphql-ws'), String(port)], environment },
    },
    {
      name: 'bare',
      how: 'ws that sends bytes it has, changed in its own memory: the ceiling',
      command: { args: (port) => [server('bare-ws'), String(port)], environment },
    },
  ]
  const contestants: Contestant[] = []
  for (const { name, how, command, changedAt } of commands.filter((one) => wanted.includes(one.name))) {
    progress(`starting ${name}`)
    const running = await startServer(name, command, cores.contestant, stops.add)
    const crowd: Helper<CrowdAsk, CrowdReply> = startHelper(file('crowd.ts'), [], cores.others)
    stops.add(crowd.stop)
    const body = JSON.stringify({ query: `mutation { change(sku: "${SKU}") }` })
    const subscription = { port: Number(new URL(running.url).port), query: QUERY, variables: { skus: [SKU] } }
    contestants.push({
      name,
      how,
      server: running,
      change: { url: changedAt ?? running.url, body },
      ask: crowd.ask,
      open: (count, apart = false) => crowd.ask({ open: subscription, count, apart }),
    })
  }
  return contestants
}

/** Throws unless all contestants send the same message. */
export function mustAgree(messages: ReadonlyMap<string, string>): void {
  const [first, ...others] = messages.values()
  for (const message of others) {
    if (message !== first)
      throw new CannotRun(`Contestants send different messages: ${[...messages.values()].join('\n')}`)
  }
}

function file(name: string): string {
  return join(import.meta.dirname, name)
}

function server(name: string): string {
  return join(import.meta.dirname, `../servers/${name}.ts`)
}
