import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'

/** Answers "is an object of type `name` a `condition`?" on the supergraph's types, remembering each answer. */
export interface Types {
  isA(name: string, condition: string): boolean
  isConcrete(name: string): boolean
  /** Whether the supergraph has a type of this name: only such names may be remembered. */
  isKnown(name: string): boolean
}

/** Builds the questions about types that running a plan asks. */
export function typesOf(schema: GraphQLSchema): Types {
  const known = new Map<string, Set<string>>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue
    const members = isInterfaceType(type)
      ? [...schema.getImplementations(type).objects, ...schema.getImplementations(type).interfaces]
      : type.getTypes()
    known.set(type.name, new Set(members.map((member) => member.name)))
  }
  return {
    isA: (name, condition) => name === condition || (known.get(condition)?.has(name) ?? false),
    isConcrete: (name) => isObjectType(schema.getType(name)),
    isKnown: (name) => schema.getType(name) !== undefined,
  }
}
