import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connectEvents } from '@commerce/events/connection.ts'
import { startFeed } from '@commerce/events/feed.ts'
import { readConfig } from '@commerce/service/config.ts'
import { runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import { gatewayConfig, gatewayEnvironment, subgraphUrlsFrom } from './config.ts'
import { startGateway } from './server.ts'
import { type ConnectedFeed, lateFeed } from './subscribe/late-feed.ts'

const help = `The gateway of the commerce supergraph.

Usage: npm run gateway -- [options]

  --supergraph <file>  the composed supergraph (SUPERGRAPH, default schema/supergraph.graphql)
  --port <number>      where to listen; 0 takes a free port (PORT, default 4000)
  --help               this text

Further settings come from the environment: HOST, NATS_URL, GATEWAY_SECRET, JWT_SECRET or JWT_JWKS_URL, JWT_ISSUER,
JWT_AUDIENCE, SUBGRAPH_URL_<NAME>, SUBGRAPH_TIMEOUT_MS, CORS_ORIGINS, INTROSPECTION, MAX_CONNECTIONS, LOG_LEVEL.
See gateway/README.md.
`

const { values } = parseArgs({
  options: { supergraph: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean' } },
})

if (values.help) process.stdout.write(help)
else {
  const log = createLog('gateway', process.env.LOG_LEVEL || 'info')
  await runProcess(log, async () => {
    const environment = readConfig(gatewayEnvironment, { ...process.env, ...(values.port && { PORT: values.port }) })
    const file =
      values.supergraph ??
      environment.SUPERGRAPH ??
      fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))
    const config = gatewayConfig(environment, subgraphUrlsFrom(process.env), file)
    const { NATS_URL } = environment
    if (!NATS_URL) return startGateway(config, log)
    const feed = lateFeed(() => connectFeed(NATS_URL), log, 1_000)
    const gateway = await startGateway(config, log, feed)
    return {
      url: gateway.url,
      async stop() {
        await gateway.stop()
        await feed.stop()
      },
    }
  })

  async function connectFeed(url: string): Promise<ConnectedFeed> {
    const connection = await connectEvents({ url, name: 'gateway', log })
    const feed = await startFeed(connection, ['catalog.>', 'inventory.>', 'checkout.>'])
    return {
      ended: connection.ended,
      get current() {
        return feed.current
      },
      subscribe: (listener) => feed.subscribe(listener),
      async stop() {
        await feed.stop()
        await connection.close()
      },
    }
  }
}
