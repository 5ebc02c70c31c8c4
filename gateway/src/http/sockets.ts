// Above the usual length because the life of a socket is told in one place: open, speak, expire, be too slow, end.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { GraphQLError } from 'graphql'
import { type Context, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { createDelivery } from '../subscribe/delivery.ts'
import { Mailbox } from '../subscribe/mailbox.ts'
import { type Identity, TokenError } from '../viewer/tokens.ts'
import { type ClientOptions, countKeys, prepare, tooManyOperations, whenExpired } from './clients.ts'
import { nextMessage, type OutletSurroundings, type SentCounts, SocketOutlet } from './socket-outlet.ts'

/** The WebSocket side of a server. */
export interface Sockets {
  /** Clients that are connected. */
  readonly size: number
  readonly counts: SentCounts & { blocked: number }
  /** Sends every client away with code 1001, so that it comes back to another replica. */
  close(): Promise<void>
}

interface Extra {
  socket: WebSocket
  identity: Identity | null
  keys: number
  expiry: NodeJS.Timeout | undefined
}

/** 1013, "try again later": graphql-ws clients come back by themselves, after 4429 they would not. */
const tryAgainLater = 1013
const forbidden = 4403

/** Serves `graphql-transport-ws` at `/graphql` of an HTTP server, within limits. */
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
  }
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols,
  })
  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: limits.initMs,
    onConnect: (context) => greet(context, options),
    onSubscribe: async (context, id, payload) => {
      if (Object.keys(context.subscriptions).length > limits.subscriptionsPerConnection)
        return [tooManyOperations(limits)]
      const perSecond = rateIn(payload.extensions)
      if (perSecond instanceof GraphQLError) {
        options.refused(perSecond)
        return [perSecond]
      }
      const operationName = payload.operationName ?? undefined
      const prepared = await prepare(options, {
        query: payload.query,
        operationName,
        variables: payload.variables ?? {},
        identity: context.extra.identity,
        transport: 'websocket',
        count: (change) => countKeys(context.extra, change, limits),
      })
      if (prepared instanceof GraphQLError) return [prepared]
      const { schema, document, run } = prepared
      const { socket } = context.extra
      const accepted = { schema, document, operationName }
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
      else run.sendTo(new SocketOutlet(socket, nextMessage(id, ''), perSecond, surroundings))
      return { ...accepted, contextValue: run }
    },
    // Results go to the socket as the text that they are; graphql-ws would parse and write them for each client.
    execute: ({ contextValue }) => (contextValue as () => Promise<AsyncGenerator<never>>)(),
    subscribe: ({ contextValue }) => contextValue as Mailbox,
    onError: (_context, _id, _payload, errors) => errors.map((error) => error.toJSON()),
    onClose: (context) => clearTimeout(context.extra.expiry),
  })

  const alive = new WeakSet<WebSocket>()
  sockets.on('connection', (socket: WebSocket) => {
    const extra: Extra = { socket, identity: null, keys: 0, expiry: undefined }
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', (error) => options.log.debug({ err: error }, 'a socket failed'))
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => transmit(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (hear) =>
          socket.on('message', (data) => {
            hear(String(data)).catch((error: unknown) => {
              options.log.error({ err: error }, 'a socket message failed')
              socket.close(4500, 'Internal server error')
            })
          }),
      },
      extra,
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
    if (request.url?.split('?', 1)[0] !== '/graphql') return refuse(stream, '404 Not Found')
    if (sockets.clients.size + options.others() >= limits.connections) return refuse(stream, '503 Service Unavailable')
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
      delivery.stop()
      clearInterval(pings)
      server.off('upgrade', upgrade)
      server.on('upgrade', (_request, stream) => refuse(stream, '503 Service Unavailable'))
      const gone = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      const impatience = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, 3_000)
      await Promise.all(gone)
      clearTimeout(impatience)
    },
  }
}

async function greet(
  { connectionParams, extra }: Context<Record<string, unknown>, Extra>,
  options: ClientOptions,
): Promise<boolean> {
  const given = connectionParams?.authorization ?? connectionParams?.Authorization
  try {
    // What is no text is as wrong as a text that is none of a token: it does not make an anonymous viewer.
    const authorization = given == null ? undefined : String(given)
    extra.identity = await options.authenticate(authorization, 'connectionParams.authorization')
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    // The first close wins: graphql-ws would say "Forbidden" without the reason.
    extra.socket.close(error.status === 401 ? forbidden : tryAgainLater, error.message)
    return false
  }
  if (extra.socket.readyState !== extra.socket.OPEN) return false
  extra.expiry = whenExpired(extra.identity, ({ message }) => extra.socket.close(forbidden, message))
  return true
}

async function* nothingMore(): AsyncGenerator<never> {}

/** How many messages a second a client wants at most: `extensions.maxPerSecond` of its request; an error when it is no such number. */
function rateIn(extensions: Readonly<Record<string, unknown>> | null | undefined): number | undefined | GraphQLError {
  const wanted = extensions?.maxPerSecond
  if (wanted === undefined) return undefined
  if (typeof wanted === 'number' && wanted >= 0.01 && wanted <= 1_000) return wanted
  return new GraphQLError(
    `Expected extensions.maxPerSecond to be a number from 0.01 to 1000, got ${JSON.stringify(wanted)}.`,
    {
      extensions: { code: 'BAD_USER_INPUT' },
    },
  )
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
