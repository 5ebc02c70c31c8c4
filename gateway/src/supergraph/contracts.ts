import { Supergraph } from '@apollo/federation-internals'
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  printSchema,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import { supportedFeatures } from './features.ts'

/** A part of the API for some clients: the elements with one of the tags in `include` (all, when it is empty), without those in `exclude`. */
export interface Contract {
  name: string
  include: readonly string[]
  exclude: readonly string[]
}

/** Each is validated against by a pipeline of its own. */
export const mostContracts = 20

const FEATURE = 'https://specs.commerce.example/contract/v0.1'
const DEFINITION = 'directive @contract(name: String!, include: [String!], exclude: [String!]) repeatable on SCHEMA'

/** A supergraph's text with its contracts written into it, so that they are published and swapped together with it. */
export function withContracts(sdl: string, contracts: readonly Contract[]): string {
  if (contracts.length === 0) return sdl
  const lines = contracts.map(({ name, include, exclude }) => {
    const lists = Object.entries({ include, exclude }).filter(([, tags]) => tags.length > 0)
    return `  @contract(${[`name: ${JSON.stringify(name)}`, ...lists.map(([key, tags]) => `${key}: ${JSON.stringify(tags)}`)].join(', ')})`
  })
  const head = ['schema', `  @link(url: "${FEATURE}", import: ["@contract"])`, ...lines].join('\n')
  return `${sdl.replace(/^schema$/m, head)}\n\n${DEFINITION}`
}

/** The contracts that are written into a supergraph. */
export function contractsOf(supergraph: DocumentNode): Contract[] {
  const schema = supergraph.definitions.find(({ kind }) => kind === Kind.SCHEMA_DEFINITION)
  if (!schema) return []
  return directivesOf(schema)
    .filter(({ name }) => name.value === 'contract')
    .map(({ arguments: given = [] }) => {
      const values = (key: string) =>
        given.filter(({ name }) => name.value === key).map(({ value }) => valueFromASTUntyped(value))
      const tags = (key: string) => values(key).flat() as string[]
      return { name: String(values('name')[0]), include: tags('include'), exclude: tags('exclude') }
    })
}

/** The schema of each contract of a supergraph, by name, as SDL. Throws one sentence that names the contract of which nothing is left. */
export function contractSchemas(supergraph: DocumentNode): [name: string, sdl: string][] {
  const contracts = contractsOf(supergraph)
  if (contracts.length > mostContracts)
    throw new Error(`it has ${contracts.length} contracts, ${mostContracts} at most are served.`)
  return contracts.map((contract) => {
    try {
      return [contract.name, printSchema(contractSchema(supergraph, contract))]
    } catch (error) {
      throw new Error(`The contract "${contract.name}" is no schema: ${whyNoSchema(error)}`)
    }
  })
}

/** Why a contract is no schema, in one line. */
export function whyNoSchema(error: unknown): string {
  return (error as Error).message.split('GraphQL request:', 1)[0]?.replace(/\s+/g, ' ').trim() ?? 'it is empty'
}

/**
 * The schema of a contract. A field of an object or interface is in when it, or its type, has an included tag; anything with an excluded
 * tag is out; types whose fields are all out, or that nothing leads to, are out. Throws when what is left is no schema.
 */
export function contractSchema(supergraph: DocumentNode, contract: Contract): GraphQLSchema {
  const marked = withInaccessible(
    visit(supergraph, {
      enter: (node) => {
        if (isHidden(node, contract)) return hide(node)
        if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return undefined
        if (node.name.value.includes('__')) return undefined
        const isIncluded = contract.include.length === 0 || tagsOf(node).some((tag) => contract.include.includes(tag))
        const fields = node.fields?.map((field) => (isIn(field, isIncluded, contract) ? field : hide(field)))
        const isEmpty = fields?.every((field) => isInaccessible(field))
        const kept = { ...node, fields }
        return isEmpty ? hide(kept) : kept
      },
    }),
  )
  return reachable(Supergraph.build(print(marked), { supportedFeatures }).apiSchema().toGraphQLJSSchema())
}

