import { prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { refused, runOperation } from '../../src/execute/operation.ts'
import { readAnswer } from '../../src/subgraphs/answer.ts'
import type { Subgraphs } from '../../src/subgraphs/client.ts'
import { buildGraph } from '../../src/supergraph/graph.ts'
import { planInProcess } from '../../src/supergraph/planning.ts'
import type { Serve, World } from './serve.ts'

/** An answer: `text` is the JSON of `data`, undefined when there is none. */
export interface Outcome {
  text: string | undefined
  errors: readonly { message: string; path?: readonly (string | number)[] }[]
}

/** The engine under test over one supergraph; the only file here that knows its API. */
export interface Engine {
  apiSchema: GraphQLSchema
  run(world: World, document: DocumentNode, source: string, variables: Record<string, unknown>): Promise<Outcome>
  /** The plans of the operations since the last call, for people. */
  plans(): string
}

/** Builds the engine over subgraphs in this process; throws when the supergraph cannot be planned. */
export async function openEngine(sdl: string, serve: ReadonlyMap<string, Serve>): Promise<Engine> {
  const planner = await planInProcess(sdl)
  const plans: QueryPlan[] = []
  const watched: typeof planner = {
    ...planner,
    async plan(text, name) {
      const plan = await planner.plan(text, name)
      plans.push(plan)
      return plan
    },
  }
  const graph = buildGraph(sdl, watched, { maxPlans: 1_000, maxPlanBytes: 100_000_000, unauthorized: 'filter' })
  return {
    apiSchema: graph.apiSchema,
    async run(world, document, source, variables) {
      const operation = await graph.operation(document, source, undefined)
      const bound = operation.bind(variables)
      if ('errors' in bound) return outcomeOf(refused(bound.errors).text)
      const deadline = Number.POSITIVE_INFINITY
      const call = { headers: () => ({}), signal: undefined, deadline }
      return outcomeOf((await runOperation(operation, bound, subgraphsOf(serve, world), call)).text)
    },
    plans: () => plans.splice(0).map(prettyFormatQueryPlan).join('\n'),
  }
}

function outcomeOf(text: string): Outcome {
  const { data, errors } = JSON.parse(text)
  return { text: data === undefined ? undefined : JSON.stringify(data), errors: errors ?? [] }
}

function subgraphsOf(serve: ReadonlyMap<string, Serve>, world: World): Subgraphs {
  return {
    async send(service, body) {
      const { query, variables } = JSON.parse(body)
      const result = await serve.get(service)?.(world, query, variables)
      const reply = { status: 200, text: JSON.stringify(result), unreadable: null, contentType: null, retryAfter: null }
      return readAnswer(service, reply)
    },
    states: () => ({}),
    async close() {},
  }
}
