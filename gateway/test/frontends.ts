import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { CombinedError, cacheExchange, fetchExchange, subscriptionExchange, Client as Urql } from '@urql/core'
import { OperationTypeNode } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { TestGraph } from './graph.ts'
import { afterwards, socketUrl } from './live-graph.ts'

/** What a page heard of its subscription so far, in the words of its client. */
export interface Heard {
  // biome-ignore lint/suspicious/noExplicitAny: data are compared with literals
  readonly data: any[]
  readonly errors: unknown[]
  isComplete: boolean
  leave(): void
}

/** A client of a page, set up as its documentation says. */
export interface Frontend {
  follow(query: string, variables: Record<string, unknown>): Heard
  /** The data of a query over HTTP. */
  ask(query: string): Promise<unknown>
}

/** The codes of an operation's errors; undefined for what is not the client's own type of error. */
export type CodesOf = (error: unknown) => unknown[] | undefined

const codes = (errors: readonly { extensions?: Record<string, unknown> }[]) =>
  errors.map(({ extensions }) => extensions?.code)

/** A client of graphql-ws that comes back soon, but not for ever; without `shouldRetry` a connection that is refused is its last. */
function socketClient(graph: TestGraph): Client {
  const client = createClient({
    url: socketUrl(graph),
    webSocketImpl: WebSocket,
    shouldRetry: () => true,
    retryAttempts: 100,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  })
  afterwards(() => client.dispose())
  return client
}

/** Apollo Client with its normalized cache, subscriptions over a socket; `fetched` counts its requests over HTTP. */
export function apolloClient(graph: TestGraph) {
  const counts = { fetched: 0 }
  const http = new HttpLink({
    uri: `${graph.gateway.url}/graphql`,
    fetch(...request) {
      counts.fetched++
      return fetch(...request)
    },
  })
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socketClient(graph)),
      http,
    ),
    cache: new InMemoryCache({
      typePolicies: { AvailabilityChanged: { keyFields: ['sku'] }, Variant: { keyFields: ['sku'] } },
    }),
  })
  afterwards(() => client.stop())
  return { client, counts }
}

/** urql with its document cache, subscriptions over a socket or, as requests of their own, as Server-Sent Events. */
export function urqlClient(graph: TestGraph, transport: 'socket' | 'events'): Urql {
  const exchanges = [cacheExchange, fetchExchange]
  if (transport === 'socket') {
    const socket = socketClient(graph)
    exchanges.push(
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
    )
  }
  return new Urql({
    url: `${graph.gateway.url}/graphql`,
    exchanges,
    preferGetMethod: false,
    fetchSubscriptions: transport === 'events',
  })
}

function heard(leave: () => void): Heard {
  return { data: [], errors: [], isComplete: false, leave }
}

export const apollo = {
  open(graph: TestGraph): Frontend {
    const { client } = apolloClient(graph)
    return {
      follow(query, variables) {
        const told = heard(() => subscription.unsubscribe())
        const subscription = client.subscribe({ query: gql(query), variables }).subscribe({
          next({ data, error }) {
            if (error) told.errors.push(error)
            else told.data.push(data)
          },
          error: (error) => told.errors.push(error),
          complete() {
            told.isComplete = true
          },
        })
        return told
      },
      ask: async (query) => (await client.query({ query: gql(query) })).data,
    }
  },
  codesOf: ((error) => (CombinedGraphQLErrors.is(error) ? codes(error.errors) : undefined)) satisfies CodesOf,
}

function urqlOver(transport: 'socket' | 'events') {
  return {
    open(graph: TestGraph): Frontend {
      const client = urqlClient(graph, transport)
      return {
        follow(query, variables) {
          const told = heard(() => unsubscribe())
          const { unsubscribe } = client.subscription(query, variables).subscribe(({ data, error, hasNext }) => {
            // The end comes with what was said last, once more.
            if (hasNext === false && !error?.networkError) told.isComplete = true
            else if (error) told.errors.push(error)
            else told.data.push(data)
          })
          afterwards(unsubscribe)
          return told
        },
        ask: async (query) => (await client.query(query, {})).data,
      }
    },
    codesOf: ((error) => {
      if (!(error instanceof CombinedError) || error.networkError) return undefined
      return codes(error.graphQLErrors)
    }) satisfies CodesOf,
  }
}

export const urqlOverSocket = urqlOver('socket')
export const urqlOverEvents = urqlOver('events')
