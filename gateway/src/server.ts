import { newTraceparent } from '@commerce/events/trace.ts'
import { listen } from '@commerce/service/http.ts'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { encodeViewer } from '@commerce/service/viewer.ts'
import { GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql'
import type { GatewayConfig } from './config.ts'
import { type Asker, subgraphHeaders } from './execute/headers.ts'
import { type Operation, refused, runOperation } from './execute/operation.ts'
import { writtenData } from './execute/written.ts'
import { createPipeline } from './http/apollo.ts'
import type { Prepared, RequestContext } from './http/context.ts'
import { knownRequests } from './http/known-requests.ts'
import { withinLimits } from './http/limits.ts'
import { routes } from './http/routes.ts'
import { serveSockets } from './http/sockets.ts'
import type { Call } from './subgraphs/call.ts'
import { openSubgraphs } from './subgraphs/client.ts'
import { unknownSubgraph } from './subgraphs/upstream.ts'
import type { EventFeed } from './subscribe/feed.ts'
import { createFloors } from './subscribe/floors.ts'
import { liveOperations } from './subscribe/live.ts'
import { documentReader } from './supergraph/documents.ts'
import type { Graph } from './supergraph/graph.ts'
import { LiveSupergraph } from './supergraph/life.ts'
import { readRecorded } from './supergraph/recorded.ts'
import { fileSource, type SupergraphSource } from './supergraph/source.ts'
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
  source: SupergraphSource = fileSource(config.supergraph, config.watchMs),
): Promise<Gateway> {
  let stopping = false
  const { operations: recorded, problems } = await readRecorded(config.operations)
  for (const problem of problems) log.warn(problem)
  const floors = createFloors(Date.now)
  const subgraphs = openSubgraphs({
    urlOf: (service) => config.subgraphUrls[service] ?? supergraph.urlOf(service),
    timeoutMs: config.subgraphTimeoutMs,
    maxAnswerBytes: config.maxAnswerBytes,
    connections: config.subgraphConnections,
    breaker: config.subgraphBreaker,
    share: config.shareInFlight ? { epoch: () => epoch, maxEntries: 10_000 } : undefined,
  })
  const callFor = (asker: Asker, signal: AbortSignal | undefined, known = floors.header()): Call => ({
    headers: subgraphHeaders(config.secret, asker, known),
    repeatable: true,
    signal,
    deadline: performance.now() + config.requestTimeoutMs,
  })
  // What is known to have changed: an answer that was begun before a change is never given to who asks after it.
  let epoch = 0
  const changed = () => {
    epoch++
  }
  const unsubscribe = feed?.subscribe({ event: changed, lost: changed, recovered: changed })
  const run = async ({ operation, bound }: Prepared, asker: Asker, signal: AbortSignal | undefined) => {
    if (operation.definition.operation !== 'mutation') {
      return runOperation(operation, bound, subgraphs, callFor(asker, signal))
    }
    // What was begun is finished, whether or not the client still waits.
    try {
      return await runOperation(operation, bound, subgraphs, callFor(asker, undefined))
    } finally {
      changed()
    }
  }
  const supergraph = new LiveSupergraph({
    source,
    planner: config.planner,
    recorded,
    maxPlans: config.maxPlans,
    maxPlanBytes: config.maxPlanBytes,
    log,
    execute: async (graph, { document, source, request, context: untyped }) => {
      const context = untyped as RequestContext
      try {
        const operation = await graph.operation(document, source, request.operationName)
        if (operation.definition.operation === 'subscription') return { errors: [needsSocket()] }
        const bound = operation.bind(request.variables ?? {})
        if ('errors' in bound) return { errors: bound.errors }
        const prepared = { graph, operation, bound }
        context.accepted(prepared)
        return { data: writtenData(await run(prepared, context, context.signal)) }
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
  const compile = async (
    graph: Graph,
    { query, operationName }: { query: string; operationName: string | undefined },
  ) => graph.operation(read(graph.apiSchema, query), query, operationName)
  const live = liveOperations({
    feed,
    floors,
    subgraphs,
    maxKeys: config.sockets.keysPerSubscription,
    log,
    compile,
    callFor: (viewer, known) => callFor({ viewer, traceparent: newTraceparent() }, undefined, known),
  })
  const forget = supergraph.onReplaced((graph) => void live.replaceGraph(graph))

  const unknownSubgraphs = () =>
    Object.fromEntries([...(supergraph.current?.urls.keys() ?? [])].map((name) => [name, unknownSubgraph]))
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
    known: knownRequests(config.maxKnownBytes),
    graph: () => supergraph.current as Graph,
    scopeOf: ({ viewer }) => (config.shareInFlight ? `${epoch} ${viewer ? encodeViewer(viewer) : ''}` : ''),
    run,
  })
  const http = await listen(config, handler, (error) => log.error({ err: error }, 'a request failed'))
  const sockets = serveSockets(http.server, {
    limits: config.sockets,
    authenticate,
    log,
    async prepare({ identity, count, ...request }) {
      let graph: Graph
      let operation: Operation
      do {
        graph = supergraph.current as Graph
        operation = await compile(graph, request)
        // A subscription that joins the old graph after all others moved to the new one would stay there.
      } while (graph !== supergraph.current)
      const viewer = identity?.viewer ?? null
      const schema = graph.apiSchema
      const document = read(schema, request.query)
      if (operation.definition.operation === 'subscription') {
        return { schema, document, run: live.open(graph, operation, { ...request, viewer }, count) }
      }
      const bound = operation.bind(request.variables)
      if ('errors' in bound) return { schema, document, run: async () => refused(bound.errors) }
      const asker = { viewer, traceparent: newTraceparent() }
      return { schema, document, run: () => run({ graph, operation, bound }, asker, undefined) }
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
      unsubscribe?.()
      live.stop()
      await pipeline.stop()
      await subgraphs.close()
    },
  }
}

function needsSocket(): GraphQLError {
  const extensions = { code: 'BAD_REQUEST' }
  return new GraphQLError('A subscription needs a WebSocket (graphql-transport-ws) at /graphql.', { extensions })
}
