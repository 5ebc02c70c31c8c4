import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeNode,
} from 'graphql'

/** One demand on the viewer; equal demands of a supergraph are one object. */
export type Clause =
  | { readonly kind: 'authenticated' }
  /** The viewer holds every name of one of the lists. */
  | { readonly kind: 'scopes' | 'policies'; readonly any: readonly (readonly string[])[] }

/** A type as the supergraph's text has it, with the clauses written on it and nothing derived. */
export interface DeclaredType {
  name: string
  clauses: readonly Clause[]
  interfaces: readonly string[]
  fields: ReadonlyMap<string, DeclaredField>
}

/** A field as the supergraph's text has it; `requires` and `contexts` are what some subgraph is given to resolve it. */
export interface DeclaredField {
  clauses: readonly Clause[]
  /** Without lists and non-nulls. */
  type: string
  requires: readonly string[]
  contexts: readonly { context: string; selection: string }[]
}

/** What a supergraph's text says about access. */
export interface Declared {
  types: ReadonlyMap<string, DeclaredType>
  /** The object types that a composite type may stand for; none for other types. */
  objectsOf(name: string): readonly string[]
  /** The types that set a context, by its name. */
  contexts: ReadonlyMap<string, readonly string[]>
}

/** Our kind of clause for each directive of federation, whatever the supergraph calls it. */
const specs = { authenticated: 'authenticated', requiresScopes: 'scopes', policy: 'policies' } as const

/** Reads what a supergraph says about access; undefined when it protects nothing. Throws when it cannot be read. */
export function readDeclared(supergraph: DocumentNode): Declared | undefined {
  const kinds = kindsOf(supergraph)
  if (kinds.size === 0) return undefined
  const known = new Map<string, Clause>()
  const types = new Map<string, DeclaredType>()
  const members = new Map<string, string[]>()
  const contexts = new Map<string, string[]>()
  const clausesOf = (directives: readonly ConstDirectiveNode[] | undefined) =>
    (directives ?? []).flatMap((directive) => {
      const kind = kinds.get(directive.name.value)
      const clause = kind && clauseOf(kind, directive)
      if (!clause) return []
      const text = JSON.stringify(clause)
      if (!known.has(text)) known.set(text, clause)
      return [known.get(text) as Clause]
    })

  for (const node of supergraph.definitions) {
    if (!('name' in node) || !node.name || !('directives' in node) || node.kind === Kind.DIRECTIVE_DEFINITION) continue
    const name = node.name.value
    const interfaces = 'interfaces' in node ? (node.interfaces ?? []).map((one) => one.name.value) : []
    const isObject = node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION
    if (isObject) for (const abstract of [name, ...interfaces]) push(members, abstract, name)
    if ('types' in node) for (const member of node.types ?? []) push(members, name, member.name.value)
    const directives = node.directives as readonly ConstDirectiveNode[] | undefined
    for (const directive of directives ?? []) {
      const context = directive.name.value.endsWith('context') ? textOf(argument(directive, 'name')) : undefined
      if (context !== undefined) push(contexts, context, name)
    }
    const before = types.get(name)
    const fields = new Map(before?.fields)
    const isOutput =
      isObject || node.kind === Kind.INTERFACE_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_EXTENSION
    if (isOutput) for (const field of node.fields ?? []) fields.set(field.name.value, declaredField(field, clausesOf))
    types.set(name, {
      name,
      clauses: [...(before?.clauses ?? []), ...clausesOf(directives)],
      interfaces: [...(before?.interfaces ?? []), ...interfaces],
      fields,
    })
  }
  if (known.size === 0) return undefined
  return { types, contexts, objectsOf: (name) => members.get(name) ?? [] }
}

/** The kinds of clauses by the names that the supergraph's links give their directives. */
function kindsOf(supergraph: DocumentNode): Map<string, Clause['kind']> {
  const kinds = new Map<string, Clause['kind']>()
  for (const node of supergraph.definitions) {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const link of node.directives ?? []) {
      const url = textOf(argument(link, 'url')) ?? textOf(argument(link, 'feature')) ?? ''
      const spec = /^https:\/\/specs\.apollo\.dev\/(authenticated|requiresScopes|policy)\//.exec(url)?.[1]
      if (spec) kinds.set(nameIn(link, spec), specs[spec as keyof typeof specs])
    }
  }
  return kinds
}

/** What a link calls the directive that is named like its specification. */
function nameIn(link: ConstDirectiveNode, spec: string): string {
  const imports = argument(link, 'import')
  for (const one of imports?.kind === Kind.LIST ? imports.values : []) {
    if (textOf(one) === `@${spec}`) return spec
    if (one.kind !== Kind.OBJECT || textOf(entry(one.fields, 'name')) !== `@${spec}`) continue
    return (textOf(entry(one.fields, 'as')) ?? spec).replace('@', '')
  }
  return textOf(argument(link, 'as')) ?? spec
}

/** Undefined when the directive demands nothing: of an empty list federation says that everyone fulfils it. */
function clauseOf(kind: Clause['kind'], directive: ConstDirectiveNode): Clause | undefined {
  if (kind === 'authenticated') return { kind }
  const value = argument(directive, kind)
  const any = value && listOf(value).map((inner) => listOf(inner).map(textOf))
  if (!any?.flat().every((name) => name !== undefined)) {
    throw new Error(`@${directive.name.value} expects "${kind}" to be lists of names, such as [["a", "b"], ["c"]].`)
  }
  if (any.length === 0 || any.some((all) => all.length === 0)) return undefined
  const sorted = (any as string[][]).map((all) => [...new Set(all)].sort())
  return { kind, any: sorted.sort((a, b) => (String(a) < String(b) ? -1 : 1)) }
}

function declaredField(
  { type, directives }: FieldDefinitionNode,
  clausesOf: (directives: readonly ConstDirectiveNode[] | undefined) => Clause[],
): DeclaredField {
  const joins = (directives ?? []).filter((directive) => directive.name.value === 'join__field')
  const requires = joins.flatMap((join) => textOf(argument(join, 'requires')) ?? [])
  const contexts = joins.flatMap((join) =>
    listOf(argument(join, 'contextArguments')).flatMap((one) => {
      const fields = one.kind === Kind.OBJECT ? one.fields : []
      const [context, selection] = [textOf(entry(fields, 'context')), textOf(entry(fields, 'selection'))]
      return context !== undefined && selection !== undefined ? [{ context, selection }] : []
    }),
  )
  return { clauses: clausesOf(directives), type: namedType(type), requires, contexts }
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}

function argument({ arguments: given }: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return entry(given ?? [], name)
}

function entry(
  entries: readonly Pick<ConstArgumentNode, 'name' | 'value'>[],
  name: string,
): ConstValueNode | undefined {
  return entries.find((one) => one.name.value === name)?.value
}

function textOf(value: ConstValueNode | undefined): string | undefined {
  return value?.kind === Kind.STRING ? value.value : undefined
}

/** One value stands for a list of it, as everywhere in GraphQL. */
function listOf(value: ConstValueNode | undefined): readonly ConstValueNode[] {
  if (value === undefined) return []
  return value.kind === Kind.LIST ? value.values : [value]
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (!list) map.set(key, [value])
  else if (!list.includes(value)) list.push(value)
}
