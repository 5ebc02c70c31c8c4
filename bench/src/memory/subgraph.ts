import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { collecting } from '@commerce/cache/dependencies.ts'
import { notingChanges } from '@commerce/events/changes.ts'
import { type DocumentNode, execute, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql'
import type { Scenario } from '../scenarios/scenario.ts'

/** Distinct requests of one subgraph whose answers (and documents) are kept; the oldest goes first. */
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
 * measures the gateway and not these. A mutation is always executed; the answers that show what it changed are forgotten, and
 * `changed` is told of each change before the mutation is answered.
 */
export async function startMemorySubgraphs(
  { subgraphs }: Pick<Scenario, 'subgraphs'>,
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

/** An answer, and what it shows that can be changed. */
interface Answer {
  bytes: Buffer
  tags: ReadonlySet<string>
}

async function listen(schema: GraphQLSchema, changed: (subject: string, version: number) => void) {
  const documents = new Map<string, DocumentNode>()
  const answers = new Map<string, Answer>()
  // Requests for the same that come before the next change are executed once, or a slow moment would never end.
  let executing = new Map<string, Promise<Buffer>>()
  const state = { requests: 0, changes: 0 }

  function documentOf(query: string): DocumentNode {
    const known = documents.get(query)
    if (known) return known
    const document = parse(query)
    const [error] = validate(schema, document)
    if (error) throw error
    keep(documents, query, document)
    return document
  }

  async function answerTo(body: string): Promise<Buffer> {
    const { query, variables, operationName } = JSON.parse(body)
    const document = documentOf(query)
    const tags = new Set<string>()
    const { changes: before } = state
    const ask = { schema, document, variableValues: variables, operationName }
    if (getOperationAST(document, operationName)?.operation === 'mutation') return change(ask)
    const known = executing.get(body)
    if (known) return known
    const answering = collecting(tags, async () => {
      const result = await execute(ask)
      const told = tags.size > 0 ? { ...result, extensions: { apolloCacheTags: [...tags] } } : result
      return Buffer.from(JSON.stringify(told))
    })
    executing.set(body, answering)
    const bytes = await answering.finally(() => {
      if (executing.get(body) === answering) executing.delete(body)
    })
    // What was read before a change that happened meanwhile may be old.
    if (state.changes === before) keep(answers, body, { bytes, tags })
    return bytes
  }

  async function change(ask: Parameters<typeof execute>[0]): Promise<Buffer> {
    const changes = new Map<string, number>()
    const result = await notingChanges(changes, () => execute(ask))
    state.changes++
    executing = new Map()
    const changedTags = [...changes.keys()]
    for (const [body, { tags }] of answers) if (changedTags.some((tag) => tags.has(tag))) answers.delete(body)
    for (const [subject, version] of changes) changed(subject, version)
    return Buffer.from(JSON.stringify({ ...result, extensions: { changed: Object.fromEntries(changes) } }))
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
      if (known) return send(response, 200, known.bytes)
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

function keep<T>(kept: Map<string, T>, key: string, value: T): void {
  const oldest = kept.size < ANSWERS_KEPT ? undefined : kept.keys().next().value
  if (oldest !== undefined) kept.delete(oldest)
  kept.set(key, value)
}
