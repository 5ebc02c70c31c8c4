// Long because it is one mutually recursive compiler: selections to fields, types to the checks of their values.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { isIntrospection } from './aliases.ts'
import type { Errors } from './errors.ts'
import { type Data, isData, read, write } from './own.ts'
import type { Path } from './places.ts'

/** Writes the answer that a client asked for out of the data that the plan brought; null when a non-null field bubbled up to the root. */
export type Projection = (data: Data, introspection: Data | undefined, errors: Errors) => Data | null

/** What a projection is compiled from. */
export interface ProjectionSource {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  keyOf(field: FieldNode): string
  /** Values of the variables in `@skip` and `@include`: a projection is compiled for one set of them. */
  conditions: ReadonlyMap<string, boolean>
}

interface State {
  errors: Errors
  path: Path
}

/** The complete value, null, or `bubble`: a null that the field's type does not allow. */
type Complete = (value: unknown, state: State) => unknown

interface Field {
  name: string
  key: string
  complete: Complete
}

/** The fields of one runtime type, `__typename` among them as a constant. */
type Fields = (Field | { name: string; typename: string | null })[]

const bubble = Symbol('null that must not be here')

/** Compiles the operation's selections against the API schema into one function. */
export function compileProjection(source: ProjectionSource): Projection {
  const root = source.schema.getRootType(source.operation.operation) as GraphQLObjectType
  const fields = fieldsOf(source, root, [source.operation.selectionSet], true)
  const introspected = new Set(
    collect(source, root, [source.operation.selectionSet]).flatMap(([name, [first]]) =>
      isIntrospection(first as FieldNode) ? [name] : [],
    ),
  )
  return (data, introspection, errors) => {
    const result: Data = {}
    const state: State = { errors, path: [] }
    for (const field of fields) {
      if (introspected.has(field.name)) write(result, field.name, introspection?.[field.name] ?? null)
      else if (!put(result, field, data, state)) return null
    }
    return result
  }
}

/** Whether `@skip` and `@include` leave the node in. */
function isSelected(node: SelectionNode, conditions: ReadonlyMap<string, boolean>): boolean {
  return (node.directives ?? []).every((directive) => {
    const name = directive.name.value
    if (name !== 'skip' && name !== 'include') return true
    const value = directive.arguments?.[0]?.value
    const on =
      value?.kind === Kind.VARIABLE
        ? conditions.get(value.name.value) === true
        : value?.kind === Kind.BOOLEAN && value.value
    return name === 'skip' ? !on : on
  })
}

function put(result: Data, field: Fields[number], data: Data, state: State): boolean {
  if ('typename' in field) {
    if (field.typename === null) return false
    write(result, field.name, field.typename)
    return true
  }
  state.path.push(field.name)
  const value = field.complete(read(data, field.key), state)
  state.path.pop()
  if (value === bubble) return false
  write(result, field.name, value)
  return true
}

/** Groups the selected fields by response name, as the GraphQL specification's CollectFields does for one runtime type. */
function collect(
  source: ProjectionSource,
  type: { name: string },
  sets: readonly SelectionSetNode[],
): [string, FieldNode[]][] {
  const groups = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const applies = (condition: string | undefined) => {
    if (condition === undefined || condition === type.name) return true
    const [wanted, actual] = [source.schema.getType(condition), source.schema.getType(type.name)]
    return (
      isAbstractType(wanted) &&
      (isObjectType(actual) || isInterfaceType(actual)) &&
      source.schema.isSubType(wanted, actual)
    )
  }
  const visit = (set: SelectionSetNode) => {
    for (const node of set.selections) {
      if (!isSelected(node, source.conditions)) continue
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value
        const group = groups.get(name)
        if (group) group.push(node)
        else groups.set(name, [node])
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (applies(node.typeCondition?.name.value)) visit(node.selectionSet)
      } else if (!spread.has(node.name.value)) {
        spread.add(node.name.value)
        const fragment = source.fragments.get(node.name.value)
        if (fragment && applies(fragment.typeCondition.name.value)) visit(fragment.selectionSet)
      }
    }
  }
  for (const set of sets) visit(set)
  return [...groups]
}

