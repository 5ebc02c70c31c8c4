import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse, validate } from 'graphql'
import { type Engine, type Outcome, openEngine } from './engine.ts'
import { newWorld, type Serve } from './serve.ts'

/** One subgraph written by hand. */
export interface Fixture {
  typeDefs: string
  // biome-ignore lint/suspicious/noExplicitAny: resolvers of small fixtures, each with its own types
  resolvers: Record<string, any>
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject", "@inaccessible", "@override"])\n'

/** What came of an operation; `requests` are what the engine sent, as `subgraph: query`. */
export interface FixtureAnswer {
  data: unknown
  errors: Outcome['errors']
  requests: string[]
}

/** Asks the engine over subgraphs in this process. */
export async function askEngine(
  fixtures: Record<string, Fixture>,
  text: string,
  variables: Record<string, unknown> = {},
): Promise<FixtureAnswer> {
  const engine = await engineOf(fixtures)
  const world = newWorld()
  const outcome = await engine.run(world, parse(text), text, variables)
  const data = outcome.text === undefined ? undefined : JSON.parse(outcome.text)
  return { data, errors: outcome.errors, requests: world.requests }
}

/** The engine over subgraphs in this process; throws when they do not compose. */
export async function engineOf(fixtures: Record<string, Fixture>): Promise<Engine> {
  const services = Object.entries(fixtures).map(([name, { typeDefs }]) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(link + typeDefs),
  }))
  const composed = composeServices(services)
  if (composed.errors) throw new Error(composed.errors.map(({ message }) => message).join('\n'))
  const serve = new Map<string, Serve>()
  for (const { name, typeDefs } of services) {
    const schema = buildSubgraphSchema([{ typeDefs, resolvers: fixtures[name]?.resolvers ?? {} }])
    serve.set(name, async (world, query, variableValues) => {
      world.requests.push(`${name}: ${query}`)
      const document = parse(query)
      const [error] = validate(schema, document)
      if (error) throw new Error(`"${name}" was sent an invalid operation: ${error.message}`)
      return execute({ schema, document, variableValues })
    })
  }
  return await openEngine(composed.supergraphSdl, serve)
}
