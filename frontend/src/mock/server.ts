import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { graphiqlPage } from '@commerce/gateway/http/graphiql.ts'
import { answerError, answerGraphQL, listen } from '@commerce/service/http.ts'
import type { GraphQLSchema } from 'graphql'
import { createHandler } from 'graphql-sse/lib/use/http'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const bodyLimit = 1024 * 1024

/**
 * Serves a schema that answers by itself as the gateway serves its graph: `/graphql` over HTTP and WebSocket, `/graphql/stream` with
 * Server-Sent Events, GraphiQL at `/`. Pages of any origin may ask. Rejects when the port is taken.
 */
export async function serveMock(schema: GraphQLSchema, address: { host: string; port: number }) {
  const apollo = new ApolloServer({
    schema,
    introspection: true,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginLandingPageDisabled()],
  })
  await apollo.start()
  const graphiql = graphiqlPage()
  const stream = createHandler({ schema })
  const http = await listen(
    address,
    async (request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      if (request.method === 'OPTIONS') {
        const headers = request.headers['access-control-request-headers'] ?? '*'
        response.writeHead(204, { 'access-control-allow-headers': headers, 'access-control-allow-methods': '*' })
        return void response.end()
      }
      const path = request.url?.split('?', 1)[0]
      if (path === '/') return graphiql(request, response)
      const wantsEvents =
        request.headers.accept?.includes('text/event-stream') === true && !request.headers.accept.includes('json')
      if (path === '/graphql/stream' || (path === '/graphql' && wantsEvents)) return stream(request, response)
      if (path === '/graphql') return answerGraphQL(apollo, request, response, { bodyLimit, context: async () => ({}) })
      answerError(response, 404, 'NOT_FOUND', 'Nothing is here: GraphQL is at /graphql.')
    },
    (error) => console.error((error as Error).message),
  )
  const sockets = new WebSocketServer({ server: http.server, path: '/graphql', maxPayload: bodyLimit })
  const protocol = useServer({ schema }, sockets)
  return {
    url: http.url,
    async stop() {
      await protocol.dispose()
      http.server.closeAllConnections()
      await http.close()
      await apollo.stop()
    },
  }
}
