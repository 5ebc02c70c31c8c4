import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connectEvents, SOURCES } from '@commerce/events/connection.ts'
import { startFeed } from '@commerce/events/feed.ts'
import { openSupergraphStore } from '@commerce/events/supergraph-store.ts'
import { readConfig } from '@commerce/service/config.ts'
import { type Running, runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import type { z } from 'zod'
import { gatewayConfig, gatewayEnvironment, subgraphUrlsFrom } from './config.ts'
import { refuseUnsafe } from './production.ts'
import { publish } from './publish.ts'
import { startGateway } from './server.ts'
import { type ConnectedFeed, lateFeed } from './subscribe/late-feed.ts'
import { graphOnNats, publishedSource } from './supergraph/published.ts'
import { fileSource } from './supergraph/source.ts'

const help = `The gateway of the commerce supergraph.

Usage: npm run gateway -- [options]

  --supergraph <file>  the composed supergraph (SUPERGRAPH, default schema/supergraph.graphql), or "nats" for the one
                       that is published on NATS ("nats:<graph>" where several are), which all replicas take over together
  --fallback <file>    what to start with when NATS has none within 5 seconds (SUPERGRAPH_FALLBACK, default: do not start)
  --operations <folder>  recorded operations, planned before clients ask for them (OPERATIONS)
  --publish <file>     checks a supergraph and publishes it on NATS, instead of starting a gateway
  --swap-in <seconds>  when published supergraphs are taken over (default 5)
  --port <number>      where to listen; 0 takes a free port (PORT, default 4000)
  --help               this text

Further settings come from the environment: HOST, NATS_URL, GATEWAY_SECRET, JWT_SECRET or JWT_JWKS_URL, JWT_ISSUER,
JWT_AUDIENCE, SUBGRAPH_URL_<NAME>, SUBGRAPH_TIMEOUT_MS, CORS_ORIGINS, INTROSPECTION, MAX_OPERATION_COST,
MAX_OPERATION_DEPTH, NODE_ENV, MAX_CONNECTIONS, METRICS_TOKEN,
OTEL_EXPORTER_OTLP_ENDPOINT, LOG_LEVEL.
See gateway/README.md.
`

const log = createLog('gateway', process.env.LOG_LEVEL || 'info')
try {
  await main()
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  log.fatal(code?.startsWith('ERR_PARSE_ARGS') ? `${message}. See --help.` : message)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      supergraph: { type: 'string' },
      fallback: { type: 'string' },
      operations: { type: 'string' },
      publish: { type: 'string' },
      'swap-in': { type: 'string', default: '5' },
      port: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const readEnvironment = () =>
    readConfig(gatewayEnvironment, {
      ...process.env,
      ...(values.port && { PORT: values.port }),
      ...(values.supergraph && { SUPERGRAPH: values.supergraph }),
      ...(values.fallback && { SUPERGRAPH_FALLBACK: values.fallback }),
      ...(values.operations && { OPERATIONS: values.operations }),
    })
  if (values.help) process.stdout.write(help)
  else if (values.publish === undefined) await runProcess(log, () => start(readEnvironment()))
  else {
    const { NATS_URL, SUPERGRAPH = '' } = readEnvironment()
    const release = { file: values.publish, graph: graphOnNats(SUPERGRAPH) ?? 'current', swapIn: values['swap-in'] }
    await publish(release, NATS_URL, log)
  }
}

async function start(environment: z.infer<typeof gatewayEnvironment>): Promise<Running> {
  refuseUnsafe(environment)
  const place = environment.SUPERGRAPH ?? fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))
  const config = gatewayConfig(environment, subgraphUrlsFrom(process.env), place)
  const { NATS_URL, SUPERGRAPH_FALLBACK } = environment
  const graph = graphOnNats(place)
  if (!NATS_URL) {
    if (graph) throw new Error(`The supergraph is to come from NATS ("${place}"): say in NATS_URL where that is.`)
    return startGateway(config, log)
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
  const feed = lateFeed(SOURCES, () => connectFeed(NATS_URL), log, 1_000)
  const gateway = await startGateway(config, log, feed, source)
  return {
    url: gateway.url,
    async stop() {
      await gateway.stop()
      await feed.stop()
    },
  }
}

async function connectFeed(url: string): Promise<ConnectedFeed> {
  const connection = await connectEvents({ url, name: 'gateway', log })
  const feed = await startFeed(
    connection,
    SOURCES.map((source) => `${source}.>`),
  )
  return {
    ended: connection.ended,
    sources: feed.sources,
    has: (seen) => feed.has(seen),
    stalled: feed.stalled,
    get current() {
      return feed.current
    },
    get seen() {
      return feed.seen
    },
    subscribe: (listener) => feed.subscribe(listener),
    async stop() {
      await feed.stop()
      await connection.close()
    },
  }
}
