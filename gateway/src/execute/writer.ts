// Long because it is one mutually recursive compiler: selections to fields, types to the writers of their values.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { isIntrospection } from './aliases.ts'
import type { Errors } from './errors.ts'
import { type LeafText, leafText } from './leaves.ts'
import { type Data, isInherited, readInherited } from './own.ts'
import { type Path, type Shared, written } from './places.ts'

/**
 * Writes the answer that a client asked for, as JSON, out of the data that the plan brought; `null` when a non-null field bubbled
 * up to the root. `isPlain`: the data holds no string that needs an escape.
 */
export type Writer = (data: Data, introspection: Data | undefined, errors: Errors, isPlain: boolean) => string

/** What a writer is compiled from. */
export interface WriterSource {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  keyOf(field: FieldNode): string
  /** Values of the variables in `@skip` and `@include`: a writer is compiled for one set of them. */
  conditions: ReadonlyMap<string, boolean>
  /** Fields that are null whatever the data has, because the viewer may not read them; that is told elsewhere. */
  hidden?: ReadonlySet<FieldNode>
}

/**
 * What is written so far. The first pass knows no paths and stops at the first value that breaks its type: nearly all answers
 * have none. Only then a second pass follows the path of each value, and tells what is wrong there.
 */
interface State {
  out: string
  path: Path | undefined
  errors: Errors
  isPlain: boolean
  /** Set while the null of a hidden field moves up: it needs no error. */
  isHidden: boolean
}

/** Appends a value; false when it is a null that its type does not allow, then whatever was appended is to be taken back. */
type Write = (value: unknown, state: State) => boolean

interface Field {
  name: string
  key: string
  inherited: boolean
  /** The text before the value: a comma, unless it is the first, and the name. */
  before: string
  write: Write
}

type Fields = readonly Field[]

/** Thrown by the first pass; there is nothing to tell in it. */
const broken = new Error('the answer needs a second pass')

/** Compiles the operation's selections against the API schema into one function. */
export function compileWriter(source: WriterSource): Writer {
  const root = source.schema.getRootType(source.operation.operation) as GraphQLObjectType
  const fields = fieldsOf(source, root, [source.operation.selectionSet], true)
  const introspected = fields.filter(({ key }) => key.startsWith(introspectionPrefix))
  const pass = (data: Data, state: State) => (writeFields(fields, data, state) ? state.out : 'null')
  return (data, introspection, errors, isPlain) => {
    for (const { name, key } of introspected) data[key] = introspection?.[name] ?? null
    if (!errors.any) {
      try {
        return pass(data, { out: '', path: undefined, errors, isPlain, isHidden: false })
      } catch (error) {
        if (error !== broken) throw error
      }
    }
    return pass(data, { out: '', path: [], errors, isPlain, isHidden: false })
  }
}

/** With a space, which no key from a plan has. */
const introspectionPrefix = 'introspection '

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

/**
 * Groups the selected fields by response name, as the GraphQL specification's CollectFields does for one runtime type; type
 * conditions that the type does not meet are added to `narrowed`.
 */
function grouped(
  source: WriterSource,
  type: { name: string },
  sets: readonly SelectionSetNode[],
  narrowed: string[],
): [string, FieldNode[]][] {
  const groups = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const applies = (condition: string | undefined) => {
    if (condition === undefined || condition === type.name) return true
    const [wanted, actual] = [source.schema.getType(condition), source.schema.getType(type.name)]
    const does =
      isAbstractType(wanted) &&
      (isObjectType(actual) || isInterfaceType(actual)) &&
      source.schema.isSubType(wanted, actual)
    if (!does) narrowed.push(condition)
    return does
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
  source: WriterSource,
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  root = false,
): Fields {
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  const fields: Field[] = []
  const add = (name: string, key: string, write: Write) => {
    const before = `${fields.length === 0 ? '{' : ','}${JSON.stringify(name)}:`
    fields.push({ name, key, inherited: isInherited(key), before, write })
  }
  const narrowed: string[] = []
  const groups = grouped(source, type, sets, narrowed)
  // What is asked of some types only cannot be known of an object whose type is not known.
  if (isInterfaceType(type) && narrowed.length > 0) add('', '__typename', typenameWriter(type))
  for (const [name, nodes] of groups) {
    const shown = source.hidden ? nodes.find((node) => !source.hidden?.has(node)) : nodes[0]
    const first = shown ?? (nodes[0] as FieldNode)
    if (!shown) add(name, '', isRequired(type, first) ? writeHidden : writeNull)
    else if (first.name.value === '__typename') add(name, '__typename', typenameWriter(type))
    else if (root && isIntrospection(first)) add(name, `${introspectionPrefix}${name}`, writeJson)
    else {
      const definition = type.getFields()[first.name.value]
      if (!definition) continue
      const below = nodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []))
      add(name, source.keyOf(first), writer(source, definition.type, below, `${type.name}.${first.name.value}`))
    }
  }
  return fields
}

