import { createServer } from 'node:http'
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

// What a team has that puts graphql-ws in front of its schema: every subscriber is resolved and written for itself.
const [port] = process.argv.slice(2)
const schema = buildSchema(`
  type Query { unused: Int }
  type Subscription { availabilityChanged(skus: [String!]!): AvailabilityChanged! }
  type AvailabilityChanged { sku: String! version: Int! availability: Availability! }
  type Availability { status: String! available: Int }
`)
const waiting = new Set<() => void>()
let version = 0

async function* availabilityChanged({ skus: [sku] }: { skus: string[] }) {
  for (;;) {
    yield { availabilityChanged: { sku, version, availability: { status: 'LOW_STOCK', available: version % 10 } } }
    await new Promise<void>((resolve) => {
      waiting.add(resolve)
    })
  }
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    if (body.includes('mutation')) version++
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ data: { change: version } }))
    const woken = [...waiting]
    waiting.clear()
    for (const wake of woken) wake()
  })
})
useServer(
  { schema, roots: { subscription: { availabilityChanged } } },
  new WebSocketServer({ server, perMessageDeflate: false }),
)
server.keepAliveTimeout = 65_000
server.listen(Number(port), '127.0.0.1')
