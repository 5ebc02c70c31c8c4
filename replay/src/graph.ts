import { setTimeout as pause } from 'node:timers/promises'
import { type Client, openClient } from '../../bench/src/load/client.ts'

/** The graph cannot do what the replay needs: one sentence says what. */
export class GraphFailed extends Error {
  override name = 'GraphFailed'
}

/** The graph as the replay uses it. Whatever gets no answer is asked again, as all of it may be. */
export interface Graph {
  ask(query: string, variables: object): Promise<Answered>
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: what an answer looks like is what its operation says
type Answered = any

const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_000, 5_000, 10_000, 10_000, 10_000]
/** What asking again does not change. */
const FINAL = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED']

/** Opens the graph at an address (with its path or without) as the bearer of a token. */
export function openGraph(url: string, token: string, atOnce: number): Graph {
  const client: Client = openClient(new URL(url).origin, token, atOnce)
  return {
    async ask(query, variables) {
      for (let tries = 0; ; tries++) {
        const { data, error } = await client.ask(query, variables)
        if (data && !error) return data
        const rest = PAUSES_MS[tries]
        if (rest === undefined || FINAL.includes(error ?? '')) throw new GraphFailed(`${url} answers ${error}.`)
        await pause(rest)
      }
    },
    close: () => client.close(),
  }
}
