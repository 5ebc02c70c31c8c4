import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { parse, printSchema } from 'graphql'
import { refuseOtherSchemas } from './composed.ts'
import { supportedFeatures } from './features.ts'
import { explained, interfacesWithoutTypes, withTypesOf } from './interface-objects.ts'
import { usableKeysFirst } from './keys.ts'
import { planOverrides } from './overrides.ts'
import type { Planner } from './planner.ts'
import type { Description } from './planner-messages.ts'
import { prepareRequires } from './requires.ts'
import { typesOfSupergraph } from './requires-types.ts'

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
export function openPlanning(composed: string): Planning {
  refuseOtherSchemas(parse(composed, { noLocation: true }))
  const sdl = usableKeysFirst(composed)
  const supergraph = Supergraph.build(sdl, { supportedFeatures })
  const schema = supergraph.apiSchema()
  const requires = prepareRequires(sdl)
  const isOther = requires !== undefined && requires.sdl !== sdl
  const planned = isOther ? Supergraph.build(requires.sdl, { supportedFeatures }) : supergraph
  const plannedSchema = isOther ? planned.apiSchema() : schema
  const planner = new QueryPlanner(planned, { debug: limits, reuseQueryFragments: requires?.reusesFragments ?? true })
  const overrides = planOverrides(sdl)
  const types = typesOfSupergraph(parse(sdl, { noLocation: true }))
  const lonely = interfacesWithoutTypes(types)
  const apiSchema = schema.toGraphQLJSSchema()
  return {
    description: {
      apiSdl: printSchema(apiSchema),
      urls: supergraph.subgraphsMetadata().map(({ name, url }) => [name, url]),
    },
    plan(text, operationName) {
      const document = withTypesOf(lonely, types, apiSchema, parse(text))
      const operation = operationFromDocument(plannedSchema, document, { operationName, validate: false })
      const planWith = (labels: readonly string[]): QueryPlan => {
        const plan = planner.buildQueryPlan(operation, {
          overrideConditions: new Map(labels.map((one) => [one, true])),
        })
        return requires ? requires.separate(plan) : plan
      }
      try {
        return JSON.stringify(overrides ? overrides(text, planWith) : planWith([]))
      } catch (error) {
        throw explained(error, lonely)
      }
    },
  }
}

/** Plans in this thread, which stands still meanwhile; rejects when the supergraph is not valid. */
export async function planInProcess(sdl: string): Promise<Planner> {
  const planning = openPlanning(sdl)
  return {
    description: planning.description,
    plan: async (text, operationName) => JSON.parse(planning.plan(text, operationName)),
    rest() {},
    async close() {},
  }
}
