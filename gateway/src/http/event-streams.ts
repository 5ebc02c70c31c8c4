// Above the usual length because a stream's ways into the library, and out of it, belong side by side.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '@commerce/service/http.ts'
import { type ExecutionResult, GraphQLError, getOperationAST } from 'graphql'
import { createHandler, type Response } from 'graphql-sse'
import { type Result, refused } from '../execute/operation.ts'
import type { Identity } from '../viewer/tokens.ts'
import { type ClientOptions, countKeys, prepare, tooManyOperations, wishesOf } from './clients.ts'
import { EventClients } from './event-clients.ts'
import {
  answerRefusal,
  checkId,
  events,
  given,
  type Mode,
  modeOf,
  Refusal,
  refuseForeign,
  refuseMalformed,
} from './event-requests.ts'
import type { EventStream, StreamOperation } from './event-stream.ts'
import { type Parameters, parametersOfBody, parametersOfTarget } from './parameters.ts'
import { paced, resultsOf } from './results.ts'

/** The side of a server that speaks GraphQL over Server-Sent Events. */
export interface EventStreams {
  /** Clients that are connected. */
  readonly size: number
  /** Answers a request of the protocol, in distinct connections mode or single connection mode. */
  answer(request: IncomingMessage, response: ServerResponse, contract: string | undefined): Promise<void>
  /** Ends every stream so that its client comes back to another replica, and takes no more. */
  close(): Promise<void>
}

/** One request, as the library gives it back to us. */
interface Visit {
  /** The contract that is asked; none is the whole API. */
  contract: string | undefined
  stream: EventStream
  /** Of the reservation; null where a stream has one operation. */
  token: string | null
  method: string
  parameters: Parameters | null
  /** Where a browser that comes back says that it was. */
  lastEventId: string | undefined
}

