import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  type NameNode,
  parse,
  print,
  valueFromASTUntyped,
} from 'graphql'

/** What a subgraph says of a type that it has. */
export interface TypeOwner {
  /** Normalized selection of each key, such as `id organization { id }`, to whether it is resolvable. */
  keys: Map<string, boolean>
}

/** What a subgraph says of a field that it resolves. */
export interface FieldOwner {
  requires: string | null
  provides: string | null
  /** The subgraph that the field is taken from, and the label of a part of the traffic. */
  override: string | null
  label: string | null
}

/** An applied directive with its arguments as plain values. */
export interface Applied {
  name: string
  arguments: Record<string, unknown>
}

/** A supergraph read for who resolves what: each map by schema coordinate, then by the subgraph's name. */
export interface Ownership {
  types: Map<string, Map<string, TypeOwner>>
  fields: Map<string, Map<string, FieldOwner>>
  /** What is applied to each element, `@join__directive` unpacked, the rest of `@join__*` left out. */
  applied: Map<string, Applied[]>
}

interface Element {
  name: NameNode
  directives?: readonly ConstDirectiveNode[]
  fields?: readonly Element[]
  values?: readonly Element[]
  arguments?: readonly Element[]
}

/** Reads the `join__` directives of a composed supergraph. */
export function ownershipOf(supergraph: DocumentNode): Ownership {
  const names = subgraphNames(supergraph)
  const ownership: Ownership = { types: new Map(), fields: new Map(), applied: new Map() }
  for (const definition of supergraph.definitions) {
    if (!isTypeDefinition(definition)) continue
    const type = definition as unknown as Element
    const owners = ownersOfType(type, names)
    ownership.types.set(type.name.value, owners)
    readApplied(type, type.name.value, ownership)
    for (const member of [...(type.fields ?? []), ...(type.values ?? [])]) {
      const coordinate = `${type.name.value}.${member.name.value}`
      if (type.fields) ownership.fields.set(coordinate, ownersOfField(member, [...owners.keys()], names))
      readApplied(member, coordinate, ownership)
      for (const argument of member.arguments ?? [])
        readApplied(argument, `${coordinate}(${argument.name.value}:)`, ownership)
    }
  }
  return ownership
}

function isTypeDefinition(definition: DefinitionNode): boolean {
  return definition.kind.endsWith('TypeDefinition') && !('name' in definition && definition.name?.value.includes('__'))
}

function subgraphNames(supergraph: DocumentNode): Map<string, string> {
  const graphs = supergraph.definitions.find(
    (one) => one.kind === Kind.ENUM_TYPE_DEFINITION && one.name.value === 'join__Graph',
  ) as unknown as Element | undefined
  return new Map(
    graphs?.values?.map((value) => [
      value.name.value,
      String(joined(value, 'join__graph')[0]?.name ?? value.name.value),
    ]),
  )
}

function ownersOfType(type: Element, names: Map<string, string>): Map<string, TypeOwner> {
  const owners = new Map<string, TypeOwner>()
  for (const { graph, key, resolvable } of joined(type, 'join__type')) {
    const name = names.get(String(graph)) ?? String(graph)
    const owner = owners.get(name) ?? { keys: new Map() }
    owners.set(name, owner)
    if (typeof key === 'string') owner.keys.set(selection(key), resolvable !== false)
  }
  return owners
}

function ownersOfField(field: Element, all: string[], names: Map<string, string>): Map<string, FieldOwner> {
  const joins = joined(field, 'join__field')
  const nothing = { requires: null, provides: null, override: null, label: null }
  if (joins.length === 0) return new Map(all.map((name) => [name, nothing]))
  const owners = joins.filter(({ graph, external }) => graph !== undefined && external !== true)
  return new Map(
    owners.map(({ graph, requires, provides, override, overrideLabel }) => [
      names.get(String(graph)) ?? String(graph),
      {
        requires: typeof requires === 'string' ? selection(requires) : null,
        provides: typeof provides === 'string' ? selection(provides) : null,
        override: typeof override === 'string' ? override : null,
        label: typeof overrideLabel === 'string' ? overrideLabel : null,
      },
    ]),
  )
}

function readApplied({ directives = [] }: Element, coordinate: string, { applied }: Ownership): void {
  const found = directives.flatMap((directive): Applied[] => {
    const given = argumentsOf(directive)
    if (directive.name.value === 'join__directive') {
      const name = String(given.name).replace(/^federation__/, '')
      return [{ name, arguments: (given.args ?? {}) as Record<string, unknown> }]
    }
    return directive.name.value.startsWith('join__') ? [] : [{ name: directive.name.value, arguments: given }]
  })
  applied.set(coordinate, found)
}

function joined({ directives = [] }: Element, name: string): Record<string, unknown>[] {
  return directives.filter((one) => one.name.value === name).map(argumentsOf)
}

/** A directive's arguments as plain values. */
export function argumentsOf({ arguments: given = [] }: ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
}

/** A selection of fields as one text, whatever its spaces. */
function selection(fields: string): string {
  const [definition] = parse(`{ ${fields} }`, { noLocation: true }).definitions
  return definition
    ? print(definition)
        .replace(/\s+/g, ' ')
        .replace(/^\{ (.*) \}$/, '$1')
    : fields
}
