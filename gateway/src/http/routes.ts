import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer } from '@apollo/server'
import { answerError, answerJson, executeGraphQL, readBody, sendAnswer } from '@commerce/service/http.ts'
import { type Asker, traceparentFrom } from '../execute/headers.ts'
import type { Result } from '../execute/operation.ts'
import type { Graph } from '../supergraph/graph.ts'
import { type Authenticate, TokenError } from '../viewer/tokens.ts'
import type { Prepared, RequestContext } from './context.ts'
import { allowOrigin } from './cors.ts'
import { answerKnown } from './flights.ts'
import { graphiqlPage } from './graphiql.ts'
import { answerReady, type Readiness } from './health.ts'
import { type KnownRequests, requestKey } from './known-requests.ts'

/** What the HTTP side of the gateway is made of. */
export interface RouteOptions {
  pipeline: ApolloServer<RequestContext>
  known: KnownRequests
  /** The graph that new requests run on. */
  graph(): Graph
  /** Names all that an answer depends on besides the request; empty when answers are not to be shared. */
  scopeOf(asker: Asker): string
  run(prepared: Prepared, asker: Asker, signal: AbortSignal): Promise<Result>
  authenticate: Authenticate
  bodyLimit: number
  /** Pages of these origins may ask. */
  origins: readonly string[] | '*'
  readiness(): Readiness
}

/** Answers every HTTP request: GraphQL at `/graphql`, GraphiQL at `/`, health, and a clear 404. */
export function routes(options: RouteOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const graphiql = graphiqlPage()
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0]
    switch (path) {
      case '/graphql':
        if (allowOrigin(options.origins, request, response)) return
        return answerOperation(options, request, response)
      case '/':
        return graphiql(request, response)
      case '/health/live':
        return answerJson(response, 200, { status: 'live' })
      case '/health/ready':
        return answerReady(response, options.readiness())
      default:
        return answerError(response, 404, 'NOT_FOUND', 'Nothing is here: GraphQL is at /graphql, GraphiQL at /.')
    }
  }
}

async function answerOperation(
  options: RouteOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
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
  const asker = { viewer, traceparent: traceparentFrom(request.headers.traceparent) }
  const body = request.method === 'POST' ? await readBody(request, options.bodyLimit) : null
  const key = requestKey(request, body)
  const known = options.known.get(options.graph(), key)
  if (known) {
    return answerKnown(known, options.scopeOf(asker), (signal) => options.run(known.prepared, asker, signal), response)
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  let prepared: Prepared | undefined
  const accepted = (value: Prepared) => {
    prepared = value
  }
  const answer = await executeGraphQL(options.pipeline, request, body, async () => ({
    ...asker,
    signal: gone.signal,
    accepted,
  }))
  sendAnswer(response, answer)
  if (
    answer.status === 200 &&
    prepared?.graph === options.graph() &&
    prepared.operation.definition.operation === 'query'
  ) {
    options.known.set(prepared.graph, key, { prepared, headers: answer.headers, flights: new Map() })
  }
}

function tooLarge({ bodyLimit }: RouteOptions, response: ServerResponse): void {
  // The rest of the body is not read, so the connection cannot be used again.
  response.setHeader('connection', 'close')
  answerError(response, 413, 'REQUEST_TOO_LARGE', `The request body is larger than ${bodyLimit} bytes.`)
}
