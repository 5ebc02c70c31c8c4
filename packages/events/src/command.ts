import { type MsgHdrs, headers as natsHeaders, type ServiceMsg } from 'nats'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Changes, noteChange, notingChanges } from './changes.ts'
import type { EventConnection } from './connection.ts'
import { currentTraceparent, withTrace } from './trace.ts'

/**
 * A wish that needs an answer now, from one subgraph to another, over NATS request/reply. Always idempotent by a key in
 * its input, because a caller that got no answer asks again.
 */
export interface CommandContract<I extends z.ZodType, O extends z.ZodType> {
  /** The subgraph that answers. */
  service: string
  name: string
  input: I
  output: O
}

/** The command got no usable answer; `UNAVAILABLE`: nobody serves it, `TIMEOUT`: it may or may not have been carried out, `FAILED`: the other side failed. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly code: 'UNAVAILABLE' | 'TIMEOUT' | 'FAILED'
  constructor(code: CommandError['code'], message: string) {
    super(message)
    this.code = code
  }
}

function subject(contract: { service: string; name: string }): string {
  return `command.${contract.service}.${contract.name}`
}

/** Sends a command and waits at most `timeoutMs` for its answer. Throws `CommandError`; an input that breaks the contract throws before anything is sent. What it changed counts as changed by who called. */
export async function callCommand<I extends z.ZodType, O extends z.ZodType>(
  connection: EventConnection,
  contract: CommandContract<I, O>,
  input: z.infer<I>,
  timeoutMs: number,
): Promise<z.infer<O>> {
  const what = `${contract.service}.${contract.name}`
  const headers = natsHeaders()
  const traceparent = currentTraceparent()
  if (traceparent) headers.set('traceparent', traceparent)
  if (!connection.connected) throw new CommandError('UNAVAILABLE', `${what} cannot be reached: NATS is disconnected.`)
  const reply = await connection.nats
    .request(subject(contract), JSON.stringify(contract.input.parse(input)), { timeout: timeoutMs, headers })
    .catch((error: { code?: string; message: string }) => {
      const unavailable = error.code === '503' // NATS: no responders
      throw new CommandError(
        unavailable ? 'UNAVAILABLE' : 'TIMEOUT',
        `${what} ${unavailable ? 'is not served by anyone' : `did not answer within ${timeoutMs} ms`}.`,
      )
    })
  noteReplied(reply.headers)
  const failure = reply.headers?.get('Nats-Service-Error')
  if (failure) throw new CommandError('FAILED', `${what} failed: ${failure}`)
  const output = contract.output.safeParse(reply.json())
  if (!output.success) throw new CommandError('FAILED', `${what} answered what its contract does not know.`)
  return output.data
}

/** The header of a reply, also of a failure: a JSON object, event subject → version, of what was committed. */
const CHANGED = 'changed'
const changedShape = z.record(z.string(), z.int().positive())

function changedHeaders(changes: Changes): MsgHdrs {
  const headers = natsHeaders()
  if (changes.size > 0) headers.set(CHANGED, JSON.stringify(Object.fromEntries(changes)))
  return headers
}

function noteReplied(headers: MsgHdrs | undefined): void {
  const text = headers?.get(CHANGED)
  if (!text) return
  for (const [subject, version] of Object.entries(changedShape.parse(JSON.parse(text)))) noteChange(subject, version)
}

/** A command with the function that carries it out. */
export interface CommandHandler {
  contract: CommandContract<z.ZodType, z.ZodType>
  handle(input: never): Promise<unknown>
}

/** Pairs a contract with its handler. */
export function command<I extends z.ZodType, O extends z.ZodType>(
  contract: CommandContract<I, O>,
  handle: (input: z.infer<I>) => Promise<z.infer<O>>,
): CommandHandler {
  return { contract, handle: handle as CommandHandler['handle'] }
}

const MAX_CONCURRENT = 100
const STOP_LIMIT_MS = 5_000

/** Serves a subgraph's commands; replicas share them (queue group). Past 100 at once further ones are refused as failed. */
export async function serveCommands(
  connection: EventConnection,
  service: string,
  handlers: readonly CommandHandler[],
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  const served = await connection.nats.services.add({ name: service, version: '1.0.0', queue: service })
  const running = new Set<Promise<void>>()
  for (const { contract, handle } of handlers) {
    served.addEndpoint(contract.name, {
      subject: subject(contract),
      handler(error, message) {
        if (error) return log.error({ err: error }, 'a command could not be received')
        if (running.size >= MAX_CONCURRENT)
          return void message.respondError(429, `more than ${MAX_CONCURRENT} commands at once`)
        const work = answer(message, contract, handle).finally(() => running.delete(work))
        running.add(work)
      },
    })
  }

  async function answer(
    message: ServiceMsg,
    contract: CommandHandler['contract'],
    handle: CommandHandler['handle'],
  ): Promise<void> {
    const changes: Changes = new Map()
    try {
      const input = contract.input.safeParse(message.json())
      if (!input.success) {
        const [issue] = input.error.issues
        message.respondError(400, `${issue?.path.join('.')}: ${issue?.message}`)
        return
      }
      const work = () => notingChanges(changes, () => handle(input.data as never))
      const output = await withTrace(message.headers?.get('traceparent'), work)
      message.respond(JSON.stringify(contract.output.parse(output)), { headers: changedHeaders(changes) })
    } catch (error) {
      log.error({ err: error, command: contract.name }, 'a command failed')
      message.respondError(500, 'internal error', undefined, { headers: changedHeaders(changes) })
    }
  }

  return {
    async stop() {
      await served.stop()
      // What is in hand is answered, unless it takes too long.
      await Promise.race([Promise.all(running), new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())])
    },
  }
}
