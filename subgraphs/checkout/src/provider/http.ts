import type { Logger } from '@commerce/service/log.ts'
import type { z } from 'zod'
import type { Guard } from './guard.ts'
import { Unreachable } from './unreachable.ts'

/** A provider gave no answer that can be used: none, too late, a wrong one, or it was not asked because it keeps failing or has too much to do. */
export class ProviderDown extends Error {
  override name = 'ProviderDown'
}

/** A provider that is asked over HTTP: where it is, and how it knows us. */
export interface HttpProvider {
  /** What it is for, in messages: "tax". */
  name: string
  url: string
  /** Sent as a bearer token; null: none. */
  token: string | null
  guard: Guard
  log: Logger
}

const MAX_ANSWER_BYTES = 256 * 1024

/** Asks a provider, guarded: JSON there, JSON back (docs/providers.md). Rejects with `ProviderDown`, whatever is the matter. */
export async function ask<T>(
  { name, url, token, guard, log }: HttpProvider,
  request: object,
  answer: z.ZodType<T>,
): Promise<T> {
  try {
    return await guard((signal) => send(url, token, request, answer, signal))
  } catch (error) {
    // What the guard turned away was not asked; what was asked is few while it fails.
    if (!(error instanceof Unreachable)) log.warn({ err: error, provider: name }, 'a provider gave no answer')
    throw new ProviderDown(`The ${name} provider gave no answer: ${(error as Error).message}`, { cause: error })
  }
}

async function send<T>(
  url: string,
  token: string | null,
  request: object,
  answer: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(request),
    redirect: 'error', // a token goes where it was meant to go
    signal,
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`it answered ${response.status}`)
  }
  const parsed = answer.safeParse(JSON.parse(await textOf(response)))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`its answer breaks the contract at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`)
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`it has more than ${MAX_ANSWER_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
