import { setTimeout as pause } from 'node:timers/promises'
import type { FieldProblem } from './feed-row.ts'
import type { ImportRow } from './rows.ts'

/** What the graph says became of one row. */
export interface RemoteResult {
  sku: string
  outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED'
  hasPrice: boolean
  warnings: string[]
  problems: FieldProblem[]
}

/** The graph does not take the import at all; `message` is one sentence that says what to do. */
export class ImportFailed extends Error {
  override name = 'ImportFailed'
}

export interface ImportClientOptions {
  url: string
  token: string
  /** Told before a batch is sent again. */
  retrying(reason: string): void
  /** Pauses between tries, in milliseconds: their number is the number of tries after the first one. */
  pauses?: readonly number[]
}

const MUTATION = `mutation ImportProducts($rows: [ProductImportRow!]!) {
  productsImport(input: { rows: $rows }) {
    rows { sku outcome hasPrice warnings problems { field expected got } }
    userErrors { message }
  }
}`

const PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]
const ANSWER_LIMIT_MS = 60_000
/** What is not another try's business: the request would be refused again. */
const FINAL = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED']

/** Sends batches to a graph. A batch that got no answer is sent again: the rows of it that were imported are unchanged then. Throws `ImportFailed`. */
export function createClient({ url, token, retrying, pauses = PAUSES }: ImportClientOptions) {
  return async function send(rows: readonly ImportRow[]): Promise<RemoteResult[]> {
    for (let tries = 0; ; tries++) {
      const answer = await attempt(rows)
      if (!('reason' in answer)) return answer.rows
      const delay = pauses[tries]
      if (delay === undefined)
        throw new ImportFailed(
          `The graph at ${url} does not answer: ${answer.reason}. If it is elsewhere, say so with --url.`,
        )
      retrying(answer.reason)
      await pause(delay)
    }
  }

  async function attempt(rows: readonly ImportRow[]): Promise<{ rows: RemoteResult[] } | { reason: string }> {
    let status: number
    let text: string
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: MUTATION, operationName: 'ImportProducts', variables: { rows } }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      })
      status = response.status
      text = await response.text()
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } }
      return { reason: cause?.code ?? message }
    }
    return read(status, text)
  }

  function read(status: number, text: string): { rows: RemoteResult[] } | { reason: string } {
    const answer = parse(text)
    const error = answer?.errors?.[0]
    const code = error?.extensions?.code ?? ''
    if (FINAL.includes(code)) throw new ImportFailed(`The graph refuses the import: ${error?.message}`)
    const payload = answer?.data?.productsImport
    if (payload?.rows) return { rows: payload.rows }
    const refusal = payload?.userErrors?.[0]?.message
    if (refusal) throw new ImportFailed(`The graph refuses the import: ${refusal}`)
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      throw new ImportFailed(
        `The graph at ${url} answered with status ${status}: ${error?.message ?? 'is this its address?'}`,
      )
    }
    return { reason: error?.message ?? `status ${status}` }
  }
}

interface Answer {
  data?: { productsImport?: { rows?: RemoteResult[] | null; userErrors?: { message: string }[] } | null } | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

function parse(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return null
  }
}