/** The type that the fields were chosen for; where it is only known as an interface, no name can be told. */
function typenameWriter(type: { name: string }): Write {
  const text = isObjectType(type) ? JSON.stringify(type.name) : null
  return (_value, state) => {
    if (text === null) return false
    state.out += text
    return true
  }
}

function isRequired(type: { getFields(): Record<string, { type: GraphQLOutputType }> }, node: FieldNode): boolean {
  return node.name.value === '__typename' || isNonNullType(type.getFields()[node.name.value]?.type)
}

function writeNull(_value: unknown, state: State): boolean {
  state.out += 'null'
  return true
}

function writeHidden(_value: unknown, state: State): boolean {
  state.isHidden = true
  return false
}

function writeJson(value: unknown, state: State): boolean {
  state.out += JSON.stringify(value)
  return true
}

function writeFields(fields: Fields, data: Data, state: State): boolean {
  if (fields.length === 0) {
    state.out += '{}'
    return true
  }
  const { path } = state
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field
    const value = field.inherited ? readInherited(data, field.key) : data[field.key]
    state.out += field.before
    if (path === undefined) {
      if (!field.write(value, state)) return false
    } else {
      path.push(field.name)
      const fits = field.write(value, state)
      path.pop()
      if (!fits) return false
    }
  }
  state.out += '}'
  return true
}

function writer(
  source: WriterSource,
  type: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Write {
  if (!isNonNullType(type)) return nullable(inner(source, type, below, coordinate))
  const write = inner(source, type.ofType, below, coordinate)
  const message = `Cannot return null for non-nullable field ${coordinate}.`
  return (value, state) => {
    if (value !== null && value !== undefined && write(value, state)) return true
    if (state.isHidden) return false
    if (state.path === undefined) throw broken
    if (!state.errors.explains(state.path)) state.errors.add(message, [...state.path], { code: 'NOT_NULLABLE' })
    return false
  }
}

function nullable(write: Write): Write {
  return (value, state) => {
    if (value === null || value === undefined) {
      state.out += 'null'
      return true
    }
    const before = state.out
    if (!write(value, state)) {
      state.out = `${before}null`
      state.isHidden = false
    }
    return true
  }
}

/** Writers of values that are not null; false is a value that became null. */
function inner(
  source: WriterSource,
  type: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Write {
  if (isListType(type)) return listWriter(writer(source, type.ofType, below, coordinate), coordinate)
  if (isLeafType(type)) return leafWriter(leafText(type), `Invalid value for field ${coordinate} of type ${type.name}.`)
  return objectWriter(source, type, below, coordinate)
}

function listWriter(write: Write, coordinate: string): Write {
  const message = `Expected a list for field ${coordinate}.`
  return (value, state) => {
    if (!Array.isArray(value)) return invalid(state, message)
    const { path } = state
    for (let i = 0; i < value.length; i++) {
      state.out += i === 0 ? '[' : ','
      path?.push(i)
      const fits = write(value[i], state)
      path?.pop()
      if (!fits) return false
    }
    state.out += value.length === 0 ? '[]' : ']'
    return true
  }
}

function leafWriter(textOf: LeafText, message: string): Write {
  return (value, state) => {
    const text = textOf(value, state.isPlain)
    if (text === undefined) return invalid(state, message)
    state.out += text
    return true
  }
}

function objectWriter(
  source: WriterSource,
  type: GraphQLOutputType,
  below: readonly SelectionSetNode[],
  coordinate: string,
): Write {
  // Selections are compiled when a type first appears: most possible types of an interface never do.
  const byType = new Map<string, Fields | null>()
  const named = getNamedType(type)
  let fixed: Fields | undefined

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
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return invalid(state, `Expected an object for field ${coordinate}.`)
    const data = value as Data
    let fields: Fields | null
    if (isObjectType(type)) fields = fixed ??= fieldsOf(source, type, below)
    else if (typeof data.__typename === 'string') fields = fieldsFor(data.__typename)
    // A subgraph that knows an interface as an object says no type; an object of a union without one is nothing.
    else fields = isUnionType(type) ? null : fieldsFor(named.name)
    // The type's name is not told: it may be one that the API hides.
    if (!fields) return invalid(state, `Invalid type of the object at field ${coordinate}.`)
    const known = (data as Shared)[written] as { fields: Fields; text: string } | null | undefined
    if (known === undefined || state.path !== undefined) return writeFields(fields, data, state)
    if (known === null || known.fields !== fields) {
      const { errors, isPlain } = state
      const own: State = { out: '', path: undefined, errors, isPlain, isHidden: false }
      if (!writeFields(fields, data, own)) {
        state.isHidden = own.isHidden
        return false
      }
      ;(data as Shared)[written] = { fields, text: own.out }
      state.out += own.out
      return true
    }
    state.out += known.text
    return true
  }
}

function invalid(state: State, message: string): boolean {
  if (state.path === undefined) throw broken
  if (!state.errors.explains(state.path)) state.errors.add(message, [...state.path], { code: 'SUBGRAPH_MALFORMED' })
  return false
}
