import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer } from '@apollo/server'
import { answerError, executeGraphQL, readBody, sendAnswer } from '@commerce/service/http.ts'
import type { Caches } from '../cache/caches.ts'
import { type Consistency, consistencyHeader, type Hearing } from '../cache/consistency.ts'
import type { KeptResponse } from '../cache/responses.ts'
import type { Documents } from '../documents/documents.ts'
import { type Asker, traceparentFrom } from '../execute/headers.ts'
import type { Operation, Result } from '../execute/operation.ts'
import { holdsData } from '../execute/written.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { TraceContext } from '../observe/observer.ts'
import { countRefused } from '../observe/operations.ts'
import type { Graph } from '../supergraph/graph.ts'
import { contractGone } from '../supergraph/life.ts'
import { viewerKeyOf } from '../viewer/key.ts'
import { type Authenticate, TokenError } from '../viewer/tokens.ts'
import type { Admission } from './admission.ts'
import { type Answered, writeAnswer } from './answering.ts'
import { tellCacheStatus } from './cache-status.ts'
import type { Prepared, RequestContext } from './context.ts'
import { answerKnown } from './flights.ts'
import { type KnownRequest, type KnownRequests, requestKey } from './known-requests.ts'
import { type AnswerForm, answerForm, refusalOf, statusOf } from './negotiation.ts'
import { readRequest, refusedAnswer } from './reading.ts'

/** What operations over HTTP are answered with. */
export interface OperationOptions {
  /** The pipeline of the whole API, or of a contract. */
  pipeline(contract: string | undefined): ApolloServer<RequestContext> | undefined
  known: KnownRequests
  admission: Admission
  documents: Documents
  metrics: Metrics
  /** The graph that new requests run on. */
  graph(): Graph
  /** The part of it that a contract is; undefined when it has none of that name. */
  part(contract: string | undefined): Graph | undefined
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
}

/** One request, and what is known of who asks. */
interface Incoming extends Hearing {
  request: IncomingMessage
  response: ServerResponse
  trace: TraceContext | undefined
  viewer: Asker['viewer']
  body: string | null
  /** Under which it is known when it comes again. */
  key: string
  /** The contract that is asked; none is the whole API. */
  contract: string | undefined
}

/** Answers a request to the API, or to a contract: with what is kept, by a run alone when it is known, else through the pipeline. */
export async function answerOperation(
  options: OperationOptions,
  request: IncomingMessage,
  response: ServerResponse,
  trace: TraceContext | undefined,
  contract: string | undefined,
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
    if (error instanceof TokenError) return refuseToken(response, error)
    throw error
  }
  const hearing = options.consistency.hear(request.headers[consistencyHeader])
  const body = request.method === 'POST' ? await readBody(request, options.bodyLimit) : null
  const key = requestKey(request, body)
  const incoming: Incoming = { ...hearing, request, response, trace, viewer, body, key, contract }
  const known = options.known.get(options.graph(), key)
  return known ? runKnown(options, known, incoming) : runPipeline(options, incoming)
}

function runKnown(options: OperationOptions, known: KnownRequest, incoming: Incoming): Promise<void> | undefined {
  const { request, response, trace, viewer, isFresh } = incoming
  const { operation } = known.prepared
  const { counts } = options.known
  counts.hits++
  options.documents.again(known.admitted)
  known.prepared.graph.operations.used(operation)
  trace?.trace?.operation(operation.definition)
  const write = (answered: Answered) => {
    if (options.tellsCaches) tellCacheStatus(request, response, answered.parts)
    writeAnswer(request, response, known.headers, answered)
  }
  const mayBeKept = isFresh && !options.isDecidedEachTime(operation)
  const kept = mayBeKept ? options.caches.responses.find(known.id, viewerKeyOf(viewer)) : undefined
  if (kept) {
    write({ ...kept, kept })
    return undefined
  }
  const run = async (signal: AbortSignal): Promise<Answered> => {
    counts.runs++
    const result = await options.run(known.prepared, askerOf(incoming), signal)
    const status = statusOf(known.form, holdsData(result), result.errors)
    const whole = { status, bytes: Buffer.from(result.text) }
    return { ...whole, parts: result.cached?.parts ?? null, kept: keep(options, known, viewer, whole, result) }
  }
  return answerKnown(known, isFresh ? options.scopeOf(viewer) : '', run, response, write)
}

async function runPipeline(options: OperationOptions, incoming: Incoming): Promise<void> {
  const { request, response, viewer, body, key, tokenAfter, contract } = incoming
  options.known.counts.misses++
  const form = answerForm(request.headers.accept) as AnswerForm
  const begun = performance.now()
  const { age } = options.known
  let read: ReturnType<typeof readRequest>
  try {
    read = readRequest(request, body, form, options.admission, options.documents, options.graph())
  } catch (error) {
    const { answer, errors } = refusedAnswer(error, form)
    countRefused(options.metrics, '', errors, begun)
    return sendAnswer(response, answer)
  }
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  else {
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
  }
  const pipeline = options.pipeline(contract)
  // It was there when the request came.
  if (!pipeline) return sendAnswer(response, refusedAnswer(contractGone(contract), form).answer)
  let prepared: Prepared | undefined
  let result: Result | undefined
  const answer = await executeGraphQL(pipeline, read, async () => ({
    ...askerOf(incoming),
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
  const accepting = { prepared, headers, form, admitted: read.admitted }
  const accepted =
    graph === options.part(contract) ? options.known.set(options.graph(), key, accepting, age) : undefined
  const kept = accepted && keep(options, accepted, viewer, whole, result)
  writeAnswer(request, response, headers, { ...whole, kept })
}

/** Keeps a whole response if it may be; what its viewer may not read makes it theirs alone. */
function keep(
  { caches, isDecidedEachTime }: OperationOptions,
  { id, prepared: { operation } }: KnownRequest,
  viewer: Asker['viewer'],
  whole: Pick<KeptResponse, 'status' | 'bytes'>,
  result: Result,
): KeptResponse | undefined {
  if (isDecidedEachTime(operation)) return undefined
  return caches.responses.keep(id, viewerKeyOf(viewer), operation.views !== undefined, whole, result)
}

function askerOf({ request, trace, viewer, isFresh }: Incoming): Asker {
  const context = trace ?? { traceparent: traceparentFrom(request.headers.traceparent) }
  return { viewer, passesCaches: !isFresh, ...context }
}

/** Tells why a token is not accepted. */
export function refuseToken(response: ServerResponse, { status, message }: TokenError): void {
  const isInvalid = status === 401
  if (isInvalid) response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
  answerError(response, status, isInvalid ? 'UNAUTHENTICATED' : 'AUTHENTICATION_UNAVAILABLE', message)
}

function tooLarge({ bodyLimit }: OperationOptions, response: ServerResponse): void {
  // The rest of the body is not read, so the connection cannot be used again.
  response.setHeader('connection', 'close')
  answerError(response, 413, 'REQUEST_TOO_LARGE', `The request body is larger than ${bodyLimit} bytes.`)
}
