import { newTraceparent } from '@commerce/events/trace.ts'
import { listen } from '@commerce/service/http.ts'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql'
import type { GatewayConfig } from './config.ts'
import { type Asker, subgraphHeaders } from './execute/headers.ts'
import { runOperation } from './execute/operation.ts'
import { openSubgraphs } from './execute/subgraphs.ts'
import { createPipeline } from './http/apollo.ts'
import { withinLimits } from './http/limits.ts'
import { routes } from './http/routes.ts'
import { serveSockets } from './http/sockets.ts'
import type { EventFeed } from './subscribe/feed.ts'
import { createFloors } from './subscribe/floors.ts'
import { liveOperations } from './subscribe/live.ts'
import { documentReader } from './supergraph/documents.ts'
import type { Graph } from './supergraph/graph.ts'
import { LiveSupergraph } from './supergraph/life.ts'
import { authenticator } from './viewer/tokens.ts'

/** A gateway that listens; `reload` takes over a new supergraph file at once and tells whether it is valid. */
export interface Gateway extends Running {
  reload(): Promise<boolean>
}

/**
 * Starts a gateway and resolves when it answers; no subgraph is contacted before the first operation needs it. Without a
 * feed subscriptions answer with an error. Rejects when the supergraph is not valid or the port is taken.
 */
export async function startGateway(
  config: GatewayConfig,
  log: Logger,
  feed: EventFeed | null = null,
): Promise<Gateway> {
  let stopping = false
  const floors = createFloors(Date.now)
  const subgraphs = openSubgraphs({
    urlOf: (service) => config.subgraphUrls[service] ?? supergraph.current?.urls.get(service),
    timeoutMs: config.subgraphTimeoutMs,
    maxAnswerBytes: config.maxAnswerBytes,
    connections: config.subgraphConnections,
    now: () => new Date(),
  })
  const headersFor = (asker: Asker) => subgraphHeaders(config.secret, asker, floors.header())
  const supergraph = new LiveSupergraph({
    file: config.supergraph,
    watchMs: config.watchMs,
    maxPlans: config.maxPlans,
    maxPlannedText: config.maxPlannedText,
    log,
    execute: async (graph, { document, source, request, context }) => {
      try {
        const operation = graph.operation(document, source, request.operationName)
        return await runOperation(operation, request.variables ?? {}, subgraphs, headersFor(context as Asker))
      } catch (error) {
        // Thrown to Apollo Server, what the client did wrong would be a fault of ours.
        if (error instanceof GraphQLError) return { errors: [error] }
        throw error
      }
    },
  })
  const pipeline = createPipeline({
    gateway: supergraph,
    introspection: config.introspection,
    limits: config.limits,
    log,
  })
  await pipeline.start()
  const read = documentReader({
    rules: [withinLimits(config.limits), ...(config.introspection ? [] : [NoSchemaIntrospectionCustomRule])],
    maxTokens: config.limits.tokens,
    maxDocuments: config.maxPlans,
    maxText: config.maxPlannedText,
  })
  const compile = (graph: Graph, { query, operationName }: { query: string; operationName: string | undefined }) =>
    graph.operation(read(graph.apiSchema, query), query, operationName)
  const live = liveOperations({
    feed,
    floors,
    subgraphs,
    maxKeys: config.sockets.keysPerSubscription,
    log,
    compile,
    headersFor: (viewer, known) => subgraphHeaders(config.secret, { viewer, traceparent: newTraceparent() }, known),
  })
  const forget = supergraph.onReplaced((graph) => live.replaceGraph(graph))

  const unknownSubgraphs = () =>
    Object.fromEntries(
      [...(supergraph.current?.urls.keys() ?? [])].map((name) => [name, { state: 'unknown' as const, since: null }]),
    )
  const readiness = () => ({
    supergraph: supergraph.current !== undefined,
    eventsCurrent: feed ? feed.current : null,
    stopping,
    subgraphs: { ...unknownSubgraphs(), ...subgraphs.states() },
  })
  const authenticate = authenticator(config.tokens)
  const handler = routes({
    pipeline,
    authenticate,
    bodyLimit: config.bodyLimit,
    origins: config.origins,
    readiness,
  })
  const http = await listen(config, handler, (error) => log.error({ err: error }, 'a request failed'))
  const sockets = serveSockets(http.server, {
    limits: config.sockets,
    authenticate,
    log,
    prepare: ({ identity, count, ...request }) => {
      const graph = supergraph.current as Graph
      const operation = compile(graph, request)
      const viewer = identity?.viewer ?? null
      const run =
        operation.definition.operation === 'subscription'
          ? live.open(graph, { ...request, viewer }, count)
          : () =>
              runOperation(
                operation,
                request.variables,
                subgraphs,
                headersFor({ viewer, traceparent: newTraceparent() }),
              )
      return { schema: graph.apiSchema, document: read(graph.apiSchema, request.query), run }
    },
  })

  return {
    url: http.url,
    reload: () => supergraph.reload(),
    async stop() {
      stopping = true
      const closing = http.close()
      await sockets.close()
      await closing
      forget()
      live.stop()
      await pipeline.stop()
      await subgraphs.close()
    },
  }
}
