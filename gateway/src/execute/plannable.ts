import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
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
export function plannable(schema: GraphQLSchema, document: DocumentNode): DocumentNode[] {
  const types = new Map<string, string>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      types.set(definition.name.value, definition.typeCondition.name.value)
  }
  const scope: Scope = { schema, types }
  const fragments = document.definitions.flatMap((definition): FragmentDefinitionNode[] => {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return []
    return [
      { ...definition, selectionSet: neverEmpty(scope, definition.selectionSet, definition.typeCondition.name.value) },
    ]
  })
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (!operation) return [document]
  const part = (selections: readonly SelectionNode[]): DocumentNode => {
    const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections }
    return { ...document, definitions: [{ ...operation, selectionSet }, ...fragments] }
  }
  const isMutation = operation.operation === OperationTypeNode.MUTATION
  const root = isMutation ? inSeries(operation.selectionSet, byName) : operation.selectionSet
  const selections = present(scope, root, schema.getRootType(operation.operation)?.name)
  // The root object is there anyway.
  if (selections.length === 0) return [part([typename])]
  const isOrdered = !isMutation || selections.every((node) => node.kind === Kind.FIELD)
  return isOrdered ? [part(selections)] : selections.map((node) => part([node]))
}

interface Scope {
  schema: GraphQLSchema
  /** The type that each named fragment is on. */
  types: ReadonlyMap<string, string>
}

function neverEmpty(scope: Scope, set: SelectionSetNode, type: string | undefined): SelectionSetNode {
  const selections = present(scope, set, type)
  const isSure = selections.some((node) => {
    return conditionsOf(node).conditions.length === 0 && covers(scope, conditionOf(scope, node), type)
  })
  return { ...set, selections: isSure ? selections : [...selections, typename] }
}

/** The selections that may be there, and what is below them. */
function present(scope: Scope, set: SelectionSetNode, type: string | undefined): SelectionNode[] {
  return set.selections.flatMap((node): SelectionNode[] => {
    const { never, conditions, others } = conditionsOf(node)
    if (never) return []
    const directives = [...conditions.map(directiveOf), ...others]
    if (node.kind === Kind.FRAGMENT_SPREAD || !node.selectionSet) return [{ ...node, directives }]
    const below = node.kind === Kind.FIELD ? fieldType(scope, type, node.name.value) : conditionOf(scope, node)
    return [{ ...node, directives, selectionSet: neverEmpty(scope, node.selectionSet, below ?? type) }]
  })
}

function conditionOf({ types }: Scope, node: SelectionNode): string | undefined {
  if (node.kind === Kind.FIELD) return undefined
  return node.kind === Kind.INLINE_FRAGMENT ? node.typeCondition?.name.value : types.get(node.name.value)
}

/** Whether every object of `type` meets the type condition. */
function covers({ schema }: Scope, condition: string | undefined, type: string | undefined): boolean {
  if (condition === undefined || condition === type) return true
  const [wanted, actual] = [schema.getType(condition), type === undefined ? undefined : schema.getType(type)]
  return isAbstractType(wanted) && (isObjectType(actual) || isInterfaceType(actual)) && schema.isSubType(wanted, actual)
}

function fieldType({ schema }: Scope, type: string | undefined, name: string): string | undefined {
  const parent = type === undefined ? undefined : schema.getType(type)
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
  return field && getNamedType(field.type).name
}
