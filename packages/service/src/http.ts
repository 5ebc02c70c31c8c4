import { isUtf8 } from 'node:buffer'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ApolloServer, type BaseContext, HeaderMap } from '@apollo/server'

/** A request body that is larger than allowed, or not JSON: answered with this status and message. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Reads a whole body as text, at most `limit` bytes. Rejects with a 413 `RequestError` beyond that. */
export function readBody(request: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else {
        request.pause()
        reject(new RequestError(413, `The request body is larger than ${limit} bytes.`))
      }
    })
    request.once('end', () => {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
      if (isUtf8(bytes)) resolve(bytes.toString('utf8'))
      else reject(new RequestError(400, 'The request body is not UTF-8.'))
    })
    request.once('error', reject)
    // A client that leaves in the middle of a body ends it without an `end`.
    request.once('close', () => {
      if (!request.complete) reject(new RequestError(400, 'The request body ended before it was complete.'))
    })
  })
}

/** Answers one GraphQL-over-HTTP request (POST JSON, or GET) with an Apollo Server. */
export async function answerGraphQL<C extends BaseContext>(
  apollo: ApolloServer<C>,
  request: IncomingMessage,
  response: ServerResponse,
  options: { bodyLimit: number; context: () => Promise<C> },
): Promise<void> {
  const { method = 'GET', headers } = request
  const body = method === 'POST' ? parseJson(await readBody(request, options.bodyLimit)) : null
  const { search } = new URL(request.url ?? '/', 'http://localhost')
  sendAnswer(response, await executeGraphQL(apollo, { method, headers, search, body }, options.context))
}

/** Sends a whole answer with its length. */
export function sendAnswer(response: ServerResponse, { status, headers, text }: HttpAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** A complete answer over HTTP. */
export interface HttpAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** A GraphQL request that was read from HTTP: a GET has its parameters in `search`, a POST in `body`, which is parsed. */
export interface ReadRequest {
  method: string
  headers: IncomingHttpHeaders
  search: string
  body: unknown
}

/** What an Apollo Server answers to a request. */
export async function executeGraphQL<C extends BaseContext>(
  apollo: ApolloServer<C>,
  { method, headers: given, search, body }: ReadRequest,
  context: () => Promise<C>,
): Promise<HttpAnswer> {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers, search, body },
    context,
  })
  let text = ''
  if (answer.body.kind === 'complete') text = answer.body.string
  else for await (const chunk of answer.body.asyncIterator) text += chunk
  return { status: answer.status ?? 200, headers: Object.fromEntries(answer.headers), text }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError(400, 'The request body is not JSON.')
  }
}

/** Answers with JSON; GraphQL clients find the message of a refusal under `errors`. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** A refusal in the form of a GraphQL answer. */
export function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  answerJson(response, status, { errors: [{ message, extensions: { code } }] })
}

/** Starts an HTTP server. An error of the handler becomes one clear answer: the request's own fault as said, ours as 500. */
export async function listen(
  { host, port }: { host: string; port: number },
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  onError: (error: unknown) => void,
): Promise<{ server: Server; url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      if (!(error instanceof RequestError)) onError(error)
      if (response.headersSent) return response.destroy()
      if (error instanceof RequestError) {
        response.setHeader('connection', 'close')
        return answerError(response, error.status, 'BAD_REQUEST', error.message)
      }
      answerError(response, 500, 'INTERNAL_SERVER_ERROR', 'The request failed for a reason of our own.')
    })
  })
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  server.keepAliveTimeout = 65_000 // longer than a load balancer's or the gateway's own, so that they close first
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return {
    server,
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 5_000).unref()
      }),
  }
}
