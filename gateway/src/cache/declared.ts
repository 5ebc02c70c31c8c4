import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql'

/** What `@cacheControl` says: how long an answer may be served, in seconds, and to whom. */
export interface Hint {
  maxAge: number | undefined
  isPrivate: boolean | undefined
}

/** What a supergraph says about caching. */
export interface DeclaredCaching {
  /** The formats of `@cacheTag` on a type or a field (`Type.field`) in one subgraph; none where it is not to be cached. */
  formats(service: string, coordinate: string): readonly string[]
  /** `@cacheControl` of a type or a field. */
  hint(coordinate: string): Hint | undefined
}

/**
 * Reads a supergraph's `@cacheTag` (which composition writes as `@join__directive`, with the subgraphs that say it) and
 * `@cacheControl` (which a subgraph composes); undefined when nothing is to be cached.
 */
export function readCaching(supergraph: DocumentNode): DeclaredCaching | undefined {
  const services = serviceNames(supergraph)
  const formats = new Map<string, string[]>()
  const hints = new Map<string, Hint>()

  function read(coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void {
    for (const directive of directives ?? []) {
      const given = argumentsOf(directive)
      if (directive.name.value === 'cacheControl') {
        const age = given.get('maxAge')
        const scope = given.get('scope')
        hints.set(coordinate, {
          maxAge: age?.kind === Kind.INT ? Number(age.value) : undefined,
          isPrivate: scope?.kind === Kind.ENUM ? scope.value === 'PRIVATE' : undefined,
        })
      }
      const name = given.get('name')
      const args = given.get('args')
      const graphs = given.get('graphs')
      if (directive.name.value !== 'join__directive' || name?.kind !== Kind.STRING || graphs?.kind !== Kind.LIST)
        continue
      if (!/(^|__)cacheTag$/.test(name.value) || args?.kind !== Kind.OBJECT) continue
      const format = args.fields.find((field) => field.name.value === 'format')?.value
      if (format?.kind !== Kind.STRING) continue
      for (const graph of graphs.values) {
        if (graph.kind !== Kind.ENUM) continue
        const key = `${services.get(graph.value)} ${coordinate}`
        formats.set(key, [...(formats.get(key) ?? []), format.value])
      }
    }
  }

  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name || !('directives' in definition)) continue
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) continue
    const type = definition.name.value
    read(type, definition.directives as readonly ConstDirectiveNode[])
    if (!('fields' in definition)) continue
    for (const field of (definition.fields ?? []) as readonly FieldDefinitionNode[]) {
      read(`${type}.${field.name.value}`, field.directives)
    }
  }
  if (formats.size === 0) return undefined
  return {
    formats: (service, coordinate) => formats.get(`${service} ${coordinate}`) ?? [],
    hint: (coordinate) => hints.get(coordinate),
  }
}

/** The subgraphs' names by what the supergraph calls them. */
function serviceNames(supergraph: DocumentNode): Map<string, string> {
  const names = new Map<string, string>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue
    for (const { name, directives } of definition.values ?? []) {
      const graph = directives?.find((directive) => directive.name.value === 'join__graph')
      const service = graph && argumentsOf(graph).get('name')
      if (service?.kind === Kind.STRING) names.set(name.value, service.value)
    }
  }
  return names
}

function argumentsOf(directive: ConstDirectiveNode) {
  return new Map((directive.arguments ?? []).map(({ name, value }) => [name.value, value]))
}
