import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { parse, printSchema } from 'graphql'
import { supportedFeatures } from './features.ts'

/** What the planner knows of a supergraph that others need too; plain values only, so that it can come from a worker. */
export interface Description {
  /** The schema that clients see, as SDL. */
  apiSdl: string
  /** The subgraphs' addresses, by name. */
  urls: readonly (readonly [name: string, url: string])[]
}

/** One supergraph, validated and ready to plan in this thread. */
export interface Planning {
  description: Description
  /** The plan of an operation that is valid on the API schema, as JSON; throws when there is none. */
  plan(text: string, operationName: string | undefined): string
}

/** The planner weighs many ways to answer one operation: that many and no more. */
const limits = { maxEvaluatedPlans: 1_000, pathsLimit: 20_000 }

/** True when the planner gave up on an operation because there are too many ways to answer it. */
export function isTooComplex(error: unknown): boolean {
  // Beyond its limit, or of an array's length or the stack's depth before it came to count.
  return (
    error instanceof RangeError || (error instanceof Error && error.message.startsWith('Too many options generated'))
  )
}

/** Builds a supergraph's planner; throws when it is not a supergraph or needs a feature that is not supported. */
export function openPlanning(sdl: string): Planning {
  const supergraph = Supergraph.build(sdl, { supportedFeatures })
  const schema = supergraph.apiSchema()
  const planner = new QueryPlanner(supergraph, { debug: limits })
  return {
    description: {
      apiSdl: printSchema(schema.toGraphQLJSSchema()),
      urls: supergraph.subgraphsMetadata().map(({ name, url }) => [name, url]),
    },
    plan(text, operationName) {
      const operation = operationFromDocument(schema, parse(text), { operationName, validate: false })
      return JSON.stringify(planner.buildQueryPlan(operation) satisfies QueryPlan)
    },
  }
}
