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

/** A scenario whose prices are written while its query is asked. */
export interface WrittenScenario extends Scenario {
  /** The schemas that say what may be kept, for a gateway that keeps it; `subgraphs` has those without, for all others. */
  tagged: Record<string, DocumentNode>
  /** The schemas with what the shop itself lets be kept, where that is less. */
  declared?: Record<string, DocumentNode>
  /** The subgraph that takes the writes. */
  writtenBy: string
  /** What is written, each by a mutation with the variable `key`. */
  keys: readonly string[]
  mutation: string
  /** Puts the first written prices into an answer that has the scenario's own: a reviver for `JSON.parse`. */
  written(value: unknown): unknown
}
