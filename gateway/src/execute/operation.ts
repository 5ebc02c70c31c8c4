// Long because an operation's life is told in one place: planned, compiled for what a viewer may see, bound to variables, run.
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { CachedRun } from '../cache/cached-run.ts'
import type { PolicyOf } from '../cache/policy.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import { hideAliases } from './aliases.ts'
import { authorize, refusalsOf, type Views, viewsOf } from './authorization.ts'
import type { Filtered } from './authorization-filter.ts'
import type { AccessRules } from './authorization-rules.ts'
import { Errors } from './errors.ts'
import { compileIntrospection, type Introspection } from './introspection.ts'
import type { Data } from './own.ts'
import { compilePlan, type Plan } from './plan.ts'
import { plannable } from './plannable.ts'
import { runPlan } from './run.ts'
import type { RunCall } from './running.ts'
import type { Types } from './types.ts'
import { compileWriter, type Writer } from './writer.ts'

/** What operations of one supergraph are compiled with. */
export interface OperationCompiler {
  apiSchema: GraphQLSchema
  /** Plans the operation of a text; rejects with a GraphQLError when it cannot be planned. */
  plan(text: string, operationName: string | undefined): Promise<QueryPlan>
  types: Types
  requiredFields: ReadonlySet<string>
  /** Which answers are kept; undefined when none are. */
  policyOf?: PolicyOf | undefined
  /** Undefined when the supergraph protects nothing. */
  rules: AccessRules | undefined
  unauthorized: Unauthorized
  /** Told how many bytes more an operation takes, or fewer, because of viewers who may not read all of it. */
  grew(bytes: number): void
}

/**
 * What becomes of an operation with fields that its viewer may not read: they are left out, or the whole operation is refused, or
 * they are only reported, to see what rules would do before they count. The errors are the same.
 */
export type Unauthorized = 'filter' | 'reject' | 'report'

/** An operation that was planned and compiled once and runs many times. */
export interface Operation {
  definition: OperationDefinitionNode
  /** How often it ran, lately more than long ago: the busiest are planned first on a new supergraph. */
  uses: number
  /** Memory that it takes, estimated; views are told to `grew` when they come and go. */
  bytes: number
  /** Where a subscription's events come from; null for queries and mutations. */
  primary: FetchNode | null
  plan: Plan | undefined
  types: Types
  introspection: Introspection | undefined
  clientName(key: string): string
  /** What viewers who may not read all of it are shown; undefined when nothing in it is protected. */
  views: Views<Operation> | undefined
  /** The client's variables under the names that the plan uses, and the values that decide `@skip` and `@include`. */
  bind(variables: Readonly<Record<string, unknown>>): Bound | { errors: readonly GraphQLError[] }
}

/** An operation with its variables; it can run many times. */
export interface Bound {
  /** As the client sent them. */
  variables: Readonly<Record<string, unknown>>
  coerced: Readonly<Record<string, unknown>>
  /** The JSON of a variable of the plan, as the client sent it; undefined when it did not. */
  variable(name: string): string | undefined
  conditions: ReadonlyMap<string, boolean>
  write: Writer
  /** One error for each field that is asked for and may not be read. */
  refusals: readonly GraphQLError[]
  /** Nothing runs, because of the refusals. */
  isRejected: boolean
}

/** An operation as it is shown, and what is planned of it. */
interface View {
  shown: DocumentNode
  planned: DocumentNode | null
  hidden?: ReadonlySet<FieldNode>
  removed: Filtered['removed']
  /** Whether nothing runs when anything is refused. */
  rejects?: boolean
}

/** A GraphQL answer as JSON, and the errors in it; without `data` when the operation could not start. */
export interface Result {
  text: string
  errors: readonly GraphQLError[] | undefined
  /** What subgraphs said that a mutation changed: event subject → version. */
  changed?: ReadonlyMap<string, number>
  /** What is known of how it was made, when it may be kept. */
  cached?: CachedRun | undefined
  /** Of a message of a subscription: where its client is once it has it. */
  cursor?: string | undefined
}

/** What an operation takes beside its text and plan, and how much more than their characters these take once compiled. */
const bytesEach = 4_000
export const bytesPerCharacter = 12

/** How many combinations of `@skip`/`@include` values of one operation stay compiled. */
const maxVariants = 16

/** Plans and compiles a validated document's operation; throws a GraphQLError when it cannot be planned. */
export async function compileOperation(
  compiler: OperationCompiler,
  document: DocumentNode,
  operationName: string | undefined,
): Promise<Operation> {
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
  const authorization = compiler.rules && authorize(used, definition, compiler.rules, compiler.apiSchema)
  const whole = await compileView(compiler, definition, { shown: used, planned: used, removed: [] })
  if (!authorization) return whole
  const { document: shown } = authorization
  const view = ({ document: planned, removed, hidden }: Filtered) => {
    if (compiler.unauthorized === 'report') return compileView(compiler, definition, { shown, planned: shown, removed })
    const rejects = compiler.unauthorized === 'reject'
    const never = rejects && removed.some(({ conditions }) => conditions.length === 0)
    return compileView(compiler, definition, {
      shown,
      planned: never ? null : planned,
      hidden,
      removed,
      rejects,
    })
  }
  // It also keeps its text with every fragment written out.
  const bytes = whole.bytes + print(shown).length * bytesPerCharacter
  return { ...whole, bytes, views: viewsOf(authorization, view, compiler.grew) }
}

