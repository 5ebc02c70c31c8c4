import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer, type BaseContext } from '@apollo/server'
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { notingChanges } from '@commerce/events/changes.ts'
import type { SeenEvents } from '@commerce/events/seen.ts'
import { withTrace } from '@commerce/events/trace.ts'
import { type GraphQLSchema, parse } from 'graphql'
import { changesPlugin } from './answer-changes.ts'
import { collectTags, tagsPlugin, withTags } from './answer-tags.ts'
import { answerHealth, type Checks } from './health.ts'
import { answerError, answerGraphQL, listen, RequestError } from './http.ts'
import type { Running } from './lifecycle.ts'
import type { Logger } from './log.ts'
import { floorsFrom, isGateway, seenFrom, type Viewer, viewerFrom } from './viewer.ts'

/** Field resolvers by type; `__resolveReference` for entities, scalars as `GraphQLScalarType`. */
// biome-ignore lint/suspicious/noExplicitAny: resolvers are typed where they are written, each with its own parent and arguments
export type Resolvers = Record<string, any>

export interface GraphQLServerOptions<C extends BaseContext> {
  name: string
  host: string
  port: number
  /** The subgraph's schema.graphql. */
  schemaFile: URL
  resolvers: Resolvers
  /** Whether reads say what they depend on; then each answer does too. */
  tagged: boolean
  gatewaySecret: string
  /** Told before each request what the gateway has already seen: event subject → version. */
  raiseFloors(floors: Record<string, number>): void
  /** Runs the work of a request whose gateway has seen these events. */
  notBehind<T>(seen: SeenEvents, work: () => T): T
  /** Waits before a request whose gateway has seen this, and knows of these changes from elsewhere. */
  caughtUp?: ((seen: SeenEvents | null, floors: Readonly<Record<string, number>>) => Promise<void>) | undefined
  context(viewer: Viewer | null): C
  checks: Checks
  /** What is at other paths, open to whoever can reach the process: each looks after itself. */
  routes?: Routes | undefined
  log: Logger
}

/** Handlers by exact path, such as `/payments/webhook`. */
export type Routes = Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>

const BODY_LIMIT = 4 * 1024 * 1024

/** The executable schema of a subgraph, from its SDL file and its resolvers. */
export function loadSchema(schemaFile: URL, resolvers: Resolvers): GraphQLSchema {
  return buildSubgraphSchema([{ typeDefs: parse(readFileSync(schemaFile, 'utf8')), resolvers }])
}

/** Serves a subgraph at `/graphql`, to the gateway only, with `/health/live` and `/health/ready`. */
export async function serveGraphQL<C extends BaseContext>(options: GraphQLServerOptions<C>): Promise<Running> {
  const { log, tagged } = options
  const routes = new Map(Object.entries(options.routes ?? {}))
  const schema = loadSchema(options.schemaFile, options.resolvers)
  const apollo = new ApolloServer<C>({
    schema: tagged ? collectTags(schema) : schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    plugins: [ApolloServerPluginInlineTraceDisabled(), changesPlugin, ...(tagged ? [tagsPlugin] : [])],
    csrfPrevention: false, // no browser gets past the gateway's secret
    stopOnTerminationSignals: false,
    logger: log,
    formatError(formatted, error) {
      const code = formatted.extensions?.code
      if (code !== undefined && code !== 'INTERNAL_SERVER_ERROR') return formatted
      log.error({ err: error }, 'a resolver failed')
      return { ...formatted, message: `The ${options.name} subgraph failed.` }
    },
  })
  await apollo.start()

  function fromGateway(request: IncomingMessage) {
    try {
      const floors = floorsFrom(request.headers)
      options.raiseFloors(floors)
      return { viewer: viewerFrom(request.headers), seen: seenFrom(request.headers), floors }
    } catch (error) {
      throw new RequestError(400, `The gateway's headers cannot be read: ${(error as Error).message}`)
    }
  }

  const http = await listen(
    options,
    async (request, response) => {
      if (await answerHealth(request, response, options.checks)) return
      const path = request.url?.split('?')[0] ?? ''
      const route = routes.get(path)
      if (route) return route(request, response)
      if (path !== '/graphql') {
        return answerError(response, 404, 'NOT_FOUND', `Nothing is at ${request.url}; GraphQL is at /graphql.`)
      }
      if (!isGateway(request.headers, options.gatewaySecret)) {
        return answerError(response, 401, 'UNAUTHENTICATED', 'Subgraphs answer only the gateway: ask there.')
      }
      const { viewer, seen, floors } = fromGateway(request)
      await options.caughtUp?.(seen, floors)
      const answer = (): Promise<void> =>
        answerGraphQL(apollo, request, response, {
          bodyLimit: BODY_LIMIT,
          context: async () => options.context(viewer),
        })
      const current = seen ? () => options.notBehind(seen, answer) : answer
      const tagging = tagged ? () => withTags(current) : current
      await withTrace(request.headers.traceparent, () => notingChanges(new Map(), tagging))
    },
    (error) => log.error({ err: error }, 'a request failed'),
  )
  return {
    url: http.url,
    async stop() {
      await http.close()
      await apollo.stop()
    },
  }
}
