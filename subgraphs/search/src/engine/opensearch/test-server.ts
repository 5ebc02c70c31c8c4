/*
 * A server on the loopback that answers as the OpenSearch documentation says and remembers what it was asked: for tests of the requests where
 * no OpenSearch is at hand. It refuses what OpenSearch refuses of any request: a wrong content type, lines that are no JSON, a missing last line.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@opensearch-project/opensearch'

export interface Asked {
  /** Method and path without the query, as "POST /shop-skus/_bulk". */
  request: string
  query: Record<string, string>
  /** Of a bulk request: its lines. */
  body: unknown
}

export type Answers = Record<string, (asked: Asked, times: number) => { status?: number; body: unknown }>

export interface TestServer {
  url: string
  client: Client
  asked: Asked[]
  close(): Promise<void>
}

/** `answers`: by method and path; what is not among them is answered as by a server without such an index. */
export async function createTestServer(answers: Answers): Promise<TestServer> {
  const asked: Asked[] = []
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const send = (status: number, body: unknown) => {
      outgoing.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
      outgoing.end(JSON.stringify(body))
    }
    try {
      const body = read(
        Buffer.concat(chunks).toString(),
        incoming.headers['content-type'],
        url.pathname.endsWith('/_bulk'),
      )
      const one = {
        request: `${incoming.method} ${decodeURIComponent(url.pathname)}`,
        query: Object.fromEntries(url.searchParams),
        body,
      }
      asked.push(one)
      const times = asked.filter(({ request }) => request === one.request).length
      const { status = 200, body: answer } = answers[one.request]?.(one, times) ?? missing(one.request)
      send(status, answer)
    } catch (error) {
      send(400, { error: { type: 'illegal_argument_exception', reason: String(error) }, status: 400 })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: 5_000 })
  return {
    url,
    client,
    asked,
    async close() {
      await client.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function read(text: string, contentType: string | undefined, isBulk: boolean): unknown {
  if (text === '') return null
  const wanted = isBulk ? /^application\/(x-ndjson|json)/ : /^application\/json/
  if (!wanted.test(contentType ?? '')) throw new Error(`Content-Type header [${contentType}] is not supported`)
  if (!isBulk) return JSON.parse(text)
  if (!text.endsWith('\n')) throw new Error('The bulk request must be terminated by a newline [\\n]')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function missing(request: string): { status: number; body: unknown } {
  return {
    status: 404,
    body: { error: { type: 'index_not_found_exception', reason: `no answer for ${request}` }, status: 404 },
  }
}
