import {
  buildSchema,
  type DocumentNode,
  defaultTypeResolver,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  parse,
  validate,
} from 'graphql'
import { type FieldModel, interfaceOf, type Model, named, possibleTypes } from './model.ts'
import { executableSdl } from './sdl.ts'
import type { Declared, Part } from './split.ts'
import { canonical, type Ref, selectFrom, selectionOf, type Universe } from './universe.ts'

/** What goes wrong and what was done in one run. */
export interface World {
  /** `Type.number.field` → it answers null, or throws. */
  faults: ReadonlyMap<string, 'null' | 'throw'>
  /** The mutations so far, in order: each one's answer depends on those before. */
  log: string[]
  /** Every request to a subgraph, for the report of a failure. */
  requests: string[]
}

/** A world where nothing happened yet. */
export function newWorld(faults: ReadonlyMap<string, 'null' | 'throw'> = new Map()): World {
  return { faults, log: [], requests: [] }
}

/** Runs one request of the gateway. */
export type Serve = (world: World, query: string, variables: Record<string, unknown>) => Promise<ExecutionResult>

const typeResolver: GraphQLTypeResolver<unknown, unknown> = (value, context, info, type) => {
  const ref = value as Ref & { as?: string }
  return ref.as ?? ref.t ?? defaultTypeResolver(value, context, info, type)
}

function resolved(
  universe: Universe,
  world: World,
  ref: Ref,
  field: FieldModel,
  args: Record<string, unknown>,
  required?: string,
) {
  if (ref.t === 'Mutation') {
    world.log.push(`${field.name} ${canonical(args)}`)
    return universe.value({ t: ref.t, n: 0 }, field, { ...args, log: world.log.join('; ') })
  }
  const coordinate = `${ref.t}.${ref.n}.${field.name}`
  const fault = world.faults.get(coordinate)
  if (fault === 'throw') throw new Error(coordinate)
  return fault === 'null' ? null : universe.value(ref, field, args, required)
}

/** Runs operations on the universe as one schema. */
export function serveWhole(universe: Universe, schema: GraphQLSchema) {
  const fieldResolver: GraphQLFieldResolver<Ref | undefined, World> = (source, args, world, info) => {
    const ref = source ?? { t: info.parentType.name, n: 0 }
    return resolved(universe, world, ref, universe.field(ref.t, info.fieldName), args)
  }
  return async (
    world: World,
    document: DocumentNode,
    variableValues: Record<string, unknown>,
    operationName?: string,
  ) => execute({ schema, document, variableValues, operationName, contextValue: world, fieldResolver, typeResolver })
}

/** Runs requests on one subgraph; whatever it must never be asked for is an error. */
export function servePart(universe: Universe, part: Part): Serve {
  const { model } = universe
  const schema = buildSchema(executableSdl(model, part))
  const find = finder(universe, part)
  const documents = new Map<string, DocumentNode>()
  const provided = providedFields(model, part)

  const fieldResolver: GraphQLFieldResolver<Ref | undefined, World> = (source, args, world, info) => {
    if (info.parentType.name === 'Query' && info.fieldName === '_entities') return args.representations.map(find)
    const ref = source ?? { t: info.parentType.name, n: 0 }
    const declared = part.objects.get(info.parentType.name)?.fields.get(info.fieldName)
    if (!declared) throw new Error(`Bug of the oracle: no field ${info.parentType.name}.${info.fieldName}.`)
    const coordinate = `${info.parentType.name}.${info.fieldName}`
    if (declared.mode === 'overridden') throw new Error(`${coordinate} is overridden and must not be asked.`)
    if (declared.mode === 'external' && !provided.has(coordinate)) throw new Error(`${coordinate} is external.`)
    const { requires } = declared.field
    if (!requires || declared.mode === 'external') return resolved(universe, world, ref, declared.field, args)
    if (!ref.representation) {
      // Where all of it is provided, the planner need not ask elsewhere.
      const names = requires.split(' ').map((name) => `${info.parentType.name}.${name}`)
      if (names.every((name) => provided.has(name))) return resolved(universe, world, ref, declared.field, args)
      throw new Error(`${coordinate} requires "${requires}", and nothing was sent.`)
    }
    const required = JSON.stringify(selectFrom(ref.representation, selectionOf(requires)))
    return resolved(universe, world, ref, declared.field, args, required)
  }

  return async (world, query, variables) => {
    world.requests.push(`${part.subgraph}: ${query} ${JSON.stringify(variables)}`)
    let document = documents.get(query)
    if (!document) {
      document = parse(query, { noLocation: true })
      const errors = validate(schema, document)
      if (errors.length > 0)
        throw new Error(`The gateway sent an invalid operation to "${part.subgraph}": ${errors[0]?.message}\n${query}`)
      documents.set(query, document)
    }
    return execute({ schema, document, variableValues: variables, contextValue: world, fieldResolver, typeResolver })
  }
}

function providedFields(model: Model, part: Part): Set<string> {
  const found = new Set<string>()
  for (const object of part.objects.values())
    for (const { field, mode } of object.fields.values())
      if (mode === 'own') for (const name of field.provides?.split(' ') ?? []) found.add(`${named(field.type)}.${name}`)
  for (const name of found) if (!model.objects.some((one) => name.startsWith(`${one.name}.`))) found.delete(name)
  return found
}

/** Finds the object of a representation by the keys that the subgraph can resolve. */
function finder(universe: Universe, part: Part): (representation: Record<string, unknown>) => Ref & { as?: string } {
  const { model } = universe
  const known = new Map<string, Map<string, Ref>>()
  function index(types: readonly string[], fields: string): Map<string, Ref> {
    const name = `${types.join()} ${fields}`
    let map = known.get(name)
    if (!map) {
      map = new Map()
      for (const ref of types.flatMap(universe.all)) map.set(canonical(universe.select(ref, selectionOf(fields))), ref)
      known.set(name, map)
    }
    return map
  }
  return (representation) => {
    const name = String(representation.__typename)
    const declared: Declared | undefined = part.objects.get(name)
    const keys = declared?.keys.filter((key) => key.resolvable).map((key) => key.fields)
    const asInterface = part.interfaces.get(name)?.key
    if (!keys && !asInterface) throw new Error(`"${part.subgraph}" cannot resolve a reference of type ${name}.`)
    const types = declared?.interfaceObject || asInterface ? possibleTypes(model, name, []) : [name]
    if (types.length === 0)
      throw new Error(`Bug of the oracle: ${interfaceOf(model, name)?.name ?? name} has no types.`)
    for (const fields of keys ?? [asInterface as string]) {
      let key: string
      try {
        key = canonical(selectFrom(representation, selectionOf(fields)))
      } catch {
        continue
      }
      const ref = index(types, fields).get(key)
      if (!ref) throw new Error(`"${part.subgraph}" has no ${name} ${key}.`)
      return { ...ref, representation, ...(declared?.interfaceObject ? { as: name } : {}) }
    }
    throw new Error(`The representation has no key of ${name}: ${JSON.stringify(representation)}`)
  }
}