/** Serves GraphQL over Server-Sent Events (the protocol of graphql-sse), within the limits of sockets. */
export function serveEventStreams(options: ClientOptions): EventStreams {
  const { limits, log } = options
  const clients = new EventClients(options, (stream, token) => void forget(stream, token))
  let stopping = false

  const handle = createHandler<IncomingMessage | null, Visit>({
    authenticate: ({ context }) => context.token,
    onSubscribe: ({ context }) => begin(context) as Promise<AsyncGenerator<ExecutionResult> | Response>,
    async onNext(_context, { context: { stream } }, result) {
      await stream.room()
      return stream.standInFor(result as unknown as Result) as ExecutionResult
    },
  })

  /** Asks the library; `accept` and the body are what it has to see, whatever way the client put them. */
  const ask = (visit: Visit, mode: Mode, request: IncomingMessage | null): Promise<Response> => {
    const accept = mode === 'distinct' || mode === 'open' ? events : '*/*'
    return handle({
      method: visit.parameters ? 'POST' : visit.method,
      url: request?.url ?? '/',
      headers: { get: (name) => (name === 'accept' ? accept : name === 'content-type' ? 'application/json' : null) },
      body: visit.parameters && { ...visit.parameters, query: visit.parameters.query ?? '' },
      raw: request,
      context: visit,
    })
  }

  async function begin({
    contract,
    stream,
    token,
    method,
    parameters,
    lastEventId,
  }: Visit): Promise<AsyncGenerator<Result> | Response> {
    const { query, id: documentId, operationName, variables, extensions } = parameters as Parameters
    const wishes = wishesOf(lastEventId ? { ...extensions, since: lastEventId } : extensions)
    if (wishes instanceof GraphQLError) options.refused(wishes)
    const id = token === null ? '' : String(extensions?.operationId)
    const operation: StreamOperation = { results: undefined }
    const isFull = stream.operations.size >= limits.subscriptionsPerConnection
    stream.operations.set(id, operation)
    const ended = () => {
      if (stream.operations.get(id) === operation) stream.operations.delete(id)
    }
    const name = operationName ?? undefined
    const refusal = wishes instanceof GraphQLError ? wishes : isFull ? tooManyOperations(limits) : null
    const { since, maxPerSecond } =
      wishes instanceof GraphQLError ? { since: undefined, maxPerSecond: undefined } : wishes
    const prepared =
      refusal ??
      (await prepare(options, {
        contract,
        document: { query, id: documentId },
        operationName: name,
        variables: variables ?? {},
        identity: stream.identity,
        since,
        transport: 'sse',
        count: (change) => countKeys(stream, change, limits),
      }))
    if (prepared instanceof GraphQLError) return resultsOf(async () => refused([prepared]), log, ended)
    const { document, run } = prepared
    if (method === 'GET' && getOperationAST(document, name)?.operation === 'mutation') {
      ended()
      throw new Refusal(405, 'BAD_REQUEST', 'A mutation needs POST.', { allow: 'POST' })
    }
    const results = resultsOf(run, log, ended)
    // The client left, or stopped it, while it was prepared: the library would read it for ever.
    if (stream.operations.get(id) !== operation) {
      await results.return(undefined)
      return [null, { status: 204, statusText: 'No Content' }]
    }
    operation.results = maxPerSecond === undefined ? results : paced(results, maxPerSecond)
    return operation.results
  }

  /** The library drops a reservation only together with its stream, so that is opened, and ended. */
  async function forget(stream: EventStream, token: string): Promise<void> {
    const visit = { contract: undefined, stream, token, method: 'GET', parameters: null, lastEventId: undefined }
    const [messages] = await ask(visit, 'open', null)
    if (typeof messages !== 'string') await messages?.return(undefined)
  }

  function alone(
    identity: Identity | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Omit<Visit, 'contract'> {
    const { method = 'GET', headers } = request
    const stream = clients.create(identity)
    clients.connect(stream)
    // A client may leave before its stream begins.
    response.once('close', () => stream.close())
    return { stream, token: null, method, parameters: null, lastEventId: headers['last-event-id']?.toString() }
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    contract: string | undefined,
  ): Promise<void> {
    if (stopping) throw isStopping
    const { method = 'GET' } = request
    const { token, operationId } = given(request)
    const mode = modeOf(request, token)
    const hasOperation = mode === 'distinct' || mode === 'operate'
    refuseForeign(request, response)
    if (hasOperation) refuseMalformed(request)
    const identity = await options.authenticate(request.headers.authorization)
    // EventSource can send no header; for the one time that a stream is opened, its token is enough.
    const isTicket = mode === 'open' && request.headers.authorization === undefined
    const own: Omit<Visit, 'contract'> =
      mode === 'reserve'
        ? { ...clients.reserve(identity), method, parameters: null, lastEventId: undefined }
        : token === null
          ? alone(identity, request, response)
          : { stream: clients.find(token, identity, isTicket), token, method, parameters: null, lastEventId: undefined }
    const visit: Visit = { ...own, contract }
    const { stream } = visit
    if (token !== null && !stream.rate.take()) {
      const message = `At most ${limits.messagesPerSecond} requests a second for one stream.`
      throw new Refusal(429, 'TOO_MANY_MESSAGES', message, { 'retry-after': '1' })
    }
    try {
      if (hasOperation) {
        const body = method === 'POST' ? await readBody(request, limits.messageBytes) : null
        visit.parameters = body === null ? parametersOfTarget(request.url ?? '') : parametersOfBody(body)
      }
      if (mode === 'operate') checkId(visit.parameters?.extensions?.operationId)
      if (mode === 'stop') checkId(operationId)
      if (mode === 'open' && !clients.has(stream)) clients.connect(stream)
      const [body, { status }] = await ask(visit, mode, request)
      if (mode === 'stop' && operationId !== null) stream.stop(operationId)
      if (body !== null && typeof body !== 'string') return await stream.send(response, body)
      if (response.destroyed) return
      if (mode === 'distinct' && stream.isOver) throw isStopping
      if (status === 409) throw mode === 'open' ? isOpen : isRunning
      if (status >= 400) throw new Refusal(status, 'BAD_REQUEST', 'The request is none of GraphQL over SSE.')
      if (body !== null) response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.writeHead(status).end(body ?? undefined)
    } catch (error) {
      // One that found no room is reserved anew by clients that come back.
      if (mode === 'distinct' || (mode === 'open' && !clients.has(stream))) stream.close()
      throw error
    }
  }

  const pings = setInterval(() => {
    for (const stream of clients.all()) stream.ping()
  }, limits.pingMs).unref()

  return {
    get size() {
      return clients.size
    },
    async answer(request, response, contract) {
      try {
        await serve(request, response, contract)
      } catch (error) {
        if (response.headersSent) throw error
        answerRefusal(response, error, options.refused)
      }
    },
    async close() {
      stopping = true
      await clients.drain()
      clearInterval(pings)
    },
  }
}

const isStopping = new Refusal(503, 'GATEWAY_STOPPING', 'The gateway is stopping: come back to another one.')
const isOpen = new Refusal(409, 'STREAM_OPEN', 'The stream is open already: one connection at a time reads it.')
const isRunning = new Refusal(409, 'OPERATION_EXISTS', 'An operation with this operationId runs on the stream already.')
