import { type GraphQLSchema, Kind, type TypeNode } from 'graphql'
import type { Declared } from '../federation/declared.ts'

/** What a rule looks at: the schema that clients see, and what each subgraph writes. */
export interface LintContext {
  api: GraphQLSchema
  declared: ReadonlyMap<string, ReadonlyMap<string, Declared>>
}

/** An element that does not keep a rule, and the subgraph to change. */
export interface Violation {
  coordinate: string
  subgraph: string
  message: string
}

/** One convention of the graph (schema/README.md): its name, and where it is not kept. */
export interface LintRule {
  name: string
  find(context: LintContext): Violation[]
}

/** Every element that a subgraph writes, but for the definitions of directives and their arguments. */
export function elementsOf({ declared }: LintContext): (Declared & { subgraph: string })[] {
  return [...declared].flatMap(([subgraph, elements]) =>
    [...elements.values()].filter(({ coordinate }) => !coordinate.startsWith('@')).map((one) => ({ ...one, subgraph })),
  )
}

/** The name of a type within lists and non-nulls. */
export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}

/** The type of what a list holds, or of the value that is no list: null and not null as it is written there. */
export function innermost(type: TypeNode): TypeNode {
  if (type.kind === Kind.LIST_TYPE) return innermost(type.type)
  return type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.LIST_TYPE ? innermost(type.type) : type
}
