import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import { type DocumentNode, type ExecutionResult, execute, parse } from 'graphql'
import { scenario as productPage } from './product-page/scenario.ts'
import { scenario as reviews } from './reviews/scenario.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario by its name. */
export const scenarios: Readonly<Record<string, Scenario>> = Object.fromEntries(
  [reviews, productPage].map((scenario) => [scenario.name, scenario]),
)

/** The scenario of a name; throws a sentence with the names there are. */
export function scenarioOf(name: string): Scenario {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`There is no scenario "${name}"; there are: ${Object.keys(scenarios).join(', ')}.`)
  return scenario
}

/** Composes a scenario's subgraphs, which listen on `urls`, into a supergraph's SDL. Throws when they do not compose. */
export function composeScenario({ subgraphs }: Scenario, urls: Readonly<Record<string, string>>): string {
  return compose(Object.fromEntries(Object.entries(subgraphs).map(([name, { typeDefs }]) => [name, typeDefs])), urls)
}

/** Composes schemas by the name of their subgraph. Throws when they do not compose. */
export function compose(
  schemas: Readonly<Record<string, DocumentNode>>,
  urls: Readonly<Record<string, string>>,
): string {
  const services = Object.entries(schemas).map(([name, typeDefs]) => ({ name, typeDefs, url: urls[name] }))
  const { supergraphSdl, errors } = composeServices(services)
  if (!supergraphSdl) throw new Error((errors ?? []).map(({ message }) => message).join('\n'))
  return supergraphSdl
}

/** The answer as plain graphql-js gives it on one schema over the same data. Throws when it has errors. */
export async function referenceAnswer(scenario: Scenario, supergraphSdl: string): Promise<ExecutionResult> {
  const schema = Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema()
  const document = parse(scenario.query)
  const answer = await execute({
    schema,
    document,
    rootValue: scenario.root,
    variableValues: scenario.variables,
  })
  if (answer.errors) throw new Error(`The reference has errors: ${answer.errors.map(({ message }) => message)}`)
  return answer
}
