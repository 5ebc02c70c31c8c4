import type { Context } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { isSameViewer } from '../viewer/key.ts'
import { type Identity, TokenError } from '../viewer/tokens.ts'
import { type ClientOptions, whenExpired } from './clients.ts'
import { type Leave, noPlaceForViewer } from './connections.ts'

/** A client that is connected over WebSocket. */
export interface SocketClient {
  socket: WebSocket
  /** The contract at whose address it came; none is the whole API. */
  contract: string | undefined
  identity: Identity | null
  /** Keys that its subscriptions follow. */
  keys: number
  expiry: NodeJS.Timeout | undefined
  /** Gives the viewer's place back. */
  leave: Leave
}

/** 1013, "try again later": clients of graphql-ws come back by themselves. */
export const tryAgainLater = 1013
const forbidden = 4403

/** Learns from `connection_init` who a client is; false when it is not taken in. */
export async function greet(
  { connectionParams, extra: client }: Context<Record<string, unknown>, SocketClient>,
  options: ClientOptions,
): Promise<boolean> {
  const { socket } = client
  const given = connectionParams?.authorization ?? connectionParams?.Authorization
  const identity = await identify(given, 'connectionParams.authorization', options)
  if (identity instanceof TokenError) {
    // The first close wins: graphql-ws would say "Forbidden" without the reason.
    socket.close(identity.status === 401 ? forbidden : tryAgainLater, identity.message)
    return false
  }
  if (socket.readyState !== socket.OPEN) return false
  const leave = options.connections.enterAs(identity)
  if (!leave) {
    socket.close(tryAgainLater, noPlaceForViewer(options.limits))
    return false
  }
  client.leave = leave
  take(client, identity)
  return true
}

/**
 * Answers a ping. One that brings another token of the same viewer (`payload.authorization`) puts off the end of its connection; the pong says
 * until when, or what is wrong with the token: then the old one goes on to count.
 */
export async function hearPing(
  client: SocketClient,
  payload: Record<string, unknown> | undefined,
  options: ClientOptions,
): Promise<void> {
  const { socket } = client
  const told = payload?.authorization === undefined ? payload : await renewed(client, payload.authorization, options)
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ type: 'pong', ...(told && { payload: told }) }))
}

async function renewed(client: SocketClient, given: unknown, options: ClientOptions): Promise<Record<string, unknown>> {
  const identity = await identify(given, 'payload.authorization', options)
  if (identity instanceof TokenError) return refusal('UNAUTHENTICATED', identity.message)
  if (!client.identity || !identity || !isSameViewer(client.identity.viewer, identity.viewer)) {
    return refusal('FORBIDDEN', 'The token is none of the viewer who connected, with the same scopes: connect anew.')
  }
  take(client, identity)
  return { expires: identity.expires }
}

/** Ends the connection of a client whose token has expired. */
export function sendAwayExpired({ socket }: SocketClient): void {
  socket.close(forbidden, 'The token has expired.')
}

function take(client: SocketClient, identity: Identity | null): void {
  clearTimeout(client.expiry)
  client.identity = identity
  client.expiry = whenExpired(identity, () => sendAwayExpired(client))
}

async function identify(
  given: unknown,
  place: string,
  { authenticate }: ClientOptions,
): Promise<Identity | null | TokenError> {
  try {
    // What is no text is as wrong as a text that is none of a token: it does not make an anonymous viewer.
    return await authenticate(given == null ? undefined : String(given), place)
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
}

function refusal(code: string, message: string): Record<string, unknown> {
  return { errors: [{ message, extensions: { code } }] }
}
