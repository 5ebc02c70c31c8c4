import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { whenDone } from '@commerce/local/testing.ts'

/** How a provider answers: with JSON, with something else, or (null) never. */
export type Behaviour =
  | ((request: unknown) => object)
  | { status: number; body: string; location?: () => string }
  | null

/** A provider on a real socket, whose behaviour a test changes as it goes. */
export interface Provider {
  url: string
  behave(behaviour: Behaviour): void
  /** What it was asked, in order. */
  requests: { body: Record<string, unknown>; authorization: string | undefined }[]
}

export async function startProvider(first: Behaviour): Promise<Provider> {
  let behaviour = first
  const requests: Provider['requests'] = []
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Record<string, unknown>
    requests.push({ body, authorization: request.headers.authorization })
    if (behaviour === null) return
    if (typeof behaviour === 'function') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(behaviour(body)))
      return
    }
    const { status, body: answered, location } = behaviour
    response.writeHead(status, location ? { location: location() } : {}).end(answered)
  }
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  whenDone(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    behave(next) {
      behaviour = next
    },
    requests,
  }
}
