import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createClient, ImportFailed } from './client.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server that gives these answers in turn, and breaks the connection for null. */
async function answering(...answers: (null | [status: number, body: unknown])[]): Promise<string> {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (!answer) return request.socket.destroy()
      response.writeHead(answer[0]).end(JSON.stringify(answer[1]))
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

const rows = [{ sku: 'A', title: 'A' }]
const done = { sku: 'A', outcome: 'CREATED', hasPrice: false, warnings: [], problems: [] }
const good: [number, unknown] = [200, { data: { productsImport: { rows: [done], userErrors: [] } } }]
const failed = (code: string): [number, unknown] => [
  200,
  { errors: [{ message: `sorry: ${code}`, extensions: { code } }] },
]

function client(url: string, reasons: string[] = []) {
  return createClient({ url, token: 't', retrying: (reason) => reasons.push(reason), pauses: [1, 1, 1, 1] })
}

it('sends a batch again when the connection breaks, the graph is overloaded or a subgraph is away', async () => {
  const reasons: string[] = []
  const url = await answering(null, [503, {}], [429, {}], failed('SUBGRAPH_UNAVAILABLE'), good)
  expect(await client(url, reasons)(rows)).toEqual([done])
  expect(reasons).toHaveLength(4)
})

it.each([['UNAUTHENTICATED'], ['FORBIDDEN'], ['BAD_USER_INPUT']])(
  'gives up at once when the answer is %s',
  async (code) => {
    await expect(client(await answering(failed(code), good))(rows)).rejects.toThrow(`sorry: ${code}`)
  },
)

it('gives up with one sentence when nobody answers', async () => {
  const send = client('http://127.0.0.1:1/graphql')
  await expect(send(rows)).rejects.toThrow(ImportFailed)
  await expect(send(rows)).rejects.toThrow(/The graph at http:\/\/127.0.0.1:1\/graphql does not answer/)
})
