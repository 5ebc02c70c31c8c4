import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'

// The ceiling: `ws` sends each subscriber bytes that it only has to put together; a POST is the change.
const [port] = process.argv.slice(2)
const sku = 'LIVE'
const subscribers = new Map<WebSocket, string>()
let version = 0

const message = (id: string) =>
  `{"id":"${id}","type":"next","payload":{"data":{"availabilityChanged":{"sku":"${sku}","version":${version},"availability":{"status":"LOW_STOCK","available":${version % 10}}}}}}`

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const isChange = body.includes('mutation')
    if (isChange) version++
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ data: { change: version } }))
    if (isChange) for (const [socket, id] of subscribers) socket.send(message(id))
  })
})
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
})
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { type, id } = JSON.parse(String(data))
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
    if (type !== 'subscribe') return
    subscribers.set(socket, id)
    socket.send(message(id))
  })
  socket.on('close', () => subscribers.delete(socket))
})
server.keepAliveTimeout = 65_000
server.listen(Number(port), '127.0.0.1')
