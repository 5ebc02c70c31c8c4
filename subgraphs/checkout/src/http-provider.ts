import type { z } from 'zod'

/** Where a provider is, and how it knows us. */
export interface HttpProvider {
  url: string
  /** Sent as a bearer token; null: none. */
  token: string | null
}

const MAX_ANSWER_BYTES = 256 * 1024

/** Asks a provider: JSON there, JSON back (docs/providers.md). Throws when the answer is not 200, too large or not what was agreed. */
export async function ask<T>(
  { url, token }: HttpProvider,
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
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer has more than ${MAX_ANSWER_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
