import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql'

/** A type with fields, as the supergraph's SDL defines it. */
export interface FieldsType {
  node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
  fields: ReadonlyMap<string, FieldDefinitionNode>
}

/** What `@requires` needs to know of a supergraph. */
export interface SupergraphTypes {
  types: ReadonlyMap<string, FieldsType>
  /** The types that implement an interface, directly or through another one. */
  implementers: ReadonlyMap<string, readonly string[]>
  /** Whether a subgraph resolves references of the type, or of an interface that the type has. */
  canResolve(service: string, type: string): boolean
  /** The subgraphs that resolve a field of a type wherever they have the object. */
  ownersOf(type: string, field: string): readonly string[]
  /** The values of `join__Graph`. */
  graphs: readonly string[]
  /** The subgraph's name of a value of `join__Graph`. */
  serviceOf(graph: string): string
}

/** Reads the types of a supergraph. */
export function typesOfSupergraph(document: DocumentNode): SupergraphTypes {
  const types = new Map<string, FieldsType>()
  const implementers = new Map<string, string[]>()
  const services = new Map<string, string>()
  for (const node of document.definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      types.set(node.name.value, { node, fields: new Map(node.fields?.map((field) => [field.name.value, field])) })
      for (const { name } of node.interfaces ?? []) {
        implementers.set(name.value, [...(implementers.get(name.value) ?? []), node.name.value])
      }
    } else if (node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph') {
      for (const { name, directives = [] } of node.values ?? []) {
        const found = directives.find((directive) => directive.name.value === 'join__graph')
        services.set(name.value, (found && textOf(found, 'name')) ?? name.value)
      }
    }
  }
  const serviceOf = (graph: string) => services.get(graph) ?? graph
  const resolvable = new Set<string>()
  for (const [type, { node }] of types) {
    for (const directive of applied(node, 'join__type')) {
      if (textOf(directive, 'key') === undefined || isSet(directive, 'resolvable', false)) continue
      for (const one of [type, ...(implementers.get(type) ?? [])])
        resolvable.add(`${serviceOf(textOf(directive, 'graph') ?? '')} ${one}`)
    }
  }
  const canResolve = (service: string, type: string) => resolvable.has(`${service} ${type}`)
  const ownersOf = (type: string, field: string): string[] => {
    const { node, fields } = types.get(type) ?? {}
    const definition = fields?.get(field)
    if (!node || !definition) return []
    const own = applied(definition, 'join__field')
    const from = own.length === 0 ? applied(node, 'join__type') : own
    return from
      .filter((one) => !isSet(one, 'external', true) && !isSet(one, 'usedOverridden', true))
      .flatMap((one) => textOf(one, 'graph') ?? [])
      .map(serviceOf)
  }
  return { types, implementers, canResolve, ownersOf, graphs: [...services.keys()], serviceOf }
}

/** Whether a directive says this of a Boolean argument. */
export function isSet(directive: ConstDirectiveNode, name: string, wanted: boolean): boolean {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
  return value?.kind === Kind.BOOLEAN && value.value === wanted
}

/** True when one object can be of both types, as far as their kinds tell. */
export function canOverlap({ types }: SupergraphTypes, one: string, other: string): boolean {
  const isObject = (name: string) => types.get(name)?.node.kind === Kind.OBJECT_TYPE_DEFINITION
  return one === other || !isObject(one) || !isObject(other)
}

/** The type, and those that implement it. */
export function withImplementers({ implementers }: SupergraphTypes, type: string): string[] {
  return [type, ...(implementers.get(type) ?? [])]
}

/** The directives of a name, such as `join__field`. */
export function applied(node: { directives?: readonly ConstDirectiveNode[] }, name: string): ConstDirectiveNode[] {
  return (node.directives ?? []).filter((directive) => directive.name.value === name)
}

/** Whether a directive of that name is about the subgraph. */
export function applies(node: { directives?: readonly ConstDirectiveNode[] }, name: string, graph: string): boolean {
  return applied(node, name).some((directive) => textOf(directive, 'graph') === graph)
}

/** A string or enum argument of a directive. */
export function textOf(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
}

/** The type of a field in one subgraph, without lists and non-null. */
export function namedTypeOf(field: FieldDefinitionNode, graph: string): string {
  const own = applied(field, 'join__field').find((directive) => textOf(directive, 'graph') === graph)
  const type = own && textOf(own, 'type')
  if (type !== undefined) return type.replace(/[[\]!\s]/g, '')
  let node: TypeNode = field.type
  while (node.kind !== Kind.NAMED_TYPE) node = node.type
  return node.name.value
}

/** The selection in a directive's `fields`; throws when it is none. */
export function parseFields(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`"${text}" is not a selection of fields.`)
  return definition.selectionSet
}