function isIn(field: FieldDefinitionNode, typeIsIncluded: boolean, { include, exclude }: Contract): boolean {
  const tags = tagsOf(field)
  return !tags.some((tag) => exclude.includes(tag)) && (typeIsIncluded || tags.some((tag) => include.includes(tag)))
}

function isHidden(node: object, { exclude }: Contract): boolean {
  return tagsOf(node).some((tag) => exclude.includes(tag))
}

function tagsOf(node: object): string[] {
  return directivesOf(node)
    .filter(({ name }) => name.value === 'tag')
    .flatMap(({ arguments: given = [] }) => given.map(({ value }) => (value.kind === Kind.STRING ? value.value : '')))
}

function directivesOf(node: object): readonly ConstDirectiveNode[] {
  return (node as { directives?: readonly ConstDirectiveNode[] }).directives ?? []
}

function isInaccessible(node: object): boolean {
  return directivesOf(node).some(({ name }) => name.value === 'inaccessible')
}

function hide<Node extends object>(node: Node): Node {
  if (isInaccessible(node)) return node
  const mark = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'inaccessible' } }
  return { ...node, directives: [...directivesOf(node), mark] }
}

const SPEC = 'https://specs.apollo.dev/inaccessible/v0.2'
const definition = `directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`

/** The supergraph with the definition of `@inaccessible`, which it has only when a subgraph uses it. */
function withInaccessible(document: DocumentNode): DocumentNode {
  const isThere = document.definitions.some(
    (one) => one.kind === Kind.DIRECTIVE_DEFINITION && one.name.value === 'inaccessible',
  )
  if (isThere) return document
  const link = parse(`schema @link(url: "${SPEC}", for: SECURITY) { query: Query }`).definitions[0]
  const links = link ? directivesOf(link) : []
  const definitions = document.definitions.map((one) =>
    one.kind === Kind.SCHEMA_DEFINITION ? { ...one, directives: [...directivesOf(one), ...links] } : one,
  )
  return { ...document, definitions: [...definitions, ...parse(definition).definitions] as DefinitionNode[] }
}

function reachable(schema: GraphQLSchema): GraphQLSchema {
  const found = new Set<string>()
  const waiting = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].map(
    (type) => type?.name ?? '',
  )
  for (const { args } of schema.getDirectives()) waiting.push(...args.map(({ type }) => getNamedType(type).name))
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const type = schema.getType(name)
    if (!type || found.has(name)) continue
    found.add(name)
    if (isUnionType(type)) waiting.push(...type.getTypes().map((one) => one.name))
    if (isInterfaceType(type)) waiting.push(...schema.getPossibleTypes(type).map((one) => one.name))
    if (isObjectType(type) || isInterfaceType(type)) waiting.push(...type.getInterfaces().map((one) => one.name))
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    const fields: (GraphQLField<unknown, unknown> | GraphQLInputField)[] = Object.values(type.getFields())
    for (const field of fields) {
      waiting.push(getNamedType(field.type).name)
      if ('args' in field) waiting.push(...field.args.map((one) => getNamedType(one.type).name))
    }
  }
  const document = parse(printSchema(schema), { noLocation: true })
  const isKept = (name: string) => found.has(name)
  const definitions = document.definitions
    .filter((one) => one.kind === Kind.DIRECTIVE_DEFINITION || !('name' in one) || isKept(one.name?.value ?? ''))
    .map((one) => withoutLost(one, isKept))
  return buildASTSchema({ ...document, definitions })
}

function withoutLost(definition: DefinitionNode, isKept: (name: string) => boolean): DefinitionNode {
  const kept = (names: readonly NamedTypeNode[] | undefined) => names?.filter(({ name }) => isKept(name.value))
  if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
    return { ...definition, interfaces: kept(definition.interfaces) }
  return definition
}
