import { buildASTSchema, buildSchema, type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import { policiesOf } from '../cache/policy.ts'
import { requiredFieldsOf } from '../execute/aliases.ts'
import { accessRulesOf } from '../execute/authorization-rules.ts'
import { bytesPerCharacter, compileOperation, type Operation, type Unauthorized } from '../execute/operation.ts'
import { typesOf } from '../execute/types.ts'
import { type EventSource, eventSourcesOf } from '../subscribe/event-source.ts'
import type { Planner } from './planner.ts'
import { type OperationCache, operationCache, type PlanBounds } from './plans.ts'

/** One loaded supergraph: its schemas, its subgraphs' addresses, and its operations, each planned once. */
export interface Graph {
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
  const apiSchema = buildSchema(planner.description.apiSdl, { ...valid, noLocation: true })
  const fullSchema = buildASTSchema(document, valid)
  const parts = {
    apiSchema,
    types: typesOf(fullSchema),
    requiredFields: requiredFieldsOf(document),
    policyOf: policiesOf(document, fullSchema),
    rules: accessRulesOf(document),
    unauthorized: options.unauthorized ?? 'filter',
    plan: (text: string, name: string | undefined) => planner.plan(text, name),
  }
  const operations = operationCache(options, async (operationDocument, source, operationName, grew) => {
    const operation = await compileOperation({ ...parts, grew }, operationDocument, operationName)
    // The text as it was sent is more than its operation: other operations, formatting, remarks.
    return { operation, bytes: operation.bytes + source.length * bytesPerCharacter }
  })
  return {
    apiSchema,
    fullSchema,
    urls: new Map(planner.description.urls),
    eventSources: eventSourcesOf(document),
    operation: operations.get,
    operations,
    planner,
  }
}
