// Long because a fetch's policy is one walk over what it selects, and its tags are filled in from the same places.
import { createHash } from 'node:crypto'
import { encodeKey } from '@commerce/events/subject.ts'
import { decodeId } from '@commerce/service/ids.ts'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { type DeclaredCaching, type Hint, readCaching } from './declared.ts'

/** How the answers of one fetch are kept. */
export interface FetchPolicy {
  /** The same for all viewers: it is asked for without one, so that it cannot depend on them. */
  isPublic: boolean
  /** The longest that it may be served, in milliseconds. */
  maxAgeMs: number
  /** Names what is selected of which subgraph. */
  key: string
  /** Names of the operation's variables besides the representations. */
  variables: readonly string[]
  /** The tags that its `@cacheTag`s give a representation (the key's fields) or, for a root fetch, its variables. */
  tagsOf(given: Readonly<Record<string, unknown>>): string[]
}

/** Finds the policy of a fetch; undefined when its answers are not to be kept. */
export type PolicyOf = (
  service: string,
  fetch: { operation: string; variables: readonly string[]; isRoot: boolean },
) => FetchPolicy | undefined

/** Without `maxAge`. */
const defaultMaxAge = 60

/** Reads the policies of a supergraph; `schema` has all of its types. Undefined when nothing is to be cached. */
export function policiesOf(supergraph: DocumentNode, schema: GraphQLSchema): PolicyOf | undefined {
  const caching = readCaching(supergraph)
  if (!caching) return undefined
  return (service, { operation, variables, isRoot }) => {
    const document = parse(operation, { noLocation: true })
    const definition = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)
    if (definition?.operation !== 'query') return undefined
    const walk = new Walk(caching, service, schema, fragmentsOf(document))
    const tags = isRoot ? walk.root(definition) : walk.entities(definition)
    if (!tags || walk.maxAge <= 0) return undefined
    // The operation's name differs from plan to plan, what it selects does not.
    const text = document.definitions.map((one) => print(one === definition ? { ...definition, name: undefined } : one))
    return {
      isPublic: walk.isPublic,
      maxAgeMs: walk.maxAge * 1000,
      key: createHash('sha256')
        .update(`${service}\n${text.join('\n')}`)
        .digest('base64url')
        .slice(0, 24),
      variables: variables.filter((name) => isRoot || name !== 'representations'),
      tagsOf: (given) => [...new Set(tags.flatMap((tag) => tag(given)))],
    }
  }
}

type Tag = (given: Readonly<Record<string, unknown>>) => string[]

