import { Pool } from 'undici'

/** One answer to an operation. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what an answer looks like is what its operation says
  data: any
  /** The code of the first error; null when there is none. */
  error: string | null
  /** The consistency token; null when nothing changed. */
  token: string | null
}

/** Sends operations to one gateway. */
export interface Client {
  /** An error for whatever goes wrong, the connection included; never rejects. */
  ask(query: string, variables: object): Promise<Answer>
  close(): Promise<void>
}

const ANSWER_LIMIT_MS = 15_000

/** A client with a token, or of nobody who is signed in (null), that has at most so many requests under way. */
export function openClient(url: string, token: string | null, connections = 32): Client {
  const pool = new Pool(url, { connections, headersTimeout: ANSWER_LIMIT_MS, bodyTimeout: ANSWER_LIMIT_MS })
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  return {
    async ask(query, variables) {
      try {
        const body = JSON.stringify({ query, variables })
        const response = await pool.request({ method: 'POST', path: '/graphql', headers, body })
        const { data, errors } = (await response.body.json()) as { data?: unknown; errors?: GraphQLFailure[] }
        const token = response.headers['consistency-token']
        return { data: data ?? null, error: errorCode(errors), token: typeof token === 'string' ? token : null }
      } catch (error) {
        return { data: null, error: (error as { code?: string }).code ?? (error as Error).name, token: null }
      }
    },
    close: () => pool.destroy(),
  }
}

interface GraphQLFailure {
  extensions?: { code?: string }
}

/** The code of the first error of an answer; null when it has none. */
export function errorCode(errors: readonly GraphQLFailure[] | undefined): string | null {
  return errors?.[0] ? (errors[0].extensions?.code ?? 'WITHOUT_CODE') : null
}
