import { Agent, request } from 'undici'
import { type Answer, type Received, readAnswer, readBounded } from './answer.ts'
import { SubgraphFailure } from './errors.ts'

/** What was last seen of a subgraph: information for people, nothing is decided by it. */
export interface SubgraphState {
  state: 'unknown' | 'up' | 'down'
  since: string | null
}

/** The subgraphs as the executor needs them: one request, one answer, or a `SubgraphFailure`. */
export interface Subgraphs {
  /** Sends a GraphQL request body; `repeatable` requests are sent once more when the connection broke before an answer. */
  send(service: string, body: string, headers: Readonly<Record<string, string>>, repeatable: boolean): Promise<Answer>
  states(): Record<string, SubgraphState>
  close(): Promise<void>
}

type Headers = Readonly<Record<string, string>>

/** Where a subgraph is, and how long and how much it may answer. */
export interface SubgraphOptions {
  /** The address of a subgraph, or undefined when the supergraph does not know it. */
  urlOf(service: string): string | undefined
  /** From sending a request to the last byte of its answer, in milliseconds. */
  timeoutMs: number
  /** Bytes of one answer. */
  maxAnswerBytes: number
  /** Open connections to each subgraph. */
  connections: number
  now(): Date
}

/** Opens a keep-alive pool to the subgraphs; nothing is contacted before the first request. */
export function openSubgraphs(options: SubgraphOptions): Subgraphs {
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const states = new Map<string, SubgraphState>()

  function saw(service: string, state: 'up' | 'down') {
    if (states.get(service)?.state !== state) states.set(service, { state, since: options.now().toISOString() })
  }

  async function attempt(url: string, body: string, headers: Headers, signal: AbortSignal): Promise<Received> {
    const response = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal })
    return { status: response.statusCode, text: await readBounded(response.body, options.maxAnswerBytes) }
  }

  async function ask(service: string, url: string, body: string, headers: Headers, repeatable: boolean) {
    // One clock for both attempts.
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), options.timeoutMs)
    try {
      return await attempt(url, body, headers, late.signal).catch((error: unknown) => {
        if (!repeatable || late.signal.aborted) throw error
        return attempt(url, body, headers, late.signal)
      })
    } catch (error) {
      const [code, what] = late.signal.aborted
        ? (['SUBGRAPH_TIMEOUT', `did not answer within ${options.timeoutMs} ms`] as const)
        : (['SUBGRAPH_UNAVAILABLE', 'cannot be reached'] as const)
      throw new SubgraphFailure(code, service, `Subgraph "${service}" ${what}.`, error)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async send(service, body, headers, repeatable) {
      const url = options.urlOf(service)
      if (url === undefined) {
        throw new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, `Subgraph "${service}" has no address.`)
      }
      try {
        const answer = readAnswer(service, await ask(service, url, body, headers, repeatable))
        saw(service, 'up')
        return answer
      } catch (error) {
        saw(service, error instanceof SubgraphFailure && error.code === 'SUBGRAPH_MALFORMED' ? 'up' : 'down')
        throw error
      }
    },
    states: () => Object.fromEntries(states),
    close: () => agent.destroy(),
  }
}
