// Long because an operation is one recursive choice: selections, fragments, directives, arguments and their variables.
import {
  doTypesOverlap,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'
import type { Random } from './model.ts'

/** An operation of a client. */
export interface Asked {
  text: string
  variables: Record<string, unknown>
  faults: [string, 'null' | 'throw'][]
}

interface State {
  r: Random
  schema: GraphQLSchema
  /** Fields that may still be selected. */
  left: number
  fragments: { name: string; on: GraphQLCompositeType; text: string }[]
  variables: { name: string; type: string; default: string }[]
  values: Record<string, unknown>
  /** What each response name stands for, so that few operations are invalid. */
  names: Map<string, string>
}

const aliases = [
  'id',
  'x',
  'y',
  'name',
  'price',
  'constructor',
  'toString',
  'hasOwnProperty',
  '_0',
  'sku',
  'valueOf',
  'kind',
  '__proto__',
]

/** A random operation, most often a valid one. */
export function randomOperation(
  r: Random,
  schema: GraphQLSchema,
): { text: string; variables: Record<string, unknown> } {
  const state: State = { r, schema, left: 8 + r.below(25), fragments: [], variables: [], values: {}, names: new Map() }
  const mutation = schema.getMutationType()
  const root = mutation && r.chance(0.2) ? mutation : schema.getQueryType()
  if (!root) throw new Error('The schema has no queries.')
  const selection = selectionSet(state, root, 4, true)
  const definitions = state.variables.map((one) => `$${one.name}: ${one.type}${one.default}`)
  const head = root === mutation ? 'mutation' : 'query'
  const operation = `${head} Q${definitions.length > 0 ? `(${definitions.join(', ')})` : ''} ${selection}`
  const fragments = state.fragments.map((one) => `fragment ${one.name} on ${one.on.name} ${one.text}`)
  return {
    text: r.chance(0.5) ? [operation, ...fragments].join('\n') : [...fragments, operation].join('\n'),
    variables: state.values,
  }
}

function selectionSet(state: State, type: GraphQLCompositeType, depth: number, isRoot = false): string {
  const { r } = state
  const parts: string[] = []
  const count = 1 + r.below(4)
  for (let i = 0; i < count; i++) {
    const part = selection(state, type, depth, isRoot)
    if (part) parts.push(part)
  }
  if (parts.length === 0) parts.push(typename(state))
  if (r.chance(0.05)) parts.push(r.pick(parts))
  return `{ ${parts.join(' ')} }`
}

function typename({ r }: State): string {
  return r.chance(0.3) ? `${r.pick(['t', 'kind', 'type'])}: __typename` : '__typename'
}

function selection(state: State, type: GraphQLCompositeType, depth: number, isRoot: boolean): string | undefined {
  const { r } = state
  if (r.chance(0.1)) return typename(state) + directives(state)
  if (isRoot && type === state.schema.getQueryType() && r.chance(0.03)) return introspection(state)
  const abstract = isAbstractType(type)
  if (isUnionType(type) || r.chance(abstract ? 0.5 : 0.15)) return fragment(state, type, depth)
  const fields = Object.values(type.getFields()).filter((one) => depth > 0 || !isCompositeType(getNamedType(one.type)))
  if (fields.length === 0 || state.left <= 0) return undefined
  state.left--
  // Composite fields are where plans are made.
  const deep = fields.filter((one) => isCompositeType(getNamedType(one.type)))
  const field = deep.length > 0 && r.chance(0.5) ? r.pick(deep) : r.pick(fields)
  const args = argumentsOf(state, field.args)
  const named = getNamedType(field.type)
  const identity = `${field.name}${args} ${field.type}`
  const response = responseName(state, field.name, identity)
  const below = isCompositeType(named) ? ` ${selectionSet(state, named, depth - 1)}` : ''
  return `${response === field.name ? '' : `${response}: `}${field.name}${args}${directives(state)}${below}`
}

function responseName(state: State, name: string, identity: string): string {
  const { r } = state
  let response = r.chance(0.25) ? r.pick(aliases) : name
  for (let i = 0; (state.names.get(response) ?? identity) !== identity; i++) {
    // The same name under another type is fine, and interesting.
    if (r.chance(0.15)) break
    response = `${r.pick(aliases)}${i}`
  }
  state.names.set(response, identity)
  return response
}

function fragment(state: State, type: GraphQLCompositeType, depth: number): string | undefined {
  const { r, schema } = state
  const overlapping = Object.values(schema.getTypeMap()).filter(
    (one): one is GraphQLCompositeType =>
      isCompositeType(one) && !one.name.startsWith('__') && doTypesOverlap(schema, type, one),
  )
  const known = state.fragments.filter((one) => doTypesOverlap(schema, type, one.on))
  if (known.length > 0 && r.chance(0.3)) return `...${r.pick(known).name}${directives(state)}`
  if (state.left <= 0) return undefined
  const concrete = overlapping.filter(isObjectType)
  const on = r.chance(0.6) && concrete.length > 0 ? r.pick(concrete) : r.pick(overlapping)
  if (r.chance(0.25)) {
    const text = selectionSet(state, on, depth)
    const name = `F${state.fragments.length}`
    state.fragments.push({ name, on, text })
    return `...${name}${directives(state)}`
  }
  if (!isUnionType(type) && r.chance(0.2)) return `...${directives(state)} ${selectionSet(state, type, depth)}`
  return `... on ${on.name}${directives(state)} ${selectionSet(state, on, depth)}`
}

function directives(state: State): string {
  const { r } = state
  if (!r.chance(0.12)) return ''
  const one = () => {
    const condition = r.chance(0.7) ? booleanVariable(state) : String(r.chance(0.5))
    return ` @${r.pick(['skip', 'include'])}(if: ${condition})`
  }
  const first = one()
  if (!r.chance(0.1)) return first
  return first.startsWith(' @skip') ? `${first} @include(if: ${r.chance(0.8)})` : `${first} @skip(if: ${r.chance(0.2)})`
}

function booleanVariable(state: State): string {
  const { r } = state
  const known = state.variables.filter((one) => one.name.startsWith('if'))
  if (known.length > 0 && r.chance(0.6)) return `$${r.pick(known).name}`
  const name = `if${known.length}`
  const withDefault = r.chance(0.4)
  state.variables.push({
    name,
    type: withDefault && r.chance(0.5) ? 'Boolean' : 'Boolean!',
    default: withDefault ? ` = ${r.chance(0.5)}` : '',
  })
  if (!withDefault || r.chance(0.5)) state.values[name] = r.chance(0.6)
  return `$${name}`
}

function argumentsOf(state: State, args: readonly GraphQLArgument[]): string {
  const { r } = state
  const given = args.flatMap((one) => {
    const required = isNonNullType(one.type) && one.defaultValue === undefined
    if (!required && r.chance(0.35)) return []
    return [`${one.name}: ${r.chance(0.35) ? variable(state, one) : literal(state, one.type, 2)}`]
  })
  return given.length > 0 ? `(${given.join(', ')})` : ''
}

function variable(state: State, arg: GraphQLArgument): string {
  const { r } = state
  const type = String(arg.type)
  const known = state.variables.filter((one) => one.type === type && !one.name.startsWith('if'))
  if (known.length > 0 && r.chance(0.5)) return `$${r.pick(known).name}`
  // `$representations` is what the planner calls its own variable.
  const name =
    r.chance(0.1) && !state.variables.some((one) => one.name === 'representations')
      ? 'representations'
      : `v${state.variables.length}`
  const withDefault = r.chance(0.3)
  const required = isNonNullType(arg.type) && !withDefault
  state.variables.push({ name, type, default: withDefault ? ` = ${constant(r, arg.type, 2)}` : '' })
  if (required || r.chance(0.7)) state.values[name] = json(r, arg.type, 2)
  return `$${name}`
}

function literal(state: State, type: GraphQLInputType, depth: number): string {
  return text(state.r, type, depth, state)
}

function constant(r: Random, type: GraphQLInputType, depth: number): string {
  return text(r, type, depth, undefined)
}

function text(r: Random, type: GraphQLInputType, depth: number, state: State | undefined): string {
  if (!isNonNullType(type) && r.chance(0.12)) return 'null'
  return some(r, type, depth, state)
}

function some(r: Random, type: GraphQLInputType, depth: number, state: State | undefined): string {
  if (isNonNullType(type)) return some(r, type.ofType, depth, state)
  if (isListType(type)) {
    if (r.chance(0.15)) return some(r, type.ofType, depth, state)
    return `[${Array.from({ length: r.below(3) }, () => inner(r, type.ofType, depth, state)).join(', ')}]`
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).flatMap((one) => {
      const required = isNonNullType(one.type) && one.defaultValue === undefined
      if (!required && (depth <= 0 || r.chance(0.5))) return []
      return [`${one.name}: ${inner(r, one.type, depth - 1, state)}`]
    })
    return `{ ${fields.join(', ')} }`
  }
  if (isEnumType(type)) return r.pick(type.getValues()).name
  return JSON.stringify(leaf(r, type.name)).replaceAll(/"(\w+)":/g, '$1: ')
}

