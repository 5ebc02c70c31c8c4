import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { parse, printSchema } from 'graphql'
import { refuseOtherTexts } from './composed.ts'
import { contractSchemas } from './contracts.ts'
import { supportedFeatures } from './features.ts'
import { explained, interfacesWithoutTypes, withTypesOf } from './interface-objects.ts'
import { usableKeysFirst } from './keys.ts'
import { notPlanned } from './not-planned.ts'
import { planOverrides } from './overrides.ts'
import type { Planner } from './planner.ts'
import type { Description } from './planner-messages.ts'
import { prepareRequires } from './requires.ts'
import { typesOfSupergraph } from './requires-types.ts'

/** One supergraph, validated and ready to plan in this thread. */
export interface Planning {
  /** Throws one sentence when a contract is no schema. */
  describe(): Description
  /** The plan of an operation that is valid on the API schema, as JSON; throws when there is none. */
  plan(text: string, operationName: string | undefined): string
}

/** The planner finds many ways to answer one operation: that many and no more. */
const pathsLimit = 20_000
/** How many plans it weighs. One that it cannot put in order fails them all: then it gets fewer to choose from. */
const evaluatedPlans = [1_000, 10, 1]

/** True when the planner gave up on an operation because there are too many ways to answer it. */
export function isTooComplex(error: unknown): boolean {
  // Beyond its limit, or of an array's length or the stack's depth before it came to count.
  return (
    error instanceof RangeError || (error instanceof Error && error.message.startsWith('Too many options generated'))
  )
}

/** Builds a supergraph's planner; throws when it is not a supergraph or needs a feature that is not supported. */
export function openPlanning(composed: string): Planning {
  refuseOtherTexts(composed)
  const sdl = usableKeysFirst(composed)
  const supergraph = Supergraph.build(sdl, { supportedFeatures })
  const schema = supergraph.apiSchema()
  const requires = prepareRequires(sdl)
  const isOther = requires !== undefined && requires.sdl !== sdl
  const planned = isOther ? Supergraph.build(requires.sdl, { supportedFeatures }) : supergraph
  const plannedSchema = isOther ? planned.apiSchema() : schema
  const planners: QueryPlanner[] = []
  const plannerOf = (index: number): QueryPlanner => {
    planners[index] ??= new QueryPlanner(planned, { debug: { maxEvaluatedPlans: evaluatedPlans[index], pathsLimit } })
    return planners[index]
  }
  plannerOf(0)
  const overrides = planOverrides(sdl)
  const parsed = parse(sdl, { noLocation: true })
  const types = typesOfSupergraph(parsed)
  const lonely = interfacesWithoutTypes(types)
  const apiSchema = schema.toGraphQLJSSchema()
  return {
    describe: () => ({
      apiSdl: printSchema(apiSchema),
      contracts: contractSchemas(parsed),
      urls: supergraph.subgraphsMetadata().map(({ name, url }) => [name, url]),
    }),
    plan(text, operationName) {
      const document = withTypesOf(lonely, types, apiSchema, parse(text))
      const operation = operationFromDocument(plannedSchema, document, { operationName, validate: false })
      const build = (labels: readonly string[], index = 0): QueryPlan => {
        try {
          const overrideConditions = new Map(labels.map((one) => [one, true]))
          return plannerOf(index).buildQueryPlan(operation, { overrideConditions })
        } catch (error) {
          if (isTooComplex(error)) throw error
          const known = explained(error, lonely)
          if (known) throw known
          if (index + 1 < evaluatedPlans.length) return build(labels, index + 1)
          throw notPlanned(error)
        }
      }
      const planWith = (labels: readonly string[]): QueryPlan => {
        const plan = build(labels)
        return requires ? requires.separate(plan) : plan
      }
      return JSON.stringify(overrides ? overrides(text, planWith) : planWith([]))
    },
  }
}

/** Plans in this thread, which stands still meanwhile; rejects when the supergraph is not valid. */
export async function planInProcess(sdl: string): Promise<Planner> {
  const planning = openPlanning(sdl)
  return {
    description: planning.describe(),
    plan: async (text, operationName) => JSON.parse(planning.plan(text, operationName)),
    rest() {},
    async close() {},
  }
}
