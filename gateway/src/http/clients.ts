import type { Logger } from '@commerce/service/log.ts'
import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql'
import type { SocketLimits } from '../config.ts'
import type { AskedDocument } from '../documents/trust.ts'
import type { Result } from '../execute/operation.ts'
import { type Cursor, readCursor } from '../subscribe/cursor.ts'
import type { Mailbox } from '../subscribe/mailbox.ts'
import type { Authenticate, Identity } from '../viewer/tokens.ts'
import type { Connections } from './connections.ts'

/** An operation of a client that stays connected. */
export interface ClientRequest {
  /** The contract that is asked; none is the whole API. */
  contract: string | undefined
  document: AskedDocument
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
  identity: Identity | null
  /** Where the client was, for a subscription that goes on from there; null from the beginning. Undefined: it wants no cursors. */
  since: Cursor | null | undefined
  /** What it came over, as traces name it. */
  transport: 'websocket' | 'sse'
  /** Told how many keys this client follows more, or fewer; throws a GraphQLError when they are too many. */
  count(change: number): void
}

/** A checked request. */
export interface Prepared {
  schema: GraphQLSchema
  document: DocumentNode
  /** The stream of a subscription; for other operations, what answers them. */
  run: Mailbox | (() => Promise<Result>)
}

/** What clients that stay connected are served with, over WebSocket and over Server-Sent Events. */
export interface ClientOptions {
  limits: SocketLimits
  authenticate: Authenticate
  log: Logger
  /** Checks a request, and opens its stream when it is a subscription; rejects with a GraphQLError when it is not valid. */
  prepare(request: ClientRequest): Promise<Prepared>
  /** Whether the graph has a contract of that name; the whole API is always there. */
  isThere(contract: string | undefined): boolean
  /** Told of each operation that `prepare` refused. */
  refused(error: GraphQLError): void
  /** The places that there are for clients, over any transport. */
  connections: Connections
  /** Pages of these origins may connect. */
  origins: readonly string[] | '*'
}

/** What a client asks of how it is told, in `extensions` of its request. */
export interface Wishes {
  /** Messages a second, at most. */
  maxPerSecond: number | undefined
  since: Cursor | null | undefined
}

/** What the extensions of a request wish for; an error when it cannot be had. */
export function wishesOf(extensions: Readonly<Record<string, unknown>> | null | undefined): Wishes | GraphQLError {
  const { maxPerSecond, since } = extensions ?? {}
  if (maxPerSecond !== undefined && !isRate(maxPerSecond)) {
    return badInput(
      `Expected extensions.maxPerSecond to be a number from 0.01 to 1000, got ${JSON.stringify(maxPerSecond)}.`,
    )
  }
  if (since == null) return { maxPerSecond, since }
  const cursor = typeof since === 'string' ? readCursor(since) : null
  if (cursor) return { maxPerSecond, since: cursor }
  const got = JSON.stringify(since).slice(0, 100)
  return badInput(`Expected extensions.since to be null or a cursor of an earlier message, got ${got}.`)
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0.01 && value <= 1_000
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

const longestTimerMs = 2 ** 31 - 1

/** Checks a request as `prepare` of the options does; why it is refused is the answer. */
export async function prepare(options: ClientOptions, request: ClientRequest): Promise<Prepared | GraphQLError> {
  try {
    return await options.prepare(request)
  } catch (error) {
    if (error instanceof GraphQLError) {
      options.refused(error)
      return error
    }
    return failure(error, options.log)
  }
}

/** What a client hears of an error that is none of its own; the log has the rest. */
export function failure(error: unknown, log: Logger): GraphQLError {
  log.error({ err: error }, 'an operation failed')
  const extensions = { code: 'INTERNAL_SERVER_ERROR' }
  return new GraphQLError('The operation failed for a reason of our own.', { extensions })
}

/** Counts what a client follows; throws a GraphQLError when it is more than it may. */
export function countKeys(client: { keys: number }, change: number, limits: SocketLimits): void {
  client.keys += change
  if (change < 0 || client.keys <= limits.keysPerConnection) return
  throw tooMany(`A connection may follow ${limits.keysPerConnection} keys at once.`)
}

/** Why a client that has as many operations as it may is refused one more. */
export function tooManyOperations(limits: SocketLimits): GraphQLError {
  return tooMany(`A connection may have ${limits.subscriptionsPerConnection} operations at once.`)
}

function tooMany(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })
}

/** Calls `end` with the reason when the token of a client expires; the answer is to be cleared when the client leaves before. */
export function whenExpired(
  identity: Identity | null,
  end: (reason: GraphQLError) => void,
): NodeJS.Timeout | undefined {
  if (typeof identity?.expires !== 'number') return undefined
  const left = Math.max(0, identity.expires * 1000 - Date.now())
  return setTimeout(end, Math.min(left, longestTimerMs), expired()).unref()
}

/** What a client is told whose token counts no more. */
export function expired(): GraphQLError {
  return new GraphQLError('The token has expired.', { extensions: { code: 'UNAUTHENTICATED' } })
}
