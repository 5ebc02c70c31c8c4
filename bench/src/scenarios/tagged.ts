import { type ConstDirectiveNode, type DocumentNode, Kind, parse, visit } from 'graphql'

const caching = parse(`
  extend schema
    @link(url: "https://specs.commerce.example/cacheControl/v0.1", import: ["@cacheControl", "CacheControlScope"])
    @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
`)
const federation = 'https://specs.apollo.dev/federation/'
/** The first version with `@cacheTag`. */
const tagging = `${federation}v2.12`

/** A subgraph's schema that says what may be kept: a tag by type (`User`) or root field (`Query.users`). The schema has no caching directives yet. */
export function withTags(typeDefs: DocumentNode, tags: Readonly<Record<string, string>>): DocumentNode {
  const given = (coordinate: string): ConstDirectiveNode[] => {
    const tag = tags[coordinate]
    if (tag === undefined) return []
    const text = `type T @cacheTag(format: ${JSON.stringify(tag)}) @cacheControl(maxAge: 300, scope: PUBLIC) { f: Int }`
    const [type] = parse(text).definitions
    return type?.kind === Kind.OBJECT_TYPE_DEFINITION ? [...(type.directives ?? [])] : []
  }
  const tagged = visit(typeDefs, {
    ObjectTypeDefinition: (type) => ({
      ...type,
      directives: [...(type.directives ?? []), ...given(type.name.value)],
      fields: type.fields?.map((field) => ({
        ...field,
        directives: [...(field.directives ?? []), ...given(`${type.name.value}.${field.name.value}`)],
      })),
    }),
    Directive: (directive) => (isFederation(directive as ConstDirectiveNode) ? importing(directive) : undefined),
  })
  return { ...tagged, definitions: [...tagged.definitions, ...caching.definitions] }
}

function isFederation({ name, arguments: given }: ConstDirectiveNode): boolean {
  const url = given?.find((argument) => argument.name.value === 'url')?.value
  return name.value === 'link' && url?.kind === Kind.STRING && url.value.startsWith(federation)
}

/** The link to the federation specification, with what tags need. */
function importing<T extends { arguments?: readonly unknown[] }>(directive: T): T {
  const string = (value: string) => ({ kind: Kind.STRING, value })
  return {
    ...directive,
    arguments: (directive as unknown as ConstDirectiveNode).arguments?.map((argument) => {
      if (argument.name.value === 'url') return { ...argument, value: string(tagging) }
      if (argument.name.value !== 'import' || argument.value.kind !== Kind.LIST) return argument
      const values = [...argument.value.values, string('@cacheTag'), string('@composeDirective')]
      return { ...argument, value: { ...argument.value, values } }
    }),
  }
}
