import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import type { Clause } from './authorization-declared.ts'
import type { Condition, Selected } from './authorization-selections.ts'

/** What a viewer is shown of an operation. */
export interface Filtered {
  /** What is planned and run; null when nothing is left. */
  document: DocumentNode | null
  /** The fields that the viewer may not read, the outermost of each branch only. */
  removed: readonly { path: readonly string[]; conditions: readonly Condition[] }[]
  /**
   * Fields of the whole operation that are null in the answer, even where the data has them because other fields need them:
   * the removed ones, all below them, and those of whose own fields none is left.
   */
  hidden: ReadonlySet<FieldNode>
}

/** Takes out of an operation each field that demands something `denied`, and what is empty without it. */
export function filterOf(
  operation: OperationDefinitionNode,
  fields: ReadonlyMap<FieldNode, Selected>,
  denied: ReadonlySet<Clause>,
): Filtered {
  const hidden = new Set<FieldNode>()
  const removed: { path: readonly string[]; conditions: readonly Condition[] }[] = []

  function kept(set: SelectionSetNode): SelectionSetNode | undefined {
    const selections = set.selections.flatMap((node) => keptNode(node) ?? [])
    return selections.length > 0 ? { kind: Kind.SELECTION_SET, selections } : undefined
  }

  function keptNode(node: SelectionNode): SelectionNode | undefined {
    if (node.kind === Kind.FRAGMENT_SPREAD) throw new Error('Expected an operation without fragment spreads.')
    if (node.kind === Kind.INLINE_FRAGMENT) {
      const selectionSet = kept(node.selectionSet)
      return selectionSet && { ...node, selectionSet }
    }
    const selected = fields.get(node)
    if (!selected) return node
    if (selected.clauses.some((clause) => denied.has(clause))) {
      const { path, conditions } = selected
      if (conditions) removed.push({ path, conditions })
      visit(node, { Field: (below) => void hidden.add(below) })
      return undefined
    }
    if (!node.selectionSet) return node
    const selectionSet = kept(node.selectionSet)
    if (!selectionSet) hidden.add(node)
    return selectionSet && { ...node, selectionSet }
  }

  const selectionSet = kept(operation.selectionSet)
  return { document: selectionSet ? documentOf({ ...operation, selectionSet }) : null, removed, hidden }
}

/** The operation as a document, without the variables that it no longer uses. */
function documentOf(operation: OperationDefinitionNode): DocumentNode {
  const used = new Set<string>()
  visit(operation, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  })
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value))
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation, ...(variableDefinitions && { variableDefinitions }) }] }
}
