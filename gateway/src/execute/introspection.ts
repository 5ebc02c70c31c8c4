import {
  type DocumentNode,
  executeSync,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql'
import { isIntrospection } from './aliases.ts'
import type { Data } from './own.ts'

/** Answers `__schema` and `__type` from the API schema. */
export type Introspection = (variables: Readonly<Record<string, unknown>>) => {
  data: Data
  errors: readonly GraphQLError[]
}

/** The introspection part of an operation, or undefined when it has none. */
export function compileIntrospection(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Introspection | undefined {
  const selections = kept(operation.selectionSet.selections, fragments)
  if (selections.length === 0) return undefined
  const only: OperationDefinitionNode = { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }
  const used = new Set<string>()
  for (const node of [only.selectionSet, ...fragments.values()])
    visit(node, { Variable: (v) => void used.add(v.name.value) })
  const variableDefinitions = operation.variableDefinitions?.filter((definition) =>
    used.has(definition.variable.name.value),
  )
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [{ ...only, variableDefinitions }, ...fragments.values()],
  }
  return (variables) => {
    const { data, errors } = executeSync({ schema, document, variableValues: variables })
    return { data: (data ?? {}) as Data, errors: errors ?? [] }
  }
}

function kept(
  selections: readonly SelectionNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): SelectionNode[] {
  return selections.flatMap((node): SelectionNode[] => {
    if (node.kind === Kind.FIELD) return isIntrospection(node) ? [node] : []
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
    const below = fragment ? kept(fragment.selectionSet.selections, fragments) : []
    if (below.length === 0) return []
    return [
      {
        kind: Kind.INLINE_FRAGMENT,
        directives: node.directives,
        selectionSet: { kind: Kind.SELECTION_SET, selections: below },
      },
    ]
  })
}
