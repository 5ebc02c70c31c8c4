import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql'

/** A field that an `_entities` operation asks an entity for. */
export interface EntityField {
  node: FieldNode
  /** The type conditions around it, the outermost first. */
  types: readonly string[]
  /** The `@skip` and `@include` that decide it, as text. */
  conditions: string
}

/** The fields directly below `_entities`, fragments entered; a field's node tells it apart. */
export function entityFields(document: DocumentNode): EntityField[] {
  const { operation, fragments } = operationOf(document)
  const found: EntityField[] = []
  const visitSet = (set: SelectionSetNode, types: readonly string[], conditions: readonly string[]) => {
    for (const node of set.selections) {
      const decided = [...conditions, ...conditionsOf(node.directives)]
      if (node.kind === Kind.FIELD) found.push({ node, types, conditions: [...new Set(decided)].sort().join(' ') })
      else {
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
        const type = fragment?.typeCondition?.name.value
        if (fragment) visitSet(fragment.selectionSet, type === undefined ? types : [...types, type], decided)
      }
    }
  }
  for (const root of operation.selectionSet.selections) {
    if (root.kind === Kind.FIELD && root.selectionSet) visitSet(root.selectionSet, [], [])
  }
  return found
}

/** The operation with only the given fields of entities, and the variables that it still uses. */
export function only(
  document: DocumentNode,
  wanted: ReadonlySet<FieldNode>,
): { text: string; variables: ReadonlySet<string> } {
  const { operation, fragments } = operationOf(document)
  const keep = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.flatMap((node): SelectionNode[] => {
      if (node.kind === Kind.FIELD) return wanted.has(node) ? [node] : []
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
      if (!fragment) return []
      const selectionSet = keep(fragment.selectionSet)
      if (selectionSet.selections.length === 0) return []
      const { directives } = node
      return [{ kind: Kind.INLINE_FRAGMENT, typeCondition: fragment.typeCondition, directives, selectionSet }]
    }),
  })
  const selectionSet: SelectionSetNode = {
    ...operation.selectionSet,
    selections: operation.selectionSet.selections.map((root) =>
      root.kind === Kind.FIELD && root.selectionSet ? { ...root, selectionSet: keep(root.selectionSet) } : root,
    ),
  }
  const used = new Map<string, FragmentDefinitionNode>()
  const variables = new Set<string>()
  const reach = (node: SelectionSetNode | readonly DirectiveNode[] | FragmentDefinitionNode) => {
    for (const part of 'kind' in node ? [node] : node) {
      visit(part, {
        Variable: ({ name }) => void variables.add(name.value),
        FragmentSpread: ({ name }) => {
          const fragment = fragments.get(name.value)
          if (!fragment || used.has(name.value)) return
          used.set(name.value, fragment)
          reach(fragment)
        },
      })
    }
  }
  reach(selectionSet)
  reach(operation.directives ?? [])
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) =>
    variables.has(variable.name.value),
  )
  const definitions = [{ ...operation, variableDefinitions, selectionSet }, ...used.values()]
  return { text: stripIgnoredCharacters(print({ kind: Kind.DOCUMENT, definitions })), variables }
}

function conditionsOf(directives: readonly DirectiveNode[] | undefined): string[] {
  return (directives ?? []).filter(({ name }) => name.value === 'skip' || name.value === 'include').map(print)
}

/** The operation of a fetch, and its fragments by name. */
export function operationOf(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>()
  let operation: OperationDefinitionNode | undefined
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
    else if (node.kind === Kind.OPERATION_DEFINITION) operation = node
  }
  if (!operation) throw new Error('A fetch of the plan has no operation.')
  return { operation, fragments }
}