async function compileView(
  compiler: OperationCompiler,
  definition: OperationDefinitionNode,
  { shown, planned, hidden, removed, rejects = false }: View,
): Promise<Operation> {
  const fragments = new Map(
    shown.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
  const operation = shown.definitions[0] as OperationDefinitionNode
  const renamed = hideAliases(planned ?? shown, compiler.requiredFields)
  const queryPlan = planned && (await planOf(compiler, renamed.document, definition.name?.value))
  const node = queryPlan?.node
  const isSubscription = node?.kind === 'Subscription'
  const rest: PlanNode | undefined = isSubscription ? node.rest : ((node as PlanNode | null | undefined) ?? undefined)
  const deciding = decidingVariables(shown)
  const variants = new LRUCache<string, Pick<Bound, 'write' | 'refusals' | 'isRejected'>>({ max: maxVariants })

  return {
    definition,
    uses: 0,
    bytes: bytesEach + (print(shown).length + JSON.stringify(queryPlan).length) * bytesPerCharacter,
    primary: isSubscription ? node.primary : null,
    plan: rest && compilePlan(compiler.types, rest, compiler.policyOf),
    types: compiler.types,
    introspection: compileIntrospection(compiler.apiSchema, operation, fragments),
    clientName: renamed.clientName,
    views: undefined,
    bind(variables) {
      const { coerced, errors } = getVariableValues(
        compiler.apiSchema,
        definition.variableDefinitions ?? [],
        variables,
        // The names of values are part of the schema, which not every client may learn.
        { maxErrors: 10, hideSuggestions: true },
      )
      if (errors) return { errors }
      const conditions = new Map(deciding.map((name) => [renamed.planVariable(name), coerced[name] === true]))
      const variant = deciding.map((name) => (coerced[name] === true ? '1' : '0')).join('')
      let compiled = variants.get(variant)
      if (!compiled) {
        const clientConditions = new Map(deciding.map((name) => [name, coerced[name] === true]))
        const source = { schema: compiler.apiSchema, operation, fragments, keyOf: renamed.keyOf, hidden }
        const refusals = refusalsOf(removed, clientConditions)
        const write = compileWriter({ ...source, conditions: clientConditions })
        compiled = { write, refusals, isRejected: rejects && refusals.length > 0 }
        variants.set(variant, compiled)
      }
      return { variables, coerced, variable: textsOf(variables, renamed.planVariable), conditions, ...compiled }
    },
  }
}

/** Runs a query or mutation with its variables; what went wrong is in the result. */
export async function runOperation(
  operation: Operation,
  bound: Bound,
  subgraphs: Subgraphs,
  call: RunCall,
  cached?: CachedRun,
): Promise<Result> {
  if (bound.isRejected) return resultOf('null', bound.refusals)
  const data: Data = {}
  const errors = new Errors()
  const { types, clientName, plan, introspection } = operation
  const { variable, conditions } = bound
  const changed = new Map<string, number>()
  const run = { subgraphs, types, variable, conditions, call, data, errors, clientName, changed, cached }
  let result: Result
  try {
    const isPlain = !plan || (await runPlan(run, plan))
    const introspected = introspection?.(bound.variables)
    if (introspected) errors.addAll(introspected.errors)
    result = resultOf(bound.write(data, introspected?.data, errors, isPlain), listOf(bound, errors))
    if (cached && (result.errors || introspected || (plan?.rollouts.length ?? 0) > 0)) cached.isKeepable = false
  } catch (error) {
    // JSON is parsed to any depth, but beyond some thousand levels it is neither copied nor written.
    if (!(error instanceof RangeError)) throw error
    const message = 'A subgraph answered with data that is nested too deep or too long.'
    result = resultOf('null', [new GraphQLError(message, { extensions: { code: 'SUBGRAPH_MALFORMED' } })])
  }
  if (cached) result.cached = cached
  if (changed.size > 0) result.changed = changed
  return result
}

/** All errors of an answer: what was refused, then what went wrong; undefined when there are none. */
export function listOf({ refusals }: Bound, errors: Errors): readonly GraphQLError[] | undefined {
  const list = errors.list()
  if (refusals.length === 0) return list
  return list ? [...refusals, ...list] : refusals
}

/** The answer to an operation that could not start. */
export function refused(errors: readonly GraphQLError[]): Result {
  return { text: `{"errors":${JSON.stringify(errors)}}`, errors }
}

/** An answer with data, which is JSON; errors come first so that people see them. */
export function resultOf(data: string, errors: readonly GraphQLError[] | undefined): Result {
  return { text: errors ? `{"errors":${JSON.stringify(errors)},"data":${data}}` : `{"data":${data}}`, errors }
}

/** The JSON of each variable under the plan's name, made when it is first asked for. */
function textsOf(
  variables: Readonly<Record<string, unknown>>,
  planVariable: (name: string) => string,
): (name: string) => string | undefined {
  let texts: Map<string, string> | undefined
  return (name) => {
    texts ??= new Map(Object.entries(variables).map(([key, value]) => [planVariable(key), JSON.stringify(value)]))
    return texts.get(name)
  }
}

async function planOf(
  compiler: OperationCompiler,
  document: DocumentNode,
  operationName: string | undefined,
): Promise<QueryPlan> {
  const plans = await Promise.all(
    plannable(compiler.apiSchema, document).map((part) => {
      // Fragments of introspection are no longer reached, and the planner could not read them.
      const planned = onlyUsed(part, getOperationAST(part, operationName) as OperationDefinitionNode)
      return compiler.plan(print(planned), operationName)
    }),
  )
  if (plans.length === 1) return plans[0] as QueryPlan
  return {
    kind: 'QueryPlan',
    node: { kind: 'Sequence', nodes: plans.flatMap(({ node }) => (node ? [node as PlanNode] : [])) },
  }
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
