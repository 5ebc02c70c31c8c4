// Long because it is the list of what a gateway is made of, and how the parts are joined.
import { newTraceparent } from '@commerce/events/trace.ts'
import { listen } from '@commerce/service/http.ts'
import type { Running } from '@commerce/service/lifecycle.ts'
import type { Logger } from '@commerce/service/log.ts'
import { GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql'
import { openCaches } from './cache/caches.ts'
import { openConsistency } from './cache/consistency.ts'
import { tooMany } from './cache/unheard.ts'
import type { GatewayConfig } from './config.ts'
import { openDocuments } from './documents/documents.ts'
import { type Asker, seenByNobody, subgraphHeaders } from './execute/headers.ts'
import { type Operation, type Result, refused, runOperation } from './execute/operation.ts'
import type { RunCall } from './execute/running.ts'
import { writtenData } from './execute/written.ts'
import { admission } from './http/admission.ts'
import type { ClientOptions } from './http/clients.ts'
import { Connections } from './http/connections.ts'
import type { Prepared, RequestContext } from './http/context.ts'
import { serveEventStreams } from './http/event-streams.ts'
import { knownRequests } from './http/known-requests.ts'
import { openPipelines } from './http/pipelines.ts'
import { routes } from './http/routes.ts'
import { serveSockets } from './http/sockets.ts'
import { publishCacheGauges } from './observe/cache-gauges.ts'
import { publishDocumentCounts } from './observe/document-counts.ts'
import { publishGauges } from './observe/gauges.ts'
import { LiveCounts } from './observe/live-counts.ts'
import type { TraceContext } from './observe/observer.ts'
import { startObserving } from './observe/observing.ts'
import { countRefused, observeRun } from './observe/operations.ts'
import { openSubgraphs } from './subgraphs/client.ts'
import { subgraphLog } from './subgraphs/told.ts'
import { unknownSubgraph } from './subgraphs/upstream.ts'
import type { EventFeed } from './subscribe/feed.ts'
import { liveOperations } from './subscribe/live.ts'
import { documentReader } from './supergraph/documents.ts'
import type { Graph } from './supergraph/graph.ts'
import { contractGone, LiveSupergraph } from './supergraph/life.ts'
import { type Planner, planInWorker } from './supergraph/planner.ts'
import { fileSource, type SupergraphSource } from './supergraph/source.ts'
import { viewerKeyOf } from './viewer/key.ts'
import { shownBy } from './viewer/shown.ts'
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
  openPlanner: (sdl: string) => Promise<Planner> = (sdl) => planInWorker(sdl, config.planner),
): Promise<Gateway> {
  let stopping = false
  const observing = await startObserving(config.observe, log)
  const { metrics } = observing
  const admitted = admission(config.limits)
  const documents = await openDocuments({
    folder: config.operations,
    mode: config.trustedDocuments,
    watchMs: config.documentsWatchMs,
    parse: admitted.parse,
    log,
  })
  const subgraphs = openSubgraphs({
    urlOf: (service) => config.subgraphUrls[service] ?? supergraph.urlOf(service),
    timeoutMs: config.subgraphTimeoutMs,
    maxAnswerBytes: config.maxAnswerBytes,
    connections: config.subgraphConnections,
    breaker: config.subgraphBreaker,
    onCall: (report) => metrics.fetch(report),
    onChange: subgraphLog(log),
    share: config.shareInFlight ? { epoch: () => caches.epoch, maxEntries: 10_000 } : undefined,
  })
  const callFor = (asker: Asker, signal: AbortSignal | undefined): RunCall => ({
    headers(isPublic) {
      const floors = caches.unheard.floors()
      return subgraphHeaders(config.secret, isPublic ? { ...asker, viewer: null } : asker, {
        floors: floors === tooMany ? null : floors,
        seen: asker.passesCaches || floors === tooMany ? seenByNobody : (feed?.seen ?? null),
      })
    },
    isAlone: asker.passesCaches ?? false,
    signal,
    deadline: performance.now() + config.requestTimeoutMs,
    trace: asker.trace,
  })
  // An answer that was begun before a change is never given to who asks after it.
  const caches = openCaches(feed, config.cache)
  const consistency = openConsistency(config.secret, caches, feed)
  const run = (prepared: Prepared, asker: Asker, signal: AbortSignal | undefined) =>
    observeRun(metrics, prepared.operation.definition, asker, () => runOnce(prepared, asker, signal))
  const answer = (prepared: Prepared, asker: Asker, signal: AbortSignal | undefined): Promise<Result> =>
    run(prepared, asker, signal).catch((error: unknown) => {
      // What its viewer is shown could not be decided or planned.
      if (error instanceof GraphQLError) return refused([error])
      throw error
    })
  const shownTo = shownBy(config.holdPolicies, config.subgraphTimeoutMs)
  const viewOf = async (prepared: Prepared, { viewer }: Asker): Promise<Pick<Prepared, 'operation' | 'bound'>> => {
    const operation = await shownTo(prepared.operation, viewer)
    if (operation === prepared.operation) return prepared
    const bound = operation.bind(prepared.bound.variables)
    if ('errors' in bound) throw bound.errors[0]
    return { operation, bound }
  }
  const runOnce = async (prepared: Prepared, asker: Asker, signal: AbortSignal | undefined) => {
    const { operation, bound } = prepared.operation.views ? await viewOf(prepared, asker) : prepared
    if (operation.definition.operation !== 'mutation') {
      const cached = asker.passesCaches ? undefined : caches.run(viewerKeyOf(asker.viewer))
      return runOperation(operation, bound, subgraphs, callFor(asker, signal), cached)
    }
    // What was begun is finished, whether or not the client still waits.
    try {
      const result = await runOperation(operation, bound, subgraphs, callFor(asker, undefined))
      // Before it is answered: who asks next sees what it changed.
      caches.learn(result.changed ?? [])
      return result
    } finally {
      caches.changed()
    }
  }
  const supergraph = new LiveSupergraph({
    source,
    openPlanner,
    recorded: () => documents.recorded,
    maxPlans: config.maxPlans,
    maxPlanBytes: config.maxPlanBytes,
    unauthorized: config.unauthorized,
    planned: (outcome, ms) => metrics.plan(outcome, ms),
    log,
    prepare: (graph) => pipelines.prepare(graph),
    execute: async (graph, { document, source, request, context: untyped }) => {
      const context = untyped as RequestContext
      try {
        const planning = context.trace?.phase('graphql.plan')
        const planned = graph.operation(document, source, request.operationName)
        const operation = await (planning ? planned.finally(() => planning.end()) : planned)
        if (operation.definition.operation === 'subscription') return { errors: [needsSocket()] }
        const bound = operation.bind(request.variables ?? {})
        if ('errors' in bound) return { errors: bound.errors }
        const prepared = { graph, operation, bound }
        context.accepted(prepared)
        const result = await run(prepared, context, context.signal)
        context.ran(result)
        return { data: writtenData(result) }
      } catch (error) {
        // Thrown to Apollo Server, what the client did wrong would be a fault of ours.
        if (error instanceof GraphQLError) return { errors: [error] }
        throw error
      }
    },
  })
  const pipelines = openPipelines(supergraph, { introspection: config.introspection, metrics, log })
  await pipelines.start()
  const read = documentReader({
    parse: admitted.parse,
    rules: config.introspection ? [] : [NoSchemaIntrospectionCustomRule],
    suggestions: config.introspection,
    maxDocuments: config.maxPlans,
    maxText: config.maxPlannedText,
  })
  const compile = async (
    graph: Graph,
    { query, operationName }: { query: string; operationName: string | undefined },
  ) => graph.operation(read(graph.apiSchema, query), query, operationName)
  const liveCounts = new LiveCounts()
  const live = liveOperations({
    feed,
    subgraphs,
    maxKeys: config.sockets.keysPerSubscription,
    log,
    decidesEachTime: config.holdPolicies !== null,
    counts: liveCounts,
    compile: async (graph, request) => shownTo(await compile(graph, request), request.viewer),
    callFor: (viewer) => callFor({ viewer, traceparent: newTraceparent() }, undefined),
  })
  const forget = supergraph.onReplaced((graph) => void live.replaceGraph(graph))

  const unknownSubgraphs = () =>
    Object.fromEntries([...(supergraph.current?.urls.keys() ?? [])].map((name) => [name, unknownSubgraph]))
  const readiness = () => ({
    supergraph: supergraph.current !== undefined,
    eventsCurrent: feed ? feed.current : null,
    cacheServing: caches.serving,
    cacheStalled: caches.stalled,
    stopping,
    subgraphs: { ...unknownSubgraphs(), ...subgraphs.states() },
  })
  const known = knownRequests(config.maxKnownBytes)
  documents.onReplaced(() => known.forget())
  const authenticate = authenticator(config.tokens)
  const handler = routes({
    pipeline: pipelines.of,
    authenticate,
    admission: admitted,
    documents,
    metrics,
    bodyLimit: config.bodyLimit,
    graphiql: config.introspection,
    origins: config.origins,
    readiness,
    known,
    graph: () => supergraph.current as Graph,
    part: (contract) => supergraph.part(contract),
    scopeOf: (viewer) => (config.shareInFlight ? `${caches.epoch} ${viewerKeyOf(viewer)}` : ''),
    caches,
    isDecidedEachTime: ({ views }) => config.holdPolicies !== null && (views?.policies.length ?? 0) > 0,
    tellsCaches: config.introspection,
    consistency,
    run: answer,
    stream: (request, response, contract) => streams.answer(request, response, contract),
  })
  const http = await listen(config, observing.around(handler), (error) => log.error({ err: error }, 'a request failed'))
  const clients: ClientOptions = {
    limits: config.sockets,
    connections: new Connections(config.sockets),
    origins: config.origins,
    authenticate,
    log,
    isThere: (contract) => supergraph.part(contract) !== undefined,
    refused: (error) => countRefused(metrics, '', [error], performance.now()),
    async prepare({ contract, identity, transport, since, count, document: asked, ...rest }) {
      const viewer = identity?.viewer ?? null
      const request = { ...rest, query: documents.admit(asked, rest.operationName).text }
      let graph: Graph
      let operation: Operation
      do {
        const part = supergraph.part(contract)
        if (!part) throw contractGone(contract)
        graph = part
        const parsed = read(graph.apiSchema, request.query)
        admitted.admit(graph.fullSchema, parsed, request.operationName, request.variables)
        operation = await compile(graph, request)
        if (operation.definition.operation === 'subscription') operation = await shownTo(operation, viewer)
        // A subscription that joins the old graph after all others moved to the new one would stay there.
      } while (graph !== supergraph.part(contract))
      const schema = graph.apiSchema
      const document = read(schema, request.query)
      if (operation.definition.operation === 'subscription') {
        return { schema, document, run: live.open(graph, operation, { ...request, viewer }, { since, count }) }
      }
      const bound = operation.bind(request.variables)
      if ('errors' in bound) {
        countRefused(metrics, operation.definition.operation, bound.errors, performance.now())
        return { schema, document, run: async () => refused(bound.errors) }
      }
      const traced = (trace: TraceContext) => answer({ graph, operation, bound }, { viewer, ...trace }, undefined)
      return { schema, document, run: () => observing.overSocket(operation.definition, traced, transport) }
    },
  }
  const sockets = serveSockets(http.server, clients)
  const streams = serveEventStreams(clients)

  const supergraphSeen = { replacements: 0, since: Date.now() / 1000 }
  const forgetSeen = supergraph.onReplaced(() => {
    supergraphSeen.replacements++
    supergraphSeen.since = Date.now() / 1000
  })
  publishGauges(metrics, {
    subgraphs: () => subgraphs.states(),
    plans: () =>
      supergraph.current && { ...supergraph.current.operations.size(), ...supergraph.current.operations.lookups },
    known: known.counts,
    kept: caches.responses.counts,
    connections: () => sockets.size,
    streams: () => streams.size,
    subscriptions: () => live.size(),
    live: liveCounts,
    socketMessages: () => sockets.counts,
    supergraph: supergraphSeen,
  })
  publishCacheGauges(metrics, caches)
  publishDocumentCounts(metrics, documents)
  documents.watch()

  return {
    url: http.url,
    reload: () => supergraph.reload(),
    async stop() {
      stopping = true
      documents.close()
      const closing = http.close()
      await Promise.all([sockets.close(), streams.close()])
      await closing
      forget()
      forgetSeen()
      caches.stop()
      live.stop()
      await pipelines.stop()
      await subgraphs.close()
      await observing.stop()
    },
  }
}

function needsSocket(): GraphQLError {
  const extensions = { code: 'BAD_REQUEST' }
  return new GraphQLError(
    'A subscription needs a WebSocket (graphql-transport-ws) at /graphql, or accept: text/event-stream.',
    { extensions },
  )
}
