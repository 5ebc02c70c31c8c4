// Above the usual length because the life of a socket is told in one place: open, speak, expire, be too slow, end.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { GraphQLError } from 'graphql'
import { handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { createDelivery } from '../subscribe/delivery.ts'
import { Mailbox } from '../subscribe/mailbox.ts'
import { addressOf } from './address.ts'
import { type ClientOptions, countKeys, prepare, tooManyOperations, wishesOf } from './clients.ts'
import { MessageRate, noPlace } from './connections.ts'
import { mayConnect } from './cors.ts'
import { endEvenly } from './draining.ts'
import { greet, hearPing, type SocketClient, sendAwayExpired, tryAgainLater } from './socket-clients.ts'
import { documentOf, withQuery } from './socket-documents.ts'
import { nextMessage, type OutletSurroundings, type SentCounts, SocketOutlet } from './socket-outlet.ts'

/** The WebSocket side of a server. */
export interface Sockets {
  /** Clients that are connected. */
  readonly size: number
  readonly counts: SentCounts & { blocked: number }
  /** Sends every client away with code 1001, a few at a time, so that it comes back to another replica. */
  close(): Promise<void>
}

/** Serves `graphql-transport-ws` at `/graphql` of an HTTP server, and of each contract, within limits. */
export function serveSockets(server: Server, options: ClientOptions): Sockets {
  const { limits } = options
  const delivery = createDelivery()
  const counts: SentCounts = { sent: 0, conflated: 0, evicted: 0 }
  const sendAway = (socket: WebSocket, why: string): void => {
    counts.evicted++
    options.log.info({ bytes: socket.bufferedAmount }, `a socket ${why} and is sent away`)
    socket.close(tryAgainLater, 'Too slow: come back for the current state.')
  }
  const transmit = (socket: WebSocket, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const isOpen = socket.readyState === socket.OPEN
      if (isOpen && socket.bufferedAmount > limits.bufferedBytes) sendAway(socket, 'has too much to read')
      if (socket.readyState !== socket.OPEN) resolve()
      else socket.send(text, (error) => (error ? reject(error) : resolve()))
    })
  const surroundings: OutletSurroundings = {
    delivery,
    counts,
    stalledMs: limits.stalledMs,
    stalled: (socket) => sendAway(socket, 'takes nothing of what waits for it'),
    expired: sendAwayExpired,
  }
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols,
  })
  const protocol = makeServer<Record<string, unknown>, SocketClient>({
    connectionInitWaitTimeout: limits.initMs,
    onConnect: (context) => greet(context, options),
    onSubscribe: async (context, id, payload) => {
      if (Object.keys(context.subscriptions).length > limits.subscriptionsPerConnection)
        return [tooManyOperations(limits)]
      const wishes = wishesOf(payload.extensions)
      if (wishes instanceof GraphQLError) {
        options.refused(wishes)
        return [wishes]
      }
      const document = documentOf(payload)
      if (document instanceof GraphQLError) {
        options.refused(document)
        return [document]
      }
      const operationName = payload.operationName ?? undefined
      const prepared = await prepare(options, {
        contract: context.extra.contract,
        document,
        operationName,
        variables: payload.variables ?? {},
        identity: context.extra.identity,
        since: wishes.since,
        transport: 'websocket',
        count: (change) => countKeys(context.extra, change, limits),
      })
      if (prepared instanceof GraphQLError) return [prepared]
      const { run } = prepared
      const { socket } = context.extra
      const accepted = { schema: prepared.schema, document: prepared.document, operationName }
      if (!(run instanceof Mailbox)) {
        const answer = async () => {
          const { text } = await run()
          if (id in context.subscriptions) await transmit(socket, nextMessage(id, text))
          return nothingMore()
        }
        return { ...accepted, contextValue: answer }
      }
      // graphql-ws would read a stream whose socket closed meanwhile for ever.
      if (socket.readyState !== socket.OPEN) await run.return()
      else run.sendTo(new SocketOutlet(context.extra, nextMessage(id, ''), wishes.maxPerSecond, surroundings))
      return { ...accepted, contextValue: run }
    },
    // Results go to the socket as the text that they are; graphql-ws would parse and write them for each client.
    execute: ({ contextValue }) => (contextValue as () => Promise<AsyncGenerator<never>>)(),
    subscribe: ({ contextValue }) => contextValue as Mailbox,
    onError: (_context, _id, _payload, errors) => errors.map((error) => error.toJSON()),
    onClose({ extra }) {
      clearTimeout(extra.expiry)
      extra.leave()
    },
  })

  const alive = new WeakSet<WebSocket>()
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const { contract } = addressOf(request.url)
    const client: SocketClient = { socket, contract, identity: null, keys: 0, expiry: undefined, leave() {} }
    const rate = new MessageRate(limits.messagesPerSecond)
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', (error) => options.log.debug({ err: error }, 'a socket failed'))
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => transmit(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onPing: (payload) => hearPing(client, payload, options),
        onMessage: (hear) =>
          socket.on('message', (data) => {
            if (!rate.take())
              return socket.close(tooManyMessages, `At most ${limits.messagesPerSecond} messages a second.`)
            hear(withQuery(String(data))).catch((error: unknown) => {
              options.log.error({ err: error }, 'a socket message failed')
              socket.close(4500, 'Internal server error')
            })
          }),
      },
      client,
    )
    socket.once('close', (code, reason) => void closed(code, String(reason)))
  })

  const pings = setInterval(() => {
    for (const socket of sockets.clients) {
      if (alive.delete(socket)) socket.ping()
      else {
        counts.evicted++
        socket.terminate()
      }
    }
  }, limits.pingMs).unref()

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    const { contract, path } = addressOf(request.url)
    if (path !== '/graphql' || !options.isThere(contract)) {
      return refuse(stream, '404 Not Found', 'NOT_FOUND', 'WebSockets are at /graphql, and at that of each contract.')
    }
    if (!mayConnect(options.origins, request.headers)) {
      const message = 'Pages of this origin may not connect: CORS_ORIGINS does not name it.'
      return refuse(stream, '403 Forbidden', 'ORIGIN_NOT_ALLOWED', message)
    }
    const leave = options.connections.enter()
    if (!leave) return refuse(stream, '503 Service Unavailable', 'TOO_MANY_CONNECTIONS', noPlace(limits))
    stream.once('close', leave)
    sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request))
  }
  server.on('upgrade', upgrade)

  return {
    get size() {
      return sockets.clients.size
    },
    get counts() {
      return { ...counts, blocked: delivery.blocked }
    },
    async close() {
      server.off('upgrade', upgrade)
      server.on('upgrade', (_request, stream) =>
        refuse(stream, '503 Service Unavailable', 'GATEWAY_STOPPING', stopping),
      )
      const gone = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      await endEvenly([...sockets.clients], limits.drainMs, (socket) => socket.close(1001, stopping))
      delivery.stop()
      clearInterval(pings)
      const impatience = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, 3_000)
      await Promise.all(gone)
      clearTimeout(impatience)
    },
  }
}

async function* nothingMore(): AsyncGenerator<never> {}

/** After 4429 clients of graphql-ws do not come back by themselves, as they do after 1013. */
const tooManyMessages = 4429
const stopping = 'The gateway is stopping: come back to another one.'

function refuse(stream: Duplex, status: string, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8`
  stream.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