function fieldsOf(
  source: ProjectionSource,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  root = false,
): Fields {
  if (!isObjectType(type) && !isInterfaceType(type)) {
    return collect(source, getNamedType(type), sets).map(([name]) => ({ name, typename: null }))
  }
  return collect(source, type, sets).flatMap(([name, nodes]): Fields => {
    const first = nodes[0] as FieldNode
    // An interface as a runtime type means that the subgraph which knows the concrete type did not answer.
    if (first.name.value === '__typename') return [{ name, typename: isObjectType(type) ? type.name : null }]
    if (root && isIntrospection(first)) return [{ name, key: name, complete: (value) => value }]
    const definition = type.getFields()[first.name.value]
    if (!definition) return []
    const below = nodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []))
    const complete = completer(source, definition.type, below, `${type.name}.${first.name.value}`)
    return [{ name, key: source.keyOf(first), complete }]
  })
}

function completer(
  source: ProjectionSource,
  type: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Complete {
  if (isNonNullType(type)) {
    const complete = completer(source, type.ofType, below, coordinate)
    return (value, state) => {
      const result = complete(value, state)
      if (result !== null) return result
      if (!state.errors.explains(state.path)) {
        const message = `Cannot return null for non-nullable field ${coordinate}.`
        state.errors.add(message, [...state.path], { code: 'NOT_NULLABLE' })
      }
      return bubble
    }
  }
  const complete = isListType(type)
    ? listCompleter(source, type.ofType, below, coordinate)
    : isLeafType(type)
      ? leafCompleter(type, coordinate)
      : objectCompleter(source, type, below, coordinate)
  return (value, state) => (value === null || value === undefined ? null : complete(value, state))
}

function listCompleter(
  source: ProjectionSource,
  of: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Complete {
  const complete = completer(source, of, below, coordinate)
  return (value, state) => {
    if (!Array.isArray(value)) return invalid(state, `Expected a list for field ${coordinate}.`)
    const result: unknown[] = new Array(value.length)
    for (let i = 0; i < value.length; i++) {
      state.path.push(i)
      const element = complete(value[i], state)
      state.path.pop()
      if (element === bubble) return null
      result[i] = element
    }
    return result
  }
}

function leafCompleter(type: GraphQLLeafType, coordinate: string): Complete {
  const message = `Invalid value for field ${coordinate} of type ${type.name}.`
  if (isEnumType(type)) {
    return (value, state) => (typeof value === 'string' && type.getValue(value) ? value : invalid(state, message))
  }
  if (!isSpecifiedScalarType(type)) return (value) => value
  switch (type.name) {
    case 'ID':
      return (value, state) => {
        if (typeof value === 'string') return value
        return typeof value === 'number' && Number.isInteger(value) ? String(value) : invalid(state, message)
      }
    case 'Int':
      return (value, state) => (typeof value === 'number' && (value | 0) === value ? value : invalid(state, message))
    case 'Float':
      return (value, state) => (typeof value === 'number' ? value : invalid(state, message))
    default: {
      const wanted = type.name === 'Boolean' ? 'boolean' : 'string'
      return (value, state) => (typeof value === wanted ? value : invalid(state, message))
    }
  }
}

function objectCompleter(
  source: ProjectionSource,
  type: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Complete {
  // Selections are compiled when a type first appears: most possible types of an interface never do.
  const byType = new Map<string, Fields | null>()
  const fixed = isObjectType(type) ? fieldsLater(() => fieldsOf(source, type, below)) : undefined

  function fieldsFor(name: string): Fields | null {
    let fields = byType.get(name)
    if (fields === undefined) {
      const actual = source.schema.getType(name)
      const fits =
        actual === type ||
        ((isObjectType(actual) || isInterfaceType(actual)) &&
          isAbstractType(type) &&
          source.schema.isSubType(type, actual))
      fields = fits && isCompositeType(actual) ? fieldsOf(source, actual, below) : null
      // Only names of the schema are kept, so a hostile subgraph cannot grow the map.
      if (actual) byType.set(name, fields)
    }
    return fields
  }

  return (value, state) => {
    if (!isData(value)) return invalid(state, `Expected an object for field ${coordinate}.`)
    const name = value.__typename
    const fields = fixed ? fixed() : fieldsFor(typeof name === 'string' ? name : (type as { name: string }).name)
    // The type's name is not told: it may be one that the API hides.
    if (!fields) return invalid(state, `Invalid type of the object at field ${coordinate}.`)
    const result: Data = {}
    for (const field of fields) if (!put(result, field, value, state)) return null
    return result
  }
}

function fieldsLater(compile: () => Fields): () => Fields {
  let fields: Fields | undefined
  return () => {
    fields ??= compile()
    return fields
  }
}

function invalid(state: State, message: string): null {
  if (!state.errors.explains(state.path)) state.errors.add(message, [...state.path], { code: 'SUBGRAPH_MALFORMED' })
  return null
}
