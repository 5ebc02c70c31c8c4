import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { collecting } from '@commerce/cache/dependencies.ts'
import { notingChanges } from '@commerce/events/changes.ts'
import { type GraphQLSchema, graphql } from 'graphql'
import type { Scenario } from '../scenarios/scenario.ts'

/** Distinct requests of one subgraph whose answers are kept; the oldest goes first. */
const ANSWERS_KEPT = 1_000

/** Subgraphs that listen on free ports of the loopback interface. */
export interface MemorySubgraphs {
  urls: Record<string, string>
  /** Requests that arrived since the last reset, by subgraph. */
  counts(): Record<string, number>
  reset(): void
  stop(): Promise<void>
}

/**
 * Starts a scenario's subgraphs. Each distinct request is executed once and answered from memory after that, so that a bench
 * measures the gateway and not these. A mutation is always executed; the answers that its subgraph keeps are forgotten with it, and
 * `changed` is told of each change before the mutation is answered.
 */
export async function startMemorySubgraphs(
  { subgraphs }: Scenario,
  changed: (subject: string, version: number) => void = () => {},
): Promise<MemorySubgraphs> {
  const started = await Promise.all(
    Object.entries(subgraphs).map(async ([name, source]) => ({
      name,
      ...(await listen(buildSubgraphSchema([source]), changed)),
    })),
  )
  return {
    urls: Object.fromEntries(started.map(({ name, url }) => [name, url])),
    counts: () => Object.fromEntries(started.map(({ name, state }) => [name, state.requests])),
    reset() {
      for (const { state } of started) state.requests = 0
    },
    async stop() {
      await Promise.all(started.map(({ stop }) => stop()))
    },
  }
}

async function listen(schema: GraphQLSchema, changed: (subject: string, version: number) => void) {
  const answers = new Map<string, Buffer>()
  const state = { requests: 0, changes: 0 }

  async function answerTo(body: string): Promise<Buffer> {
    const { query, variables, operationName } = JSON.parse(body)
    const { changes: before } = state
    const tags = new Set<string>()
    const changes = new Map<string, number>()
    const result = await notingChanges(changes, () =>
      collecting(tags, graphql, { schema, source: query, variableValues: variables, operationName }),
    )
    const extensions = {
      ...(tags.size > 0 && { apolloCacheTags: [...tags] }),
      ...(changes.size > 0 && { changed: Object.fromEntries(changes) }),
    }
    const told = tags.size + changes.size > 0
    const answer = Buffer.from(JSON.stringify(told ? { ...result, extensions } : result))
    for (const [subject, version] of changes) changed(subject, version)
    if (changes.size > 0) {
      state.changes++
      answers.clear()
    }
    // What was read before a change that happened meanwhile may be old.
    if (state.changes !== before) return answer
    const oldest = answers.size < ANSWERS_KEPT ? undefined : answers.keys().next().value
    if (oldest !== undefined) answers.delete(oldest)
    answers.set(body, answer)
    return answer
  }

  function send(response: ServerResponse, status: number, answer: Buffer): void {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': answer.length })
    response.end(answer)
  }

  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      state.requests++
      const known = answers.get(body)
      if (known) return send(response, 200, known)
      answerTo(body).then(
        (answer) => send(response, 200, answer),
        (error: Error) => send(response, 400, Buffer.from(JSON.stringify({ errors: [{ message: error.message }] }))),
      )
    })
  })
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
