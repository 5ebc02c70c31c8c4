import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerError, answerJson } from '@commerce/service/http.ts'
import type { ObservedHandler } from '../observe/http.ts'
import { addressOf } from './address.ts'
import { allowOrigin } from './cors.ts'
import { streamMethods } from './event-requests.ts'
import { graphiqlPage } from './graphiql.ts'
import { answerOperation, type OperationOptions } from './graphql.ts'
import { answerReady, type Readiness } from './health.ts'
import { prefersEvents } from './negotiation.ts'

/** What the HTTP side of the gateway is made of. */
export interface RouteOptions extends OperationOptions {
  /** Whether GraphiQL is served. */
  graphiql: boolean
  /** Pages of these origins may ask. */
  origins: readonly string[] | '*'
  readiness(): Readiness
  /** Answers with Server-Sent Events. */
  stream(request: IncomingMessage, response: ServerResponse, contract: string | undefined): Promise<void>
}

/**
 * Answers every HTTP request: GraphQL at `/graphql`, streams of events at `/graphql/stream`, GraphiQL at `/`, the same for each contract
 * below `/contracts/<name>`, health, and a clear 404.
 */
export function routes(options: RouteOptions): ObservedHandler {
  const graphiql = options.graphiql ? graphiqlPage() : undefined
  return async (request, response, trace) => {
    const { contract, path } = addressOf(request.url)
    if (contract !== undefined && !options.part(contract)) return noContract(response, contract)
    switch (path) {
      case '/graphql':
        if (allowOrigin(options.origins, request, response)) return
        if (prefersEvents(request.headers.accept)) return options.stream(request, response, contract)
        return answerOperation(options, request, response, trace, contract)
      case '/graphql/stream':
        if (allowOrigin(options.origins, request, response, streamMethods)) return
        return options.stream(request, response, contract)
      case '':
        // GraphiQL finds the API from where it is.
        response.writeHead(308, { location: `${contract}/` }).end()
        return
      case '/':
        if (graphiql) return graphiql(request, response)
        return nothingHere(response)
      case contract === undefined ? '/health/live' : null:
        return answerJson(response, 200, { status: 'live' })
      case contract === undefined ? '/health/ready' : null:
        return answerReady(response, options.readiness())
      default:
        return nothingHere(response)
    }
  }
}

function nothingHere(response: ServerResponse): void {
  answerError(response, 404, 'NOT_FOUND', 'Nothing is here: GraphQL is at /graphql.')
}

function noContract(response: ServerResponse, contract: string): void {
  answerError(response, 404, 'NOT_FOUND', `The graph has no contract "${contract}".`)
}
