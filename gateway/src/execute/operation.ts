import { operationFromDocument, type Schema } from '@apollo/federation-internals'
import type { FetchNode, PlanNode, QueryPlan, QueryPlanner } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { hideAliases } from './aliases.ts'
import { Errors } from './errors.ts'
import { compileIntrospection, type Introspection } from './introspection.ts'
import type { Data } from './own.ts'
import { compilePlan, type Step } from './plan.ts'
import { compileProjection, type Projection } from './projection.ts'
import { runPlan } from './run.ts'
import type { Subgraphs } from './subgraphs.ts'
import type { Types } from './types.ts'

/** What operations of one supergraph are compiled with. */
export interface OperationCompiler {
  apiSchema: GraphQLSchema
  /** The same schema as the planner knows it. */
  plannerSchema: Schema
  planner: QueryPlanner
  types: Types
  requiredFields: ReadonlySet<string>
}

/** An operation that was planned and compiled once and runs many times. */
export interface Operation {
  definition: OperationDefinitionNode
  /** Where a subscription's events come from; null for queries and mutations. */
  primary: FetchNode | null
  plan: Step | undefined
  types: Types
  introspection: Introspection | undefined
  clientName(key: string): string
  /** The client's variables under the names that the plan uses, and the values that decide `@skip` and `@include`. */
  bind(variables: Readonly<Record<string, unknown>>): Bound | { errors: readonly GraphQLError[] }
}

/** An operation with its variables. */
export interface Bound {
  raw: Readonly<Record<string, unknown>>
  coerced: Readonly<Record<string, unknown>>
  conditions: ReadonlyMap<string, boolean>
  project: Projection
}

/** A GraphQL answer; without `data` when the operation could not start. */
export interface Result {
  data?: Data | null
  errors?: readonly GraphQLError[]
}

/** How many combinations of `@skip`/`@include` values of one operation stay compiled. */
const maxVariants = 16

/** Plans and compiles a validated document's operation; throws a GraphQLError when it cannot be planned. */
export function compileOperation(
  compiler: OperationCompiler,
  document: DocumentNode,
  operationName: string | undefined,
): Operation {
  const definition = getOperationAST(document, operationName)
  if (!definition) {
    const message =
      operationName === undefined
        ? 'The document has several operations: say which one with "operationName".'
        : `The document has no operation named "${operationName}".`
    throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
  }
  if (!compiler.apiSchema.getRootType(definition.operation)) {
    const extensions = { code: 'BAD_REQUEST' }
    throw new GraphQLError(`This graph has no ${definition.operation}s.`, { extensions })
  }
  const used = onlyUsed(document, definition)
  const fragments = new Map(
    used.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
  const renamed = hideAliases(used, compiler.requiredFields)
  const { node } = planOf(compiler, renamed.document, definition.name?.value)
  const isSubscription = node?.kind === 'Subscription'
  const rest: PlanNode | undefined = isSubscription ? node.rest : (node as PlanNode | undefined)
  const deciding = decidingVariables(used)
  const projections = new LRUCache<string, Projection>({ max: maxVariants })

  return {
    definition,
    primary: isSubscription ? node.primary : null,
    plan: rest && compilePlan(rest),
    types: compiler.types,
    introspection: compileIntrospection(compiler.apiSchema, definition, fragments),
    clientName: renamed.clientName,
    bind(variables) {
      const { coerced, errors } = getVariableValues(
        compiler.apiSchema,
        definition.variableDefinitions ?? [],
        variables,
        { maxErrors: 10 },
      )
      if (errors) return { errors }
      const conditions = new Map(deciding.map((name) => [renamed.planVariable(name), coerced[name] === true]))
      const variant = deciding.map((name) => (coerced[name] === true ? '1' : '0')).join('')
      let project = projections.get(variant)
      if (!project) {
        const clientConditions = new Map(deciding.map((name) => [name, coerced[name] === true]))
        project = compileProjection({
          schema: compiler.apiSchema,
          operation: definition,
          fragments,
          keyOf: renamed.keyOf,
          conditions: clientConditions,
        })
        projections.set(variant, project)
      }
      return { raw: renamed.planVariables(variables), coerced, conditions, project }
    },
  }
}

/** Runs a query or mutation; what went wrong is in the result. */
export async function runOperation(
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  subgraphs: Subgraphs,
  headers: Readonly<Record<string, string>>,
): Promise<Result> {
  if (operation.primary) {
    const extensions = { code: 'BAD_REQUEST' }
    return {
      errors: [
        new GraphQLError('A subscription needs a WebSocket (graphql-transport-ws) at /graphql.', { extensions }),
      ],
    }
  }
  const bound = operation.bind(variables)
  if ('errors' in bound) return { errors: bound.errors }
  const data: Data = {}
  const errors = new Errors()
  if (operation.plan) {
    const { types, clientName } = operation
    await runPlan(
      { subgraphs, types, variables: bound.raw, conditions: bound.conditions, headers, data, errors, clientName },
      operation.plan,
    )
  }
  const introspected = operation.introspection?.(variables)
  if (introspected) errors.addAll(introspected.errors)
  const result = bound.project(data, introspected?.data, errors)
  const list = errors.list()
  return list ? { data: result, errors: list } : { data: result }
}

function planOf(compiler: OperationCompiler, document: DocumentNode, operationName: string | undefined): QueryPlan {
  // Fragments of introspection are no longer reached, and the planner could not read them.
  const planned = onlyUsed(document, getOperationAST(document, operationName) as OperationDefinitionNode)
  const operation = operationFromDocument(compiler.plannerSchema, planned, { operationName, validate: false })
  return compiler.planner.buildQueryPlan(operation)
}

/** The operation and the fragments that it reaches: other operations of the document are not planned with it. */
function onlyUsed(document: DocumentNode, definition: OperationDefinitionNode): DocumentNode {
  const all = new Map(
    document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
  const used = new Map<string, FragmentDefinitionNode>()
  const reach = (node: OperationDefinitionNode | FragmentDefinitionNode) => {
    visit(node, {
      FragmentSpread: (spread) => {
        const fragment = all.get(spread.name.value)
        if (!fragment || used.has(spread.name.value)) return
        used.set(spread.name.value, fragment)
        reach(fragment)
      },
    })
  }
  reach(definition)
  return { kind: Kind.DOCUMENT, definitions: [definition, ...used.values()] }
}

function decidingVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive: (node) => {
      if (node.name.value !== 'skip' && node.name.value !== 'include') return
      const value = node.arguments?.[0]?.value
      if (value?.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}
