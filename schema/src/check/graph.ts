import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import { type Contract, withContracts } from '@commerce/gateway/supergraph/contracts.ts'
import { supportedFeatures } from '@commerce/gateway/supergraph/features.ts'
import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse } from 'graphql'
import type { ListedSubgraph } from '../subgraphs.ts'

/** Where something is: a file as the list shows it, line and column from 1, and the subgraph whose file it is. */
export interface Place {
  file: string
  line: number
  column: number
  subgraph?: string
}

/** One sentence of the composition about one or more places. */
export interface Remark {
  code: string
  message: string
  places: Place[]
}

/** Subgraphs that compose: the supergraph as text and document, and the schema that clients see. */
export interface Graph {
  subgraphs: readonly ListedSubgraph[]
  contracts: readonly Contract[]
  sdl: string
  document: DocumentNode
  api: GraphQLSchema
  hints: Remark[]
}

/** What subgraphs compose to: a graph, or why there is none. */
export type Composed = { graph: Graph; errors: [] } | { graph: null; errors: Remark[] }

const WARNING = 60 // composition's hint levels: 60 is a warning, lower ones are remarks

/** Composes subgraphs as `npm run compose` does; errors and warnings carry file, line and subgraph. */
export function composeGraph(subgraphs: readonly ListedSubgraph[], contracts: readonly Contract[] = []): Composed {
  const { supergraphSdl, errors, hints } = composeServices([...subgraphs])
  if (!supergraphSdl) return { graph: null, errors: (errors ?? []).map((error) => remark(error, subgraphs)) }
  const warnings = (hints ?? []).filter(({ definition }) => definition.level.value >= WARNING)
  const graph = {
    subgraphs,
    contracts,
    sdl: withContracts(supergraphSdl, contracts),
    document: parse(supergraphSdl, { noLocation: true }),
    api: apiOf(supergraphSdl),
    hints: warnings.map((hint) => ({
      code: hint.definition.code,
      message: hint.message,
      places: placesOf(hint.nodes ?? [], subgraphs),
    })),
  }
  return { graph, errors: [] }
}

/** The schema that clients of a supergraph see. Throws when what is hidden is still needed. */
export function apiOf(sdl: string): GraphQLSchema {
  return Supergraph.build(sdl, { supportedFeatures }).apiSchema().toGraphQLJSSchema()
}

function remark(error: GraphQLError, subgraphs: readonly ListedSubgraph[]): Remark {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'COMPOSITION_ERROR'
  return { code, message: error.message, places: placesOf(error.nodes ?? [], subgraphs) }
}

function placesOf(nodes: readonly object[], subgraphs: readonly ListedSubgraph[]): Place[] {
  return nodes.flatMap((node) => {
    const { subgraph: name, loc } = node as {
      subgraph?: string
      loc?: { startToken: { line: number; column: number } }
    }
    const subgraph = subgraphs.find((one) => one.name === name)
    if (!loc || !subgraph) return []
    return [{ file: subgraph.file, line: loc.startToken.line, column: loc.startToken.column, subgraph: subgraph.name }]
  })
}
