import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
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
 * measures the gateway and not these.
 */
export async function startMemorySubgraphs({ subgraphs }: Scenario): Promise<MemorySubgraphs> {
  const started = await Promise.all(
    Object.entries(subgraphs).map(async ([name, source]) => ({
      name,
      ...(await listen(buildSubgraphSchema([source]))),
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

async function listen(schema: GraphQLSchema) {
  const answers = new Map<string, Buffer>()
  const state = { requests: 0 }

  async function answerTo(body: string): Promise<Buffer> {
    const { query, variables, operationName } = JSON.parse(body)
    const result = await graphql({ schema, source: query, variableValues: variables, operationName })
    const answer = Buffer.from(JSON.stringify(result))
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
