import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer } from '@apollo/server'
import {
  answerError,
  answerJson,
  executeGraphQL,
  type ReadRequest,
  readBody,
  sendAnswer,
} from '@commerce/service/http.ts'
import type { Caches } from '../cache/caches.ts'
import { type Consistency, consistencyHeader } from '../cache/consistency.ts'
import type { KeptResponse } from '../cache/responses.ts'
import { type Asker, traceparentFrom } from '../execute/headers.ts'
import type { Operation, Result } from '../execute/operation.ts'
import { holdsData } from '../execute/written.ts'
import type { ObservedHandler } from '../observe/http.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { TraceContext } from '../observe/observer.ts'
import { countRefused } from '../observe/operations.ts'
import type { Graph } from '../supergraph/graph.ts'
import { viewerKeyOf } from '../viewer/key.ts'
import { type Authenticate, TokenError } from '../viewer/tokens.ts'
import type { Admission } from './admission.ts'
import { type Answered, writeAnswer } from './answering.ts'
import { tellCacheStatus } from './cache-status.ts'
import type { Prepared, RequestContext } from './context.ts'
import { allowOrigin } from './cors.ts'
import { answerKnown } from './flights.ts'
import { graphiqlPage } from './graphiql.ts'
import { answerReady, type Readiness } from './health.ts'
import { type KnownRequest, type KnownRequests, requestKey } from './known-requests.ts'
import { type AnswerForm, answerForm, refusalOf, statusOf } from './negotiation.ts'
import { readRequest, refusedAnswer } from './reading.ts'

/** What the HTTP side of the gateway is made of. */
export interface RouteOptions {
  pipeline: ApolloServer<RequestContext>
  known: KnownRequests
  admission: Admission
  metrics: Metrics
  /** The graph that new requests run on. */
  graph(): Graph
  /** Names all that an answer depends on besides the request; empty when answers are not to be shared. */
  scopeOf(viewer: Asker['viewer']): string
  caches: Caches
  /** Whether what a viewer is shown of it is decided each time by something that no event tells of: then no response is kept. */
  isDecidedEachTime(operation: Operation): boolean
  /** Whether clients may ask where their answers came from. */
  tellsCaches: boolean
  consistency: Consistency
  run(prepared: Prepared, asker: Asker, signal: AbortSignal): Promise<Result>
  authenticate: Authenticate
  bodyLimit: number
  /** Whether GraphiQL is served. */
  graphiql: boolean
  /** Pages of these origins may ask. */
  origins: readonly string[] | '*'
  readiness(): Readiness
}

/** Answers every HTTP request: GraphQL at `/graphql`, GraphiQL at `/`, health, and a clear 404. */
export function routes(options: RouteOptions): ObservedHandler {
  const graphiql = options.graphiql ? graphiqlPage() : undefined
  return async (request, response, trace) => {
    const path = request.url?.split('?', 1)[0]
    switch (path) {
      case '/graphql':
        if (allowOrigin(options.origins, request, response)) return
        return answerOperation(options, request, response, trace)
      case '/':
        if (graphiql) return graphiql(request, response)
        return nothingHere(response)
      case '/health/live':
        return answerJson(response, 200, { status: 'live' })
      case '/health/ready':
        return answerReady(response, options.readiness())
      default:
        return nothingHere(response)
    }
  }
}

function nothingHere(response: ServerResponse): void {
  answerError(response, 404, 'NOT_FOUND', 'Nothing is here: GraphQL is at /graphql.')
}

