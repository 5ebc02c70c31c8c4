import type { Contract } from '@commerce/gateway/supergraph/contracts.ts'
import { parse } from 'graphql'
import type { ListedSubgraph } from '../subgraphs.ts'
import { type CheckInput, checkSchemas } from './check.ts'
import { type CheckConfig, readConfig } from './config.ts'
import { composeGraph, type Graph } from './graph.ts'
import { type Operation, readManifest } from './operations.ts'
import type { Report } from './report.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@override", "@external",
  "@requires", "@provides", "@inaccessible", "@tag", "@authenticated", "@requiresScopes", "@policy", "@cacheTag", "@composeDirective"])\n`

/** Subgraphs for tests from their names and schemas; the link to the federation's directives is added. */
export function subgraphsOf(schemas: Readonly<Record<string, string>>): ListedSubgraph[] {
  return Object.entries(schemas).map(([name, sdl]) => {
    return { name, url: `http://${name}/graphql`, file: `${name}.graphql`, typeDefs: parse(LINK + sdl) }
  })
}

/** A graph for tests; throws what does not compose. */
export function graphOf(schemas: Readonly<Record<string, string>>, contracts: readonly Contract[] = []): Graph {
  const { graph, errors } = composeGraph(subgraphsOf(schemas), contracts)
  if (!graph) throw new Error(errors.map(({ message }) => message).join('\n'))
  return graph
}

/** Operations of one client for tests, from their texts; the first one's id is `<client>-0`. */
export function operationsOf(client: string, ...bodies: string[]): Operation[] {
  const entries = bodies.map((body, index) => [`${client}-${index}`, body])
  return readManifest(JSON.stringify(Object.fromEntries(entries)), `${client}.json`, client)
}

/** A configuration for tests from YAML. */
export function configOf(yaml = ''): CheckConfig {
  return readConfig(yaml, 'checks.yaml')
}

/** Checks two sets of schemas on 2026-06-15, with whatever else is given. */
export async function checked(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  rest: Partial<CheckInput> & { contracts?: readonly Contract[]; contractsBefore?: readonly Contract[] } = {},
): Promise<Report> {
  const { contracts = [], contractsBefore = contracts, ...given } = rest
  const input = {
    base: null,
    operations: [],
    config: configOf(),
    approvals: [],
    baseline: [],
    today: '2026-06-15',
    ...given,
  }
  return checkSchemas({
    ...input,
    before: graphOf(before, contractsBefore),
    after: composeGraph(subgraphsOf(after), contracts),
  })
}
