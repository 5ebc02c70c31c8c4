import { buildASTSchema, buildSchema, type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import { policiesOf } from '../cache/policy.ts'
import { requiredFieldsOf } from '../execute/aliases.ts'
import { accessRulesOf } from '../execute/authorization-rules.ts'
import { bytesPerCharacter, compileOperation, type Operation, type Unauthorized } from '../execute/operation.ts'
import { typesOf } from '../execute/types.ts'
import { type EventSource, eventSourcesOf } from '../subscribe/event-source.ts'
import type { Planner } from './planner.ts'
import { type OperationCache, operationCache, type PlanBounds } from './plans.ts'

/** One loaded supergraph, or a contract of it: its schemas, its subgraphs' addresses, and its operations, each planned once. */
export interface Graph {
  /** The contract that it is; none is the whole API. */
  contract: string | undefined
  /** The contracts of the whole API, by name: the same graph with less of its schema. */
  contracts: ReadonlyMap<string, Graph>
  apiSchema: GraphQLSchema
  /** The supergraph's own types, hidden ones included, as the subgraphs know them. */
  fullSchema: GraphQLSchema
  urls: ReadonlyMap<string, string>
  eventSources: ReadonlyMap<string, EventSource>
  /** The compiled operation of a validated document; `source` is the document's text. Rejects with a GraphQLError. */
  operation(document: DocumentNode, source: string, operationName: string | undefined): Promise<Operation>
  operations: Omit<OperationCache, 'get'>
  planner: Pick<Planner, 'rest' | 'close'>
}

/** A graph from a composed supergraph and its planner, which has validated it. */
export function buildGraph(
  sdl: string,
  planner: Planner,
  options: PlanBounds & { unauthorized?: Unauthorized },
): Graph {
  const document = parse(sdl, { noLocation: true })
  const valid = { assumeValid: true, assumeValidSDL: true }
  const schemaOf = (text: string) => buildSchema(text, { ...valid, noLocation: true })
  const apiSchema = schemaOf(planner.description.apiSdl)
  const schemas = new Map(planner.description.contracts.map(([name, text]) => [name, schemaOf(text)]))
  const fullSchema = buildASTSchema(document, valid)
  const parts = {
    types: typesOf(fullSchema),
    requiredFields: requiredFieldsOf(document),
    policyOf: policiesOf(document, fullSchema),
    rules: accessRulesOf(document),
    unauthorized: options.unauthorized ?? 'filter',
    plan: (text: string, name: string | undefined) => planner.plan(text, name),
  }
  const operations = operationCache(options, async (operationDocument, asked, grew) => {
    const { source, operationName, contract } = asked
    const schema = (contract === undefined ? undefined : schemas.get(contract)) ?? apiSchema
    const compiler = { ...parts, apiSchema: schema, grew }
    const operation = await compileOperation(compiler, operationDocument, operationName)
    // The text as it was sent is more than its operation: other operations, formatting, remarks.
    return { operation, bytes: operation.bytes + source.length * bytesPerCharacter }
  })
  const urls = new Map(planner.description.urls)
  const eventSources = eventSourcesOf(document)
  const contracts = new Map<string, Graph>()
  const graphOf = (contract: string | undefined, schema: GraphQLSchema): Graph => ({
    contract,
    contracts,
    apiSchema: schema,
    fullSchema,
    urls,
    eventSources,
    operation: (parsed, source, operationName) => operations.get(parsed, { source, operationName, contract }),
    operations,
    planner,
  })
  for (const [name, schema] of schemas) contracts.set(name, graphOf(name, schema))
  return graphOf(undefined, apiSchema)
}

/** The part of a supergraph that a contract is; undefined when it has none of that name. */
export function partOf(graph: Graph, contract: string | undefined): Graph | undefined {
  return contract === undefined ? graph : graph.contracts.get(contract)
}
