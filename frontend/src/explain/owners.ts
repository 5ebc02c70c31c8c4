import { type ConstDirectiveNode, type DocumentNode, Kind, type TypeDefinitionNode, valueFromASTUntyped } from 'graphql'

/** The subgraphs that answer a field of a type; empty when the supergraph does not say. */
export type OwnersOf = (type: string, field: string) => string[]

/** Reads from a supergraph which subgraph answers what. */
export function ownersIn(supergraph: DocumentNode): OwnersOf {
  const types = new Map<string, TypeDefinitionNode>()
  for (const definition of supergraph.definitions) {
    if ('fields' in definition || definition.kind === Kind.ENUM_TYPE_DEFINITION)
      types.set(definition.name?.value ?? '', definition as TypeDefinitionNode)
  }
  const graphs = graphNames(types.get('join__Graph'))
  const namesOf = (directives: readonly ConstDirectiveNode[] | undefined, name: string) => [
    ...new Set(
      valuesOf(directives, name)
        .filter(({ external, usedOverridden }) => external !== true && usedOverridden !== true)
        .flatMap(({ graph }) => (typeof graph === 'string' ? [graphs.get(graph) ?? graph] : [])),
    ),
  ]
  return (type, field) => {
    const definition = types.get(type)
    if (definition?.kind !== Kind.OBJECT_TYPE_DEFINITION && definition?.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      return []
    const found = definition.fields?.find(({ name }) => name.value === field)
    if (!found) return []
    const own = namesOf(found.directives, 'join__field')
    // A field about which nothing is said is in every subgraph that has its type.
    return own.length > 0 ? own : namesOf(definition.directives, 'join__type')
  }
}

function graphNames(type: TypeDefinitionNode | undefined): Map<string, string> {
  if (type?.kind !== Kind.ENUM_TYPE_DEFINITION) return new Map()
  return new Map(
    (type.values ?? []).map(({ name, directives }) => [
      name.value,
      String(valuesOf(directives, 'join__graph')[0]?.name),
    ]),
  )
}

function valuesOf(directives: readonly ConstDirectiveNode[] | undefined, name: string): Record<string, unknown>[] {
  return (directives ?? [])
    .filter((directive) => directive.name.value === name)
    .map((directive) =>
      Object.fromEntries((directive.arguments ?? []).map((one) => [one.name.value, valueFromASTUntyped(one.value)])),
    )
}
