import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { conditionsOf, directiveOf } from './conditions.ts'
import { inSeries } from './series.ts'

const typename: SelectionNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/**
 * The same operation as the planner reads it right, in parts that run one after the other. The planner forgets an object of
 * which everything is left out: so such an object is asked for its type, and what is never there is taken out before. And it
 * gathers what has the same condition, which a mutation's fields must not be: then each of them is a part.
 */
export function plannable(document: DocumentNode): DocumentNode[] {
  const fragments = document.definitions.flatMap((definition): FragmentDefinitionNode[] => {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return []
    return [{ ...definition, selectionSet: neverEmpty(definition.selectionSet) }]
  })
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (!operation) return [document]
  const part = (selections: readonly SelectionNode[]): DocumentNode => {
    const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections }
    return { ...document, definitions: [{ ...operation, selectionSet }, ...fragments] }
  }
  const isMutation = operation.operation === OperationTypeNode.MUTATION
  const selections = present(isMutation ? inSeries(operation.selectionSet, byName) : operation.selectionSet)
  // The root object is there anyway.
  if (selections.length === 0) return [part([typename])]
  const isOrdered = !isMutation || selections.every((node) => node.kind === Kind.FIELD)
  return isOrdered ? [part(selections)] : selections.map((node) => part([node]))
}

function neverEmpty(set: SelectionSetNode): SelectionSetNode {
  const selections = present(set)
  const isSure = selections.some((node) => conditionsOf(node).conditions.length === 0)
  return { ...set, selections: isSure ? selections : [...selections, typename] }
}

/** The selections that may be there, and what is below them. */
function present(set: SelectionSetNode): SelectionNode[] {
  return set.selections.flatMap((node): SelectionNode[] => {
    const { never, conditions, others } = conditionsOf(node)
    if (never) return []
    const directives = [...conditions.map(directiveOf), ...others]
    if (node.kind === Kind.FRAGMENT_SPREAD || !node.selectionSet) return [{ ...node, directives }]
    return [{ ...node, directives, selectionSet: neverEmpty(node.selectionSet) }]
  })
}
