// Above the usual length because the life of a socket is told in one place: open, speak, expire, be too slow, end.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@commerce/service/log.ts'
import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql'
import { type Context, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SocketLimits } from '../config.ts'
import type { Result } from '../execute/operation.ts'
import { createDelivery } from '../subscribe/delivery.ts'
import { Mailbox } from '../subscribe/mailbox.ts'
import { type Authenticate, type Identity, TokenError } from '../viewer/tokens.ts'
import { nextMessage, type OutletSurroundings, type SentCounts, SocketOutlet } from './socket-outlet.ts'

/** An operation that came over a socket. */
export interface SocketRequest {
  query: string
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
  identity: Identity | null
  /** Told how many keys this client follows more, or fewer; throws a GraphQLError when they are too many. */
  count(change: number): void
}

/** What sockets are served with. */
export interface SocketOptions {
  limits: SocketLimits
  authenticate: Authenticate
  log: Logger
  /** Checks a request, and opens its stream when it is a subscription; rejects with a GraphQLError when it is not valid. */
  prepare(request: SocketRequest): Promise<Prepared>
  /** Told of each operation that `prepare` refused. */
  refused(error: GraphQLError): void
}

/** A checked request. */
export interface Prepared {
  schema: GraphQLSchema
  document: DocumentNode
  /** The stream of a subscription; for other operations, what answers them. */
  run: Mailbox | (() => Promise<Result>)
}

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
const longestTimerMs = 2 ** 31 - 1

/** Serves `graphql-transport-ws` at `/graphql` of an HTTP server, within limits. */
export function serveSockets(server: Server, options: SocketOptions): Sockets {
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
      if (socket.bufferedAmount > limits.bufferedBytes) sendAway(socket, 'has too much to read')
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
      if (Object.keys(context.subscriptions).length > limits.subscriptionsPerConnection) {
        const message = `A connection may have ${limits.subscriptionsPerConnection} operations at once.`
        return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })]
      }
      const request: SocketRequest = {
        query: payload.query,
        operationName: payload.operationName ?? undefined,
        variables: payload.variables ?? {},
        identity: context.extra.identity,
        count: (change) => countKeys(context.extra, change, limits),
      }
      try {
        const perSecond = rateIn(payload.extensions)
        const { schema, document, run } = await options.prepare(request)
        const { socket } = context.extra
        const accepted = { schema, document, operationName: request.operationName }
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
      } catch (error) {
        if (error instanceof GraphQLError) {
          options.refused(error)
          return [error]
        }
        options.log.error({ err: error }, 'an operation failed')
        const extensions = { code: 'INTERNAL_SERVER_ERROR' }
        return [new GraphQLError('The operation failed for a reason of our own.', { extensions })]
      }
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
    if (sockets.clients.size >= limits.connections) return refuse(stream, '503 Service Unavailable')
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
  options: SocketOptions,
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
  const expires = extra.identity?.expires
  if (typeof expires === 'number') {
    const left = Math.max(0, expires * 1000 - Date.now())
    extra.expiry = setTimeout(
      () => extra.socket.close(forbidden, 'The token has expired.'),
      Math.min(left, longestTimerMs),
    )
    extra.expiry.unref()
  }
  return true
}

async function* nothingMore(): AsyncGenerator<never> {}

/** How many messages a second a client wants at most: `extensions.maxPerSecond` of its request. */
function rateIn(extensions: Readonly<Record<string, unknown>> | null | undefined): number | undefined {
  const wanted = extensions?.maxPerSecond
  if (wanted === undefined) return undefined
  if (typeof wanted === 'number' && wanted >= 0.01 && wanted <= 1_000) return wanted
  throw new GraphQLError(
    `Expected extensions.maxPerSecond to be a number from 0.01 to 1000, got ${JSON.stringify(wanted)}.`,
    {
      extensions: { code: 'BAD_USER_INPUT' },
    },
  )
}

function countKeys(extra: Extra, change: number, limits: SocketLimits): void {
  extra.keys += change
  if (change < 0 || extra.keys <= limits.keysPerConnection) return
  const message = `A connection may follow ${limits.keysPerConnection} keys at once.`
  throw new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
