import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { isIntrospection } from './aliases.ts'
import type { Clause } from './authorization-declared.ts'
import type { AccessRules } from './authorization-rules.ts'

/** A variable's value without which a selection is not asked for. */
export interface Condition {
  variable: string
  value: boolean
}

/** One field of an operation, with what it demands of the viewer. */
export interface Selected {
  /** Response names from the root, with `@` for each list on the way. */
  path: readonly string[]
  clauses: readonly Clause[]
  /** Undefined when a literal leaves it out. */
  conditions: readonly Condition[] | undefined
}

/** An operation whose fragments are written out, each field a node of its own. */
export interface Expanded {
  operation: OperationDefinitionNode
  fields: ReadonlyMap<FieldNode, Selected>
  /** All that its fields demand, each once. */
  clauses: readonly Clause[]
}

/** Where a selection set stands. */
interface Place {
  type: GraphQLCompositeType
  /** The object types that can be here, sorted. */
  possible: readonly string[]
  path: readonly string[]
  conditions: readonly Condition[] | undefined
}

/** Writes an operation's fragments out and looks up what each of its fields demands. */
export function expand(
  document: DocumentNode,
  definition: OperationDefinitionNode,
  rules: AccessRules,
  schema: GraphQLSchema,
): Expanded {
  const fragments = new Map(
    document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
  const fields = new Map<FieldNode, Selected>()
  const all = new Set<Clause>()
  const objects = new Map<GraphQLCompositeType, readonly string[]>()
  const demands = new Map<readonly string[], Map<string, readonly Clause[]>>()

  function possibleOf(type: GraphQLCompositeType): readonly string[] {
    let names = objects.get(type)
    if (!names) {
      names = isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : [type.name]
      objects.set(type, names)
    }
    return names
  }

  /** What a field demands where it may be read on any of these objects. */
  function demandOf({ possible }: Place, name: string): readonly Clause[] {
    let here = demands.get(possible)
    if (!here) {
      here = new Map()
      demands.set(possible, here)
    }
    let clauses = here.get(name)
    if (!clauses) {
      if (name !== '__typename') clauses = [...new Set(possible.flatMap((object) => rules.field(object, name)))]
      else {
        const [first = [], ...others] = possible.map((object) => rules.type(object))
        clauses = first.filter((clause) => others.every((one) => one.includes(clause)))
      }
      here.set(name, clauses)
    }
    return clauses
  }

  function fieldIn(place: Place, field: FieldNode): FieldNode {
    const conditions = conditionsOf(field, place.conditions)
    const path = [...place.path, field.alias?.value ?? field.name.value]
    const type =
      isObjectType(place.type) || isInterfaceType(place.type)
        ? place.type.getFields()[field.name.value]?.type
        : undefined
    const named = type && getNamedType(type)
    let node: FieldNode = { ...field }
    if (type && field.selectionSet && isCompositeType(named)) {
      let lists: unknown = type
      const below = [...path]
      while (isListType(lists) || isNonNullType(lists)) {
        if (isListType(lists)) below.push('@')
        lists = lists.ofType
      }
      const next = { type: named, possible: possibleOf(named), path: below, conditions }
      node = { ...field, selectionSet: setIn(next, field.selectionSet) }
    }
    const clauses = isIntrospection(field) ? [] : demandOf(place, field.name.value)
    for (const clause of clauses) all.add(clause)
    fields.set(node, { path, clauses, conditions })
    return node
  }

  function setIn(place: Place, set: SelectionSetNode): SelectionSetNode {
    return { kind: Kind.SELECTION_SET, selections: set.selections.map((node) => selectionIn(place, node)) }
  }

  function selectionIn(place: Place, node: SelectionNode): SelectionNode {
    if (node.kind === Kind.FIELD) return fieldIn(place, node)
    const fragment =
      node.kind === Kind.FRAGMENT_SPREAD ? (fragments.get(node.name.value) as FragmentDefinitionNode) : node
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
    const type = isCompositeType(condition) ? condition : place.type
    const fits = new Set(possibleOf(type))
    const narrowed = place.possible.filter((object) => fits.has(object))
    const possible = narrowed.length === place.possible.length ? place.possible : narrowed
    const conditions = conditionsOf(node, place.conditions)
    const { typeCondition } = fragment
    return {
      kind: Kind.INLINE_FRAGMENT,
      ...(typeCondition && { typeCondition }),
      directives: node.directives ?? [],
      selectionSet: setIn({ ...place, type, possible, conditions }, fragment.selectionSet),
    }
  }

  const type = schema.getRootType(definition.operation) as GraphQLCompositeType
  const place = { type, possible: possibleOf(type), path: [], conditions: [] }
  const operation = { ...definition, selectionSet: setIn(place, definition.selectionSet) }
  return { operation, fields, clauses: [...all] }
}

/** The conditions of a node together with those around it; undefined when a literal leaves it out. */
function conditionsOf(node: SelectionNode, around: Place['conditions']): Place['conditions'] {
  let found = around
  if (!found) return undefined
  for (const directive of node.directives ?? []) {
    const wanted = directive.name.value === 'include'
    if (!wanted && directive.name.value !== 'skip') continue
    const value = directive.arguments?.[0]?.value
    if (value?.kind === Kind.VARIABLE) found = [...found, { variable: value.name.value, value: wanted }]
    else if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return undefined
  }
  return found
}
