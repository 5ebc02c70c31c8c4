import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql'
import { renamed } from './rewrites.ts'

/** A plan made ready to run: paths are absolute, texts are JSON already. */
export type Step =
  | { kind: 'sequence'; steps: Step[] }
  | { kind: 'parallel'; steps: Step[] }
  | { kind: 'condition'; variable: string; yes: Step | undefined; no: Step | undefined }
  | Fetch

/** One request to one subgraph. */
export interface Fetch {
  kind: 'fetch'
  service: string
  /** Where its objects are in the answer; empty for the root. */
  path: string[]
  /** The start of the request's body, up to where the values of `variables` belong. */
  head: string
  variables: { name: string; json: string }[]
  requires: readonly QueryPlanSelectionNode[] | undefined
  inputRewrites: readonly FetchDataRewrite[]
  outputRewrites: readonly FetchDataRewrite[]
  renamed: Map<string, string>
  /** The answer's top fields (of an entity, when there are `requires`): what is missing when the fetch fails. */
  fields: string[]
  repeatable: boolean
}

/** Compiles a planner's node and all below it. */
export function compilePlan(node: PlanNode, path: readonly string[] = []): Step {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', steps: node.nodes.map((child) => compilePlan(child, path)) }
    case 'Parallel':
      return { kind: 'parallel', steps: node.nodes.map((child) => compilePlan(child, path)) }
    case 'Flatten':
      return compilePlan(node.node, [...path, ...node.path.map(String)])
    case 'Condition': {
      const yes = node.ifClause && compilePlan(node.ifClause, path)
      const no = node.elseClause && compilePlan(node.elseClause, path)
      return { kind: 'condition', variable: node.condition, yes, no }
    }
    case 'Fetch':
      return compileFetch(node, path)
    case 'Defer':
      throw new Error('A plan with @defer cannot be run.')
  }
}

/** Compiles one fetch of a plan. */
export function compileFetch(node: FetchNode, path: readonly string[] = []): Fetch {
  const name = node.operationName === undefined ? '' : `,"operationName":${JSON.stringify(node.operationName)}`
  const outputRewrites = node.outputRewrites ?? []
  return {
    kind: 'fetch',
    service: node.serviceName,
    path: [...path],
    head: `{"query":${JSON.stringify(node.operation)}${name},"variables":{`,
    variables: (node.variableUsages ?? []).map((variable) => ({ name: variable, json: JSON.stringify(variable) })),
    requires: node.requires,
    inputRewrites: node.inputRewrites ?? [],
    outputRewrites,
    renamed: renamed(outputRewrites),
    fields: topFields(node),
    repeatable: node.operationKind === 'query',
  }
}

function topFields(node: FetchNode): string[] {
  const document = parse(node.operation)
  const operation = document.definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const fragments = new Map(
    document.definitions.flatMap((d) =>
      d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d.selectionSet] as const] : [],
    ),
  )
  const fieldsOf = (
    selections: SelectionSetNode | undefined,
  ): { name: string; below: SelectionSetNode | undefined }[] =>
    (selections?.selections ?? []).flatMap((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet)
      if (selection.kind === Kind.FRAGMENT_SPREAD) return fieldsOf(fragments.get(selection.name.value))
      return [{ name: selection.alias?.value ?? selection.name.value, below: selection.selectionSet }]
    })
  const top = fieldsOf(operation.selectionSet)
  const fields = node.requires ? top.flatMap((field) => fieldsOf(field.below)) : top
  return [...new Set(fields.map((field) => field.name))].filter((name) => name !== '__typename')
}