async function answerOperation(
  options: RouteOptions,
  request: IncomingMessage,
  response: ServerResponse,
  trace: TraceContext | undefined,
): Promise<void> {
  const refusal = refusalOf(request.method, request.url, request.headers)
  if (refusal) {
    for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value)
    return answerError(response, refusal.status, refusal.code, refusal.message)
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > options.bodyLimit) return tooLarge(options, response)
  let viewer: Asker['viewer']
  try {
    viewer = (await options.authenticate(request.headers.authorization))?.viewer ?? null
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
    return answerError(
      response,
      error.status,
      error.status === 401 ? 'UNAUTHENTICATED' : 'AUTHENTICATION_UNAVAILABLE',
      error.message,
    )
  }
  const { isFresh, tokenAfter } = options.consistency.hear(request.headers[consistencyHeader])
  const body = request.method === 'POST' ? await readBody(request, options.bodyLimit) : null
  const key = requestKey(request, body)
  const { counts } = options.known
  const known = options.known.get(options.graph(), key)
  if (known) {
    counts.hits++
    options.graph().operations.used(known.prepared.operation)
    trace?.trace?.operation(known.prepared.operation.definition)
    const write = (answered: Answered) => {
      if (options.tellsCaches) tellCacheStatus(request, response, answered.parts)
      writeAnswer(request, response, known.headers, answered)
    }
    const mayBeKept = isFresh && !options.isDecidedEachTime(known.prepared.operation)
    const kept = mayBeKept ? options.caches.responses.find(known.id, viewerKeyOf(viewer)) : undefined
    if (kept) return write({ ...kept, kept })
    const run = async (signal: AbortSignal): Promise<Answered> => {
      counts.runs++
      const asker = { ...askerOf(viewer, request, trace), passesCaches: !isFresh }
      const result = await options.run(known.prepared, asker, signal)
      const status = statusOf(known.form, holdsData(result), result.errors)
      const whole = { status, bytes: Buffer.from(result.text) }
      return { ...whole, parts: result.cached?.parts ?? null, kept: keep(options, known, viewer, whole, result) }
    }
    return answerKnown(known, isFresh ? options.scopeOf(viewer) : '', run, response, write)
  }
  counts.misses++
  const form = answerForm(request.headers.accept) as AnswerForm
  const begun = performance.now()
  let read: ReadRequest
  try {
    read = readRequest(request, body, form, options.admission, options.graph())
  } catch (error) {
    const { answer, errors } = refusedAnswer(error, form)
    countRefused(options.metrics, '', errors, begun)
    return sendAnswer(response, answer)
  }
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  else response.once('close', () => gone.abort())
  let prepared: Prepared | undefined
  let result: Result | undefined
  const answer = await executeGraphQL(options.pipeline, read, async () => ({
    ...askerOf(viewer, request, trace),
    passesCaches: !isFresh,
    form,
    signal: gone.signal,
    accepted(value) {
      prepared = value
    },
    ran(value) {
      result = value
      const { changed, cached } = value
      if (changed) response.setHeader(consistencyHeader, tokenAfter(changed))
      if (options.tellsCaches) tellCacheStatus(request, response, cached?.parts ?? null)
    },
  }))
  const { status, headers } = answer
  const isQuery = prepared?.operation.definition.operation === 'query'
  if (!prepared || !result || !isQuery || (status !== 200 && status !== 294)) return sendAnswer(response, answer)
  const whole = { status, bytes: Buffer.from(answer.text) }
  const { graph } = prepared
  const accepted = graph === options.graph() ? options.known.set(graph, key, { prepared, headers, form }) : undefined
  writeAnswer(request, response, headers, {
    ...whole,
    kept: accepted && keep(options, accepted, viewer, whole, result),
  })
}

/** Keeps a whole response if it may be; what its viewer may not read makes it theirs alone. */
function keep(
  { caches, isDecidedEachTime }: RouteOptions,
  { id, prepared: { operation } }: KnownRequest,
  viewer: Asker['viewer'],
  whole: Pick<KeptResponse, 'status' | 'bytes'>,
  result: Result,
): KeptResponse | undefined {
  if (isDecidedEachTime(operation)) return undefined
  return caches.responses.keep(id, viewerKeyOf(viewer), operation.views !== undefined, whole, result)
}

function askerOf(viewer: Asker['viewer'], { headers }: IncomingMessage, trace: TraceContext | undefined): Asker {
  return trace ? { viewer, ...trace } : { viewer, traceparent: traceparentFrom(headers.traceparent) }
}

function tooLarge({ bodyLimit }: RouteOptions, response: ServerResponse): void {
  // The rest of the body is not read, so the connection cannot be used again.
  response.setHeader('connection', 'close')
  answerError(response, 413, 'REQUEST_TOO_LARGE', `The request body is larger than ${bodyLimit} bytes.`)
}
