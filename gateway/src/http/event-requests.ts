import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerError, answerJson, RequestError } from '@commerce/service/http.ts'
import { GraphQLError } from 'graphql'
import { TokenError } from '../viewer/tokens.ts'
import { refuseToken } from './graphql.ts'
import { prefersEvents, refusalOf } from './negotiation.ts'

/** What is asked at the address of streams, OPTIONS included. */
export const streamMethods = 'GET, POST, PUT, DELETE, OPTIONS'

/**
 * What a request of the protocol wants: a stream of one operation (distinct connections mode), or, in single connection mode, to
 * reserve a stream, to open it, to run an operation on it, or to stop one.
 */
export type Mode = 'distinct' | 'reserve' | 'open' | 'operate' | 'stop'

const tokenHeader = 'x-graphql-event-stream-token'
/** The media type of a stream. */
export const events = 'text/event-stream'
const longestId = 128

/** What is not done; `code` is the GraphQL error's. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** What the address says besides a query; an empty parameter is one that was left out. */
export function given({ headers, url = '' }: IncomingMessage): { token: string | null; operationId: string | null } {
  const start = url.indexOf('?')
  const search = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  const header = headers[tokenHeader]
  return {
    token: (typeof header === 'string' && header) || search.get('token') || null,
    operationId: search.get('operationId') || null,
  }
}

/** What a request wants, by its method, its `Accept` and whether it names a reservation. */
export function modeOf({ method, headers }: IncomingMessage, token: string | null): Mode {
  switch (method) {
    case 'PUT':
      return 'reserve'
    case 'DELETE':
      if (token === null) throw new Refusal(400, 'BAD_REQUEST', `A DELETE names its stream in ${tokenHeader}.`)
      return 'stop'
    case 'GET':
    case 'POST':
      if (token !== null && method === 'POST') return 'operate'
      if (prefersEvents(headers.accept)) return token === null ? 'distinct' : 'open'
      throw new Refusal(406, 'NOT_ACCEPTABLE', `Answers come as ${events} here, which the request does not accept.`)
    default: {
      const message = `Streams are asked with GET, POST, PUT and DELETE; ${method} is not supported.`
      throw new Refusal(405, 'BAD_REQUEST', message, { allow: streamMethods })
    }
  }
}

/** A GET of EventSource cannot carry a header that would make browsers ask first, so pages of other origins are told here. */
export function refuseForeign({ method, headers }: IncomingMessage, response: ServerResponse): void {
  // Browsers send the Origin of a GET only to another one.
  if (method !== 'GET' || headers.origin === undefined || response.hasHeader('access-control-allow-origin')) return
  throw new Refusal(403, 'ORIGIN_NOT_ALLOWED', 'Pages of this origin may not ask: CORS_ORIGINS does not name it.')
}

/** What is wrong with a request for any transport over HTTP; for a stream neither `Accept` nor the header of a GET matters. */
export function refuseMalformed({ method, url, headers }: IncomingMessage): void {
  const { accept: _, ...rest } = headers
  const type = method === 'GET' ? { 'content-type': 'application/json' } : {}
  const refusal = refusalOf(method, url, { ...rest, ...type })
  if (refusal) throw new Refusal(refusal.status, refusal.code, refusal.message, refusal.headers)
}

/** An operation on a reserved stream has a name of the client's choice; it comes back with every message. */
export function checkId(id: unknown): void {
  if (typeof id === 'string' && id !== '' && id.length <= longestId) return
  const message = `An operation on a reserved stream needs an operationId: a text of 1 to ${longestId} characters.`
  throw new Refusal(400, 'BAD_REQUEST', message)
}

/** Answers with what `error` says when it is the client's; throws it when it is ours. `told` hears of refused operations. */
export function answerRefusal(response: ServerResponse, error: unknown, told: (error: GraphQLError) => void): void {
  if (error instanceof TokenError) {
    refuseToken(response, error)
    return
  }
  if (error instanceof GraphQLError) {
    told(error)
    answerJson(response, 400, { errors: [error] })
    return
  }
  const refusal = error instanceof RequestError ? ofRequest(error) : error
  if (!(refusal instanceof Refusal)) throw error
  // What is left of a body is not read, so the connection cannot be used again.
  if (error instanceof RequestError) {
    response.setHeader('connection', 'close')
    told(new GraphQLError(refusal.message, { extensions: { code: refusal.code } }))
  }
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
  answerError(response, refusal.status, refusal.code, refusal.message)
}

function ofRequest({ status, message }: RequestError): Refusal {
  return new Refusal(status, status === 413 ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST', message)
}
