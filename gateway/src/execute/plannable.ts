import {
  type DocumentNode,
  type FieldNode,
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
 * which everything is left out: so such an object is asked for its type. It stumbles over fragments that no object can meet,
 * and over what is never there: those are taken out. And it gathers what has the same condition, which a mutation's fields must
 * not be: then each of them is a part.
 */
export function plannable(schema: GraphQLSchema, document: DocumentNode): DocumentNode[] {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const root = operation && schema.getRootType(operation.operation)?.name
  if (!operation || root === undefined) return [document]
  const scope: Scope = { schema, fragments, read: new Map() }
  const isMutation = operation.operation === OperationTypeNode.MUTATION
  const all = isMutation ? inSeries(operation.selectionSet, fragments) : operation.selectionSet
  const { selections } = read(scope, all, { type: root, possible: new Set([root]) })
  const definitions = [...fragments.values()].map((fragment): FragmentDefinitionNode => {
    const { selections: own } = readFragment(scope, fragment, possibleOf(schema, fragment.typeCondition.name.value))
    return { ...fragment, selectionSet: { kind: Kind.SELECTION_SET, selections: own } }
  })
  const part = (some: readonly SelectionNode[]): DocumentNode => {
    const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: some }
    return { ...document, definitions: [{ ...operation, selectionSet }, ...definitions] }
  }
  // The root object is there anyway.
  const asked = selections.length > 1 ? selections.filter((node) => node !== typename) : selections
  const isOrdered = !isMutation || asked.every((node) => node.kind === Kind.FIELD)
  return isOrdered ? [part(asked)] : asked.map((node) => part([node]))
}

interface Scope {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Fragments that were read, by name and possible types. */
  read: Map<string, Read>
}

/** A selection's type, and the object types that its object can have where it stands. */
interface At {
  type: string
  possible: ReadonlySet<string>
}

interface Read {
  selections: readonly SelectionNode[]
  /** Whether something was taken out because of what is possible here: elsewhere it may be there. */
  isNarrowed: boolean
}

function read(scope: Scope, set: SelectionSetNode, at: At): Read {
  const selections: SelectionNode[] = []
  let isNarrowed = false
  let isSure = false
  for (const node of set.selections) {
    const { never, conditions, others } = conditionsOf(node)
    if (never) continue
    const own = { directives: [...conditions.map(directiveOf), ...others] }
    if (node.kind === Kind.FIELD) {
      selections.push({ ...node, ...own, ...below(scope, node, at) })
      isSure ||= conditions.length === 0
      continue
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(node.name.value) : undefined
    const condition = node.kind === Kind.FRAGMENT_SPREAD ? fragment?.typeCondition : node.typeCondition
    const possible = condition ? common(at.possible, possibleOf(scope.schema, condition.name.value)) : at.possible
    if (possible.size === 0 && at.possible.size > 0) {
      isNarrowed = true
      continue
    }
    isSure ||= conditions.length === 0 && possible.size === at.possible.size
    const inside = fragment
      ? readFragment(scope, fragment, possible)
      : read(scope, (node as { selectionSet: SelectionSetNode }).selectionSet, {
          type: condition?.name.value ?? at.type,
          possible,
        })
    isNarrowed ||= inside.isNarrowed
    if (node.kind === Kind.FRAGMENT_SPREAD && !inside.isNarrowed) selections.push({ ...node, ...own })
    else {
      const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: inside.selections }
      selections.push({ kind: Kind.INLINE_FRAGMENT, typeCondition: condition, selectionSet, ...own })
    }
  }
  return { selections: isSure ? selections : [...selections, typename], isNarrowed }
}

function readFragment(scope: Scope, fragment: FragmentDefinitionNode, possible: ReadonlySet<string>): Read {
  const key = `${fragment.name.value} ${[...possible].sort().join(' ')}`
  let known = scope.read.get(key)
  if (!known) {
    known = read(scope, fragment.selectionSet, { type: fragment.typeCondition.name.value, possible })
    scope.read.set(key, known)
  }
  return known
}

function below(scope: Scope, node: FieldNode, at: At): { selectionSet?: SelectionSetNode } {
  if (!node.selectionSet) return {}
  const parent = scope.schema.getType(at.type)
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
  if (!field) return {}
  const type = getNamedType(field.type).name
  const { selections } = read(scope, node.selectionSet, { type, possible: possibleOf(scope.schema, type) })
  return { selectionSet: { kind: Kind.SELECTION_SET, selections } }
}

function possibleOf(schema: GraphQLSchema, name: string): ReadonlySet<string> {
  const type = schema.getType(name)
  return new Set(isAbstractType(type) ? schema.getPossibleTypes(type).map((one) => one.name) : [name])
}

function common(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one].filter((name) => other.has(name)))
}
