import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { whenDone } from '@commerce/local/testing.ts'
import { readBody } from '@commerce/service/http.ts'
import type { Call, CallReport } from '../src/subgraphs/call.ts'
import { openSubgraphs, type SubgraphOptions, type Subgraphs } from '../src/subgraphs/client.ts'

/** One request that a scripted subgraph got. */
export interface Asked {
  path: string
  body: string
  headers: IncomingHttpHeaders
  /** `performance.now()`. */
  at: number
  /** Whether the client closed the connection before the answer was complete. */
  gone: boolean
  response: ServerResponse
}

/** A subgraph that answers as the test says; `requests` is what it was asked so far. */
export interface ScriptedSubgraph {
  url: string
  requests: Asked[]
  answers(next: (asked: Asked, index: number) => void): void
  /** Open connections. */
  connections(): number
  close(): Promise<void>
}

/** Starts a scripted subgraph, on a free port unless told; until told otherwise it answers `{"data":{}}`. */
export async function scriptedSubgraph(port = 0): Promise<ScriptedSubgraph> {
  let handler: (asked: Asked, index: number) => void = ({ response }) => answer(response, '{"data":{}}')
  const requests: Asked[] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (request, response) => {
    const { headers, url: path = '/' } = request
    const asked: Asked = { path, body: '', headers, at: performance.now(), gone: false, response }
    response.on('close', () => {
      asked.gone = !response.writableFinished
    })
    try {
      asked.body = await readBody(request, 1_000_000)
    } catch {
      return // The client went away before it had sent its request.
    }
    handler(asked, requests.push(asked) - 1)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const close = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  whenDone(close)
  return {
    url: `${await listening(server, port)}/graphql`,
    requests,
    answers: (next) => {
      handler = next
    },
    connections: () => sockets.size,
    close,
  }
}

/** Starts a server that is not HTTP: `speak` has the bare socket of each connection. */
export async function rawSubgraph(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    speak(socket)
  })
  whenDone(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `${await listening(server, 0)}/graphql`
}

async function listening(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers with JSON text and status 200. */
export function answer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(text)
}

/** A client of subgraphs at these addresses, and all that it reported. */
export function clientOf(urls: Record<string, string>, options: Partial<SubgraphOptions> = {}) {
  const reports: CallReport[] = []
  const client: Subgraphs = openSubgraphs({
    urlOf: (service) => urls[service],
    onCall: (report) => reports.push(report),
    ...options,
  })
  whenDone(() => client.close())
  return { ...client, reports }
}

/** A query's call without a deadline. */
export function query(more: Partial<Call> = {}): Call {
  return {
    headers: {},
    repeatable: true,
    signal: undefined,
    deadline: Number.POSITIVE_INFINITY,
    ...more,
  }
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a failure, got ${JSON.stringify(value)}.`)
    },
    (error) => error,
  )
}
