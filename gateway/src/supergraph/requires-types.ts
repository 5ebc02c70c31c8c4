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
  /** The keys that the subgraph can resolve. */
  keysOf(service: string, type: string): readonly SelectionSetNode[]
  /** The subgraphs that resolve a field of a type wherever they have the object. */
  ownersOf(type: string, field: string): readonly string[]
  /** False when the subgraph only mentions the field, and provides it nowhere. */
  canAsk(service: string, type: string, field: string): boolean
  /** The type of an operation's root. */
  rootOf(operation: string): string
  /** The value of `join__Graph` for a subgraph's name. */
  graphOf(service: string): string
  /** The subgraph's name of a value of `join__Graph`. */
  serviceOf(graph: string): string
}

/** Reads the types of a supergraph. */
export function typesOfSupergraph(document: DocumentNode): SupergraphTypes {
  const types = new Map<string, FieldsType>()
  const implementers = new Map<string, string[]>()
  const services = new Map<string, string>()
  const roots = new Map<string, string>()
  for (const node of document.definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      types.set(node.name.value, { node, fields: new Map(node.fields?.map((field) => [field.name.value, field])) })
      for (const { name } of node.interfaces ?? []) {
        implementers.set(name.value, [...(implementers.get(name.value) ?? []), node.name.value])
      }
    } else if (node.kind === Kind.SCHEMA_DEFINITION) {
      for (const { operation, type } of node.operationTypes) roots.set(operation, type.name.value)
    } else if (node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph') {
      for (const { name, directives = [] } of node.values ?? []) {
        const found = directives.find((directive) => directive.name.value === 'join__graph')
        services.set(name.value, (found && textOf(found, 'name')) ?? name.value)
      }
    }
  }
  const serviceOf = (graph: string) => services.get(graph) ?? graph
  const externals = new Set<string>()
  const provided = new Set<string>()
  const provide = (graph: string, { selections }: SelectionSetNode, type: string): void => {
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) provide(graph, node.selectionSet, node.typeCondition?.name.value ?? type)
      if (node.kind !== Kind.FIELD) continue
      for (const at of [type, ...(implementers.get(type) ?? [])]) {
        provided.add(`${serviceOf(graph)} ${at}.${node.name.value}`)
      }
      const definition = types.get(type)?.fields.get(node.name.value)
      if (node.selectionSet && definition) provide(graph, node.selectionSet, namedTypeOf(definition, graph))
    }
  }
  for (const [type, { fields }] of types) {
    for (const [name, field] of fields) {
      for (const directive of applied(field, 'join__field')) {
        const graph = textOf(directive, 'graph') ?? ''
        if (isSet(directive, 'external', true)) externals.add(`${serviceOf(graph)} ${type}.${name}`)
        const text = textOf(directive, 'provides')
        if (text !== undefined) provide(graph, parseFields(text), namedTypeOf(field, graph))
      }
    }
  }
  const keys = new Map<string, SelectionSetNode[]>()
  for (const [name, { node }] of types) {
    for (const directive of applied(node, 'join__type')) {
      const [graph, key] = [textOf(directive, 'graph'), textOf(directive, 'key')]
      if (graph === undefined || key === undefined) continue
      const place = `${serviceOf(graph)} ${name}`
      // A key is known also where its fields are external.
      provide(graph, parseFields(key), name)
      if (!isSet(directive, 'resolvable', false)) keys.set(place, [...(keys.get(place) ?? []), parseFields(key)])
    }
  }
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
  const graphs = new Map([...services].map(([graph, service]) => [service, graph]))
  return {
    types,
    implementers,
    serviceOf,
    keysOf: (service, type) => keys.get(`${service} ${type}`) ?? [],
    ownersOf,
    canAsk(service, type, field) {
      const place = `${service} ${type}.${field}`
      return !externals.has(place) || provided.has(place)
    },
    rootOf: (operation) => roots.get(operation) ?? '',
    graphOf: (service) => graphs.get(service) ?? service,
  }
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

/** The directives of a name, such as `join__field`. */
export function applied(node: { directives?: readonly ConstDirectiveNode[] }, name: string): ConstDirectiveNode[] {
  return (node.directives ?? []).filter((directive) => directive.name.value === name)
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
