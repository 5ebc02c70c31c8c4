import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { answerGraphQL, listen } from '@commerce/service/http.ts'
import { createLog, type Logger } from '@commerce/service/log.ts'
import { type DocumentNode, parse } from 'graphql'
import { type GatewayConfig, gatewayDefaults } from '../src/config.ts'
import { type Gateway, startGateway } from '../src/server.ts'
import type { EventFeed } from '../src/subscribe/feed.ts'
import { type Contract, withContracts } from '../src/supergraph/contracts.ts'
import type { Planner } from '../src/supergraph/planner.ts'
import { planInProcess } from '../src/supergraph/planning.ts'

/** One subgraph of a test: SDL, resolvers, and what it was asked. */
export interface SubgraphSource {
  typeDefs: string
  // biome-ignore lint/suspicious/noExplicitAny: resolvers of small fixtures, each with its own types
  resolvers: Record<string, any>
}

/** A subgraph that the test runs by itself. */
export interface RemoteSubgraph {
  name: string
  url: string
  typeDefs: string
}

/** A subgraph that listens on a free port and remembers its requests. */
export interface TestSubgraph {
  name: string
  url: string
  document: DocumentNode
  requests: { query: string; variables: Record<string, unknown>; headers: IncomingHttpHeaders }[]
  stop(): Promise<void>
}

/** A whole graph of real servers, and the ways to ask it. */
export interface TestGraph {
  gateway: Gateway
  subgraphs: Record<string, TestSubgraph>
  supergraphSdl: string
  file: string
  ask(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>
  stop(): Promise<void>
}

/** A GraphQL answer over HTTP. */
export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals
  data?: any
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals
  errors?: any[]
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject", "@inaccessible", "@override", "@composeDirective", "@cacheTag", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize", "@tag"])\n`

/** What a subgraph begins with that says what may be kept of it. */
export const caching = `
  extend schema
    @link(url: "https://specs.commerce.example/cacheControl/v0.1", import: ["@cacheControl", "CacheControlScope"])
    @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
`

/** Starts one subgraph over HTTP. */
export async function startSubgraph(name: string, source: SubgraphSource): Promise<TestSubgraph> {
  const document = parse(link + source.typeDefs)
  const apollo = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: document, resolvers: source.resolvers }]),
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      {
        async requestDidStart({ request }) {
          requests.push({
            query: request.query ?? '',
            variables: request.variables ?? {},
            headers: Object.fromEntries(request.http?.headers ?? []),
          })
        },
      },
    ],
  })
  const requests: TestSubgraph['requests'] = []
  await apollo.start()
  const http = await listen(
    { host: '127.0.0.1', port: 0 },
    (request, response) =>
      answerGraphQL(apollo, request, response, {
        bodyLimit: 4 * 1024 * 1024,
        context: async () => ({ headers: request.headers }),
      }),
    () => {},
  )
  const stop = async () => {
    http.server.closeAllConnections()
    await http.close()
    await apollo.stop()
  }
  return { name, url: `${http.url}/graphql`, document, requests, stop }
}

/** Composes subgraphs into a supergraph's SDL. */
export function compose(subgraphs: readonly { name: string; url: string; document: DocumentNode }[]): string {
  const result = composeServices(subgraphs.map(({ name, url, document }) => ({ name, url, typeDefs: document })))
  if (result.errors) throw new Error(result.errors.map((error) => error.message).join('\n'))
  return result.supergraphSdl
}

/** Starts subgraphs and a gateway over them, all on free ports of the loopback interface. Unless told otherwise it plans in this thread, because starting another takes longer than most tests. */
export async function startGraph(
  sources: Record<string, SubgraphSource>,
  options: {
    config?: Partial<GatewayConfig>
    feed?: EventFeed
    remote?: RemoteSubgraph[]
    contracts?: Contract[]
    log?: Logger
    openPlanner?: (sdl: string) => Promise<Planner>
  } = {},
): Promise<TestGraph> {
  const started = await Promise.all(Object.entries(sources).map(([name, source]) => startSubgraph(name, source)))
  const remote = options.remote?.map(({ name, url, typeDefs }) => ({ name, url, document: parse(link + typeDefs) }))
  const supergraphSdl = withContracts(compose([...started, ...(remote ?? [])]), options.contracts ?? [])
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  const file = join(folder, 'supergraph.graphql')
  await writeFile(file, supergraphSdl)
  const config: GatewayConfig = { ...gatewayDefaults, port: 0, watchMs: 0, supergraph: file, ...options.config }
  const log = options.log ?? createLog('gateway', 'silent')
  const gateway = await startGateway(config, log, options.feed, undefined, options.openPlanner ?? planInProcess)
  return {
    gateway,
    subgraphs: Object.fromEntries(started.map((subgraph) => [subgraph.name, subgraph])),
    supergraphSdl,
    file,
    ask: (query, variables, headers) => post(gateway.url, { query, variables }, headers),
    async stop() {
      await gateway.stop()
      await Promise.all(started.map((subgraph) => subgraph.stop()))
      await rm(folder, { recursive: true })
    },
  }
}

/** Posts a GraphQL request and reads its answer. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, ...((await response.json()) as object) }
}