/** What an operation selects, as far as caching goes: the shortest age, and whether any of it is private. */
class Walk {
  maxAge = Number.POSITIVE_INFINITY
  isPublic = true
  readonly #caching: DeclaredCaching
  readonly #service: string
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(
    caching: DeclaredCaching,
    service: string,
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {
    this.#caching = caching
    this.#service = service
    this.#schema = schema
    this.#fragments = fragments
  }

  /** The tags of all root fields; undefined when one has none. */
  root(definition: OperationDefinitionNode): Tag[] | undefined {
    const query = this.#schema.getQueryType()
    if (!query) return undefined
    const tags: Tag[] = []
    for (const node of this.#fieldsOf(definition.selectionSet)) {
      if (node.name.value === '__typename') continue
      const field = query.getFields()[node.name.value]
      const formats = this.#caching.formats(this.#service, `${query.name}.${node.name.value}`)
      if (!field || formats.length === 0) return undefined
      const types = this.#possible(getNamedType(field.type))
      const said = this.#caching.hint(`${query.name}.${node.name.value}`)
      this.#take(said, types, true)
      for (const format of formats) {
        tags.push(
          tagFrom(format, 'args', (name, variables) => {
            const argument = node.arguments?.find((one) => one.name.value === name)
            const value = argument && valueFromASTUntyped(argument.value, variables)
            const isId = getNamedType(field.args.find((one) => one.name === name)?.type)?.name === 'ID'
            return valuesOf(value, isId)
          }),
        )
      }
      this.#walk(types, node.selectionSet)
    }
    return tags
  }

  /** The tags of all entity types; undefined when one has none. */
  entities(definition: OperationDefinitionNode): Tag[] | undefined {
    const byType = new Map<string, Tag[]>()
    for (const node of this.#fieldsOf(definition.selectionSet)) {
      for (const below of node.selectionSet?.selections ?? []) {
        if (below.kind !== Kind.INLINE_FRAGMENT || !below.typeCondition) continue
        const condition = this.#schema.getType(below.typeCondition.name.value)
        const types = this.#possible(condition)
        for (const type of types) {
          const formats = this.#caching.formats(this.#service, type.name)
          if (isObjectType(type) && formats.length === 0) return undefined
          byType.set(
            type.name,
            formats.map((format) => tagFrom(format, 'key', keyReader(type))),
          )
        }
        this.#take(undefined, types, true)
        this.#walk(types, below.selectionSet)
      }
    }
    if (byType.size === 0) return undefined
    return [(given) => (byType.get(String(given.__typename)) ?? []).flatMap((tag) => tag(given))]
  }

  /** A field's own hint goes before those of the types that it may be; at the top, who says nothing is private. */
  #take(own: Hint | undefined, types: readonly GraphQLNamedType[], isTop = false): void {
    const ofTypes = types.map(({ name }) => this.#caching.hint(name))
    const ages = own?.maxAge !== undefined ? [own.maxAge] : ofTypes.map((hint) => hint?.maxAge)
    for (const age of ages) if (age !== undefined || isTop) this.maxAge = Math.min(this.maxAge, age ?? defaultMaxAge)
    const scopes = own?.isPrivate !== undefined ? [own.isPrivate] : ofTypes.map((hint) => hint?.isPrivate)
    if (scopes.some((isPrivate) => isPrivate ?? isTop)) this.isPublic = false
  }

  #walk(parents: readonly GraphQLNamedType[], set: SelectionSetNode | undefined): void {
    if (!set) return
    for (const node of set.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.#fragments.get(node.name.value)
        if (fragment)
          this.#walk(this.#possible(this.#schema.getType(fragment.typeCondition.name.value)), fragment.selectionSet)
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        const condition = node.typeCondition && this.#schema.getType(node.typeCondition.name.value)
        this.#walk(condition ? this.#possible(condition) : parents, node.selectionSet)
      } else {
        // Walked once for all parents: with many types in each other it would never end otherwise.
        const below = new Set<GraphQLNamedType>()
        for (const parent of parents) {
          if (!isObjectType(parent) && !isInterfaceType(parent)) continue
          const field = parent.getFields()[node.name.value]
          if (!field) continue
          const types = this.#possible(getNamedType(field.type))
          this.#take(this.#caching.hint(`${parent.name}.${node.name.value}`), types)
          for (const type of types) below.add(type)
        }
        this.#walk([...below], node.selectionSet)
      }
    }
  }

  /** A type and all that an object of it may be. */
  #possible(type: GraphQLNamedType | undefined): GraphQLNamedType[] {
    if (!type) return []
    if (!isCompositeType(type) || !isAbstractType(type)) return [type]
    return [type, ...this.#schema.getPossibleTypes(type)]
  }

  #fieldsOf(set: SelectionSetNode): FieldNode[] {
    return set.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return [node]
      if (node.kind === Kind.INLINE_FRAGMENT) return this.#fieldsOf(node.selectionSet)
      const fragment = this.#fragments.get(node.name.value)
      return fragment ? this.#fieldsOf(fragment.selectionSet) : []
    })
  }
}

/**
 * A format such as `price.changed.{$key.sku}`: one tag for each value of what is in braces, none when there is none. Values are
 * encoded as in the subjects of events.
 */
function tagFrom(
  format: string,
  source: 'key' | 'args',
  read: (name: string, given: Readonly<Record<string, unknown>>) => readonly string[],
): Tag {
  const [before = '', ...rest] = format.split('{')
  const parts = rest.map((part) => {
    const [inside = '', after = ''] = part.split('}')
    const prefix = `$${source}.`
    return { name: inside.startsWith(prefix) ? inside.slice(prefix.length) : undefined, after }
  })
  return (given) => {
    let texts = [before]
    for (const { name, after } of parts) {
      const values = name === undefined ? [] : read(name, given)
      texts = texts.flatMap((text) => values.map((value) => `${text}${encodeKey(value)}${after}`))
    }
    return texts
  }
}

/** Reads a field of a key, `a.b` in nested ones. */
function keyReader(type: GraphQLNamedType): (path: string, key: Readonly<Record<string, unknown>>) => string[] {
  return (path, key) => {
    let value: unknown = key
    let parent: GraphQLNamedType | undefined = type
    for (const name of path.split('.')) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
      const field: { type: Parameters<typeof getNamedType>[0] } | undefined =
        isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
      parent = getNamedType(field?.type) as GraphQLNamedType | undefined
    }
    return valuesOf(value, parent?.name === 'ID')
  }
}

/** What an event knows an entity by is the key inside its global id. */
function valuesOf(value: unknown, isId: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesOf(one, isId))
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return []
  const text = String(value)
  return [(isId ? decodeId(text)?.key : undefined) ?? text]
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  )
}
