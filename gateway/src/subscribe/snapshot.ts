// Above the usual length because it is one story: from a subscription's plan to the query that answers for it.
import type { FetchNode } from '@apollo/query-planner'
import {
  type ArgumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  visit,
} from 'graphql'
import { Errors } from '../execute/errors.ts'
import { type Bound, listOf, type Operation, type Result, resultOf } from '../execute/operation.ts'
import { type Data, isData } from '../execute/own.ts'
import { compilePlan, type Plan } from '../execute/plan.ts'
import { runPlan } from '../execute/run.ts'
import type { RunCall } from '../execute/running.ts'
import type { Types } from '../execute/types.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import type { Graph } from '../supergraph/graph.ts'
import { type EventSource, subjectFor } from './event-source.ts'

/** The state of one key as a subscription shows it. */
export interface Payload {
  key: string
  version: number
  result: Result
}

/** Reads the current state of keys, through the same plan that the subscription has. */
export interface Snapshot {
  /** The Query field that is read. */
  name: string
  /** The values of the key argument. */
  keys: readonly string[]
  /** The key of each event subject to listen to. */
  subjects: ReadonlyMap<string, string>
  /** One payload for each key that exists; the errors when the subgraph could not say. */
  read(
    keys: readonly string[],
    subgraphs: Subgraphs,
    call: RunCall,
  ): Promise<Payload[] | { errors: readonly GraphQLError[] }>
}

interface SnapshotQuery {
  plan: Plan
  responseKey: string
  isList: boolean
}

const queries = new WeakMap<Operation, SnapshotQuery>()

const keyVariable = '_keys'
const keyField = '_key'
const versionField = '_version'

/** Prepares the snapshots of one subscription; throws a GraphQLError when the client asked for what cannot be subscribed to. */
export function snapshotOf(
  graph: Graph,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  maxKeys: number,
): Snapshot {
  const bound = operation.bind(variables)
  if ('errors' in bound) throw bound.errors[0]
  if (bound.refusals[0] && (bound.isRejected || !operation.primary)) throw bound.refusals[0]
  const root = operation.definition.selectionSet.selections.find((node) => node.kind === Kind.FIELD)
  const source = root && graph.eventSources.get(root.name.value)
  if (!operation.primary || !root || !source) {
    throw new GraphQLError(`Nothing feeds this subscription: its field declares no @eventSource.`, {
      extensions: { code: 'NOT_SUBSCRIBABLE' },
    })
  }
  const values = keysIn(graph.apiSchema, root, source, bound)
  const keys = [...new Map(values.map((value) => [String(value), value])).keys()]
  if (keys.length === 0 || keys.length > maxKeys) {
    const message = `"${source.argument}" must have 1 to ${maxKeys} different values, it has ${keys.length}.`
    throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
  }
  const { types, plan, primary, clientName } = operation
  // The same for all variables: every product page asks the same of its own product.
  const query = queries.get(operation) ?? snapshotQuery(graph.fullSchema, types, primary, source)
  queries.set(operation, query)

  return {
    name: source.snapshot,
    keys,
    subjects: new Map(keys.map((key) => [subjectFor(source, key), key])),
    async read(wanted, subgraphs, call) {
      const data: Data = {}
      const errors = new Errors()
      const values = JSON.stringify(query.isList ? wanted : wanted[0])
      const variable = (name: string) => (name === keyVariable ? values : bound.variable(name))
      const run = { subgraphs, types, variable, conditions: bound.conditions, call, data, errors, clientName }
      await runPlan(run, query.plan)
      const list = data[query.responseKey]
      if (!Array.isArray(list)) return { errors: errors.list() ?? [noAnswer(source)] }
      // The rest is fetched for all payloads at once: its paths enter the list, and representations are shared.
      if (plan) await runPlan(run, plan)
      const field = clientName(query.responseKey)
      return list.flatMap((item, index) => payload(item, query.responseKey, errors.ofElement(field, index), bound))
    },
  }
}

function payload(item: unknown, responseKey: string, errors: Errors, bound: Bound): Payload[] {
  if (!isData(item)) return []
  const { [keyField]: key, [versionField]: version } = item
  if (typeof version !== 'number' || (typeof key !== 'string' && typeof key !== 'number')) return []
  const data = bound.write({ [responseKey]: item }, undefined, errors, false)
  return [{ key: String(key), version, result: resultOf(data, listOf(bound, errors)) }]
}

function keysIn(schema: GraphQLSchema, root: FieldNode, source: EventSource, bound: Bound): unknown[] {
  const definition = schema.getSubscriptionType()?.getFields()[root.name.value]
  if (!definition) return []
  const value = getArgumentValues(definition, root, bound.coerced)[source.argument]
  return Array.isArray(value)
    ? value.filter((one) => one !== null)
    : value === null || value === undefined
      ? []
      : [value]
}

/** The primary fetch as a query of the snapshot field under the same response key, with the key and version beside what was asked for. */
function snapshotQuery(schema: GraphQLSchema, types: Types, primary: FetchNode, source: EventSource): SnapshotQuery {
  const document = parse(primary.operation, { noLocation: true })
  const operation = document.definitions.find((d) => d.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode
  const root = operation.selectionSet.selections.find((node) => node.kind === Kind.FIELD) as FieldNode
  const argument = schema
    .getSubscriptionType()
    ?.getFields()
    [root.name.value]?.args.find((one) => one.name === source.argument)
  if (!argument) throw new GraphQLError(`The argument "${source.argument}" of ${root.name.value} is gone.`)
  const responseKey = root.alias?.value ?? root.name.value
  const keys: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: name(source.argument),
    value: { kind: Kind.VARIABLE, name: name(keyVariable) },
  }
  const field: FieldNode = {
    ...root,
    alias: name(responseKey),
    name: name(source.snapshot),
    arguments: [...(root.arguments ?? []).filter((one) => one.name.value !== source.argument), keys],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        ...(root.selectionSet?.selections ?? []),
        aliased(keyField, source.key),
        aliased(versionField, 'version'),
      ],
    },
  }
  const used = new Set<string>()
  for (const node of [field, ...document.definitions.filter((d) => d !== operation)]) {
    visit(node, { Variable: (variable) => void used.add(variable.name.value) })
  }
  const query: OperationDefinitionNode = {
    ...operation,
    operation: 'query' as OperationDefinitionNode['operation'],
    variableDefinitions: [
      ...(operation.variableDefinitions ?? []).filter((one) => used.has(one.variable.name.value)),
      {
        kind: Kind.VARIABLE_DEFINITION,
        variable: { kind: Kind.VARIABLE, name: name(keyVariable) },
        type: parseType(String(argument.type)),
      },
    ],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
  }
  const text = print({ ...document, definitions: document.definitions.map((d) => (d === operation ? query : d)) })
  const variableUsages = [...used]
  return {
    // Every change is read anew: nothing of it is kept.
    plan: compilePlan(
      types,
      { ...primary, operation: text, operationKind: query.operation, variableUsages },
      undefined,
    ),
    responseKey,
    isList: isListType(getNullableType(argument.type)),
  }
}

function aliased(alias: string, field: string): FieldNode {
  return { kind: Kind.FIELD, alias: name(alias), name: name(field) }
}

function name(value: string) {
  return { kind: Kind.NAME, value } as const
}

function noAnswer(source: EventSource): GraphQLError {
  return new GraphQLError(`"${source.snapshot}" did not list the current state.`, {
    extensions: { code: 'SUBGRAPH_MALFORMED' },
  })
}