/** Below a list or an input object: sometimes a variable. */
function inner(r: Random, type: GraphQLInputType, depth: number, state: State | undefined): string {
  if (!state || !r.chance(0.15)) return text(r, type, depth, state)
  const name = `w${state.variables.length}`
  state.variables.push({ name, type: String(type), default: '' })
  if (isNonNullType(type) || r.chance(0.7)) state.values[name] = json(r, type, 1)
  return `$${name}`
}

function leaf(r: Random, name: string): unknown {
  switch (name) {
    case 'Int':
      return r.below(5)
    case 'Float':
      return r.below(10) / 4
    case 'Boolean':
      return r.chance(0.5)
    case 'ID':
      return r.chance(0.3) ? r.below(4) : `i${r.below(4)}`
    case 'Json':
      return r.pick<unknown>([{ a: 1, b: ['x'] }, [1, null], 'text', 7, true])
    default:
      return r.pick(['', 'q', 'EUR', 'a"b\\', 'ü\n'])
  }
}

function json(r: Random, type: GraphQLInputType, depth: number): unknown {
  if (isNonNullType(type)) return jsonSome(r, type.ofType, depth)
  return r.chance(0.15) ? null : jsonSome(r, type, depth)
}

function jsonSome(r: Random, type: GraphQLInputType, depth: number): unknown {
  if (isNonNullType(type)) return jsonSome(r, type.ofType, depth)
  if (isListType(type))
    return r.chance(0.15)
      ? jsonSome(r, type.ofType, depth)
      : Array.from({ length: r.below(3) }, () => json(r, type.ofType, depth))
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).flatMap((one): [string, unknown][] => {
      const required = isNonNullType(one.type) && one.defaultValue === undefined
      return !required && (depth <= 0 || r.chance(0.5)) ? [] : [[one.name, json(r, one.type, depth - 1)]]
    })
    return Object.fromEntries(fields)
  }
  return isEnumType(type) ? r.pick(type.getValues()).name : leaf(r, type.name)
}

function introspection({ r, schema }: State): string {
  const names = Object.keys(schema.getTypeMap()).filter((name) => !name.startsWith('__'))
  return r.pick([
    '__schema { queryType { name } mutationType { name } }',
    `about: __type(name: "${r.pick(names)}") { kind name __typename }`,
    '__type(name: "Nothing") { name }',
  ])
}
