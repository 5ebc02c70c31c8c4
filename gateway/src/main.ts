import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSupergraphStore } from '@commerce/events/supergraph-store.ts'
import { ConfigError, readConfig, StartError } from '@commerce/service/config.ts'
import { type Running, runProcess, tellFailedStart } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import type { z } from 'zod'
import { gatewayConfig, gatewayEnvironment, subgraphUrlsFrom } from './config.ts'
import { help } from './help.ts'
import { refuseBusyPort } from './port.ts'
import { refuseUnsafe } from './production.ts'
import { publish } from './publish.ts'
import { startGateway } from './server.ts'
import { natsFeed } from './subscribe/nats-feed.ts'
import { graphOnNats, publishedSource } from './supergraph/published.ts'
import { fileSource } from './supergraph/source.ts'

const log = createLog('gateway', process.env.LOG_LEVEL || 'info')
try {
  await main()
} catch (error) {
  tellFailedStart(log, error)
}

async function main(): Promise<void> {
  const values = readOptions()
  const readEnvironment = () =>
    readConfig(
      gatewayEnvironment,
      {
        ...process.env,
        ...(values.port && { PORT: values.port }),
        ...(values.supergraph && { SUPERGRAPH: values.supergraph }),
        ...(values.fallback && { SUPERGRAPH_FALLBACK: values.fallback }),
        ...(values.operations && { OPERATIONS: values.operations }),
      },
      'See --help.',
    )
  if (values.help) process.stdout.write(help)
  else if (values.publish === undefined) await runProcess(log, () => start(readEnvironment()))
  else {
    const { NATS_URL, SUPERGRAPH = '' } = readEnvironment()
    const release = { file: values.publish, graph: graphOnNats(SUPERGRAPH) ?? 'current', swapIn: values['swap-in'] }
    await publish(release, NATS_URL, log).catch((error: Error) => {
      throw error instanceof StartError ? error : new StartError(error.message)
    })
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        supergraph: { type: 'string' },
        fallback: { type: 'string' },
        operations: { type: 'string' },
        publish: { type: 'string' },
        'swap-in': { type: 'string', default: '5' },
        port: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    // Further lines are about values that begin with a dash.
    const [sentence = ''] = (error as Error).message.split('\n', 1)
    throw new ConfigError(`${sentence.replace(/\.$/, '')}. See --help.`)
  }
}

async function start(environment: z.infer<typeof gatewayEnvironment>): Promise<Running> {
  refuseUnsafe(environment)
  const place = environment.SUPERGRAPH ?? fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))
  const config = gatewayConfig(environment, subgraphUrlsFrom(process.env), place)
  const { NATS_URL, SUPERGRAPH_FALLBACK } = environment
  await refuseBusyPort(config)
  const graph = graphOnNats(place)
  if (!NATS_URL) {
    if (graph) {
      throw new ConfigError(
        `The supergraph is to come from NATS ("${place}"): say in NATS_URL where that is. See --help.`,
      )
    }
    const gateway = await startGateway(config, log)
    log.warn(
      'NATS_URL is not set: subscriptions are off, and no answer is kept, because nothing would tell what changes.',
    )
    return gateway
  }
  const source =
    graph === null
      ? undefined
      : publishedSource({
          store: openSupergraphStore({ url: NATS_URL, name: 'gateway', log }, graph),
          place: `published on NATS as "${graph}"`,
          waitMs: 5_000,
          fallback: SUPERGRAPH_FALLBACK ? fileSource(SUPERGRAPH_FALLBACK, 0) : null,
          log,
        })
  const feed = natsFeed(NATS_URL, log)
  const gateway = await startGateway(config, log, feed, source)
  return {
    url: gateway.url,
    async stop() {
      await gateway.stop()
      await feed.stop()
    },
  }
}
