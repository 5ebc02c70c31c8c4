import { Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, Kind, parse, print, visit } from 'graphql'
import { requiredFieldsOf } from '../execute/aliases.ts'
import { compileOperation, type Operation } from '../execute/operation.ts'
import { typesOf } from '../execute/types.ts'
import { type EventSource, eventSourcesOf } from '../subscribe/event-source.ts'
import { planCache } from './plans.ts'

/** One loaded supergraph: its schemas, its subgraphs' addresses, and its operations, each planned once. */
export interface Graph {
  apiSchema: GraphQLSchema
  /** The supergraph's own types, hidden ones included, as the subgraphs know them. */
  fullSchema: GraphQLSchema
  urls: ReadonlyMap<string, string>
  eventSources: ReadonlyMap<string, EventSource>
  /** The compiled operation of a validated document; `source` is the document's text. Throws a GraphQLError. */
  operation(document: DocumentNode, source: string, operationName: string | undefined): Operation
}

/** Bounds of what a graph remembers and of the planner's search. */
export interface GraphOptions {
  /** Operations that stay planned. */
  maxPlans: number
  /** Characters of operation text that stay planned, all together. */
  maxPlannedText: number
}

/** Builds a graph from a composed supergraph; throws when it is not one or needs a feature that is not supported. */
export function buildGraph(sdl: string, options: GraphOptions): Graph {
  const supergraph = Supergraph.build(sdl)
  const plannerSchema = supergraph.apiSchema()
  const apiSchema = plannerSchema.toGraphQLJSSchema()
  const fullSchema = supergraph.schema.toGraphQLJSSchema()
  const document = parse(sdl, { noLocation: true })
  const compiler = {
    apiSchema,
    plannerSchema,
    // Planning blocks the event loop, so its search is bounded tighter than by default.
    planner: new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 1_000, pathsLimit: 20_000 } }),
    types: typesOf(fullSchema),
    requiredFields: requiredFieldsOf(document),
  }
  return {
    apiSchema,
    fullSchema,
    urls: new Map(supergraph.subgraphsMetadata().map(({ name, url }) => [name, url])),
    eventSources: eventSourcesOf(document),
    operation: planCache(options, (operation, name) => compileOperation(compiler, operation, name)),
  }
}

/** Features that change nothing for a gateway which does not use them, though they are declared `for: EXECUTION`. */
const harmless = new Set(['https://specs.apollo.dev/cacheTag/v0.1'])

/** The same supergraph without the `for:` of harmless features: with it, stock parts refuse to load the whole. */
export function withoutHarmlessPurposes(sdl: string): string {
  const document = parse(sdl, { noLocation: true })
  let changed = false
  const result = visit(document, {
    Directive: (node) => {
      const url = node.arguments?.find((argument) => argument.name.value === 'url')?.value
      if (node.name.value !== 'link' || url?.kind !== Kind.STRING || !harmless.has(url.value)) return undefined
      changed = true
      return { ...node, arguments: node.arguments?.filter((argument) => argument.name.value !== 'for') }
    },
  })
  return changed ? print(result) : sdl
}
