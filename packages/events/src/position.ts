import type { JetStreamManager, Msg, MsgRequest, StoredMsg } from 'nats'
import { STREAM } from './stream.ts'

/** Where a reader of the stream is: the last sequence it was given, when that was stored (ms), and which stream that was. */
export interface Position {
  stream: string
  seq: number
  at: number | undefined
}

/** Whether the stream still holds the very message we stopped at: a server that lost its end may have used the number again. */
export async function stillThere(manager: JetStreamManager, position: Position): Promise<boolean> {
  return position.seq === 0 || (position.at !== undefined && (await storedAt(manager, position.seq)) === position.at)
}

/** When a message was stored, in milliseconds; undefined when there is none of that number. */
export async function storedAt(manager: JetStreamManager, seq: number): Promise<number | undefined> {
  return seq === 0 ? undefined : (await stored(manager, { seq }))?.time.getTime()
}

/** The sequence number of the last message under a subject, which may have wildcards; 0 when there is none. */
export async function lastOf(manager: JetStreamManager, subject: string): Promise<number> {
  return (await stored(manager, { last_by_subj: subject }))?.seq ?? 0
}

/** The sequence number of the first message behind `after` under a subject, which may have wildcards; undefined when there is none. */
export async function nextOf(manager: JetStreamManager, subject: string, after: number): Promise<number | undefined> {
  const which = { seq: after + 1, next_by_subj: subject } // of the server's, not of the client's types
  return (await stored(manager, which))?.seq
}

/** The message that a stream holds under a number or as the last of a subject; undefined when there is none. */
export async function stored(manager: JetStreamManager, which: MsgRequest): Promise<StoredMsg | undefined> {
  try {
    return await manager.streams.getMessage(STREAM, which)
  } catch (error) {
    if ((error as { api_error?: { err_code?: number } }).api_error?.err_code === 10037) return undefined // no message found
    throw error
  }
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, longer forms add a domain and account in front. */
export function deliveryInfo(
  message: Msg,
): { seq: number; delivered: number; at: number; pending: number } | undefined {
  const tokens = message.reply?.split('.')
  if (!tokens?.[0]?.startsWith('$JS') || tokens[1] !== 'ACK') return undefined
  const [seq, delivered, nanoseconds, pending] = tokens.slice(tokens.length > 9 ? 7 : 5)
  const at = Number(BigInt(nanoseconds ?? 0) / 1_000_000n)
  return { seq: Number(seq), delivered: Number(delivered), at, pending: Number(pending) }
}
