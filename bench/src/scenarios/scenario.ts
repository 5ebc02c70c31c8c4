import type { DocumentNode } from 'graphql'

/** Resolvers by type and field; each scenario's data has types of its own. */
// biome-ignore lint/suspicious/noExplicitAny: graphql-js resolvers of many row types in one map
export type Resolvers = Record<string, Record<string, (row: any, args: any) => unknown>>

/** One query over some subgraphs that answer from memory. */
export interface Scenario {
  name: string
  /** The subgraphs by name, each with its federated schema. */
  subgraphs: Record<string, { typeDefs: DocumentNode; resolvers: Resolvers }>
  /** The same data as one graph: a root value for graphql-js on the API schema, from which the expected answer comes. */
  root: object
  query: string
  variables: Record<string, unknown>
  /** Bytes of the answer that the benchmark's publishers get; null when nobody published one. */
  answerBytes: number | null
}
