import {
  type ConstDirectiveNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql'

/**
 * The same supergraph with the keys that can be used before those that cannot: where a fetch enters a subgraph again for the
 * sake of a `@requires`, the planner takes the first key, even one that the subgraph cannot resolve or that the subgraph where
 * the object was found only knows as `@external`.
 */
export function usableKeysFirst(sdl: string): string {
  if (!/requires\s*:\s*"/.test(sdl)) return sdl
  let isOther = false
  const enter = (node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) => {
    const external = new Set<string>()
    for (const field of node.fields ?? []) if (field.directives?.some(isExternal)) external.add(field.name.value)
    const directives = node.directives?.toSorted((a, b) => usability(a, external) - usability(b, external)) ?? []
    if (directives.every((one, index) => one === node.directives?.[index])) return undefined
    isOther = true
    return { ...node, directives }
  }
  const ordered = visit(parse(sdl, { noLocation: true }), {
    ObjectTypeDefinition: { enter },
    InterfaceTypeDefinition: { enter },
  })
  return isOther ? print(ordered) : sdl
}

/** The lower, the sooner; what is not a key keeps its place before all that cannot be used. */
function usability(directive: ConstDirectiveNode, external: ReadonlySet<string>): number {
  if (directive.name.value !== 'join__type') return 0
  const key = argumentOf(directive, 'key')
  if (isFalse(directive, 'resolvable')) return 2
  const names = key?.kind === Kind.STRING ? (key.value.match(/\w+/g) ?? []) : []
  return names.some((name) => external.has(name)) ? 1 : 0
}

function isExternal(directive: ConstDirectiveNode): boolean {
  const value = argumentOf(directive, 'external')
  return directive.name.value === 'join__field' && value?.kind === Kind.BOOLEAN && value.value
}

function isFalse(directive: ConstDirectiveNode, name: string): boolean {
  const value = argumentOf(directive, name)
  return value?.kind === Kind.BOOLEAN && !value.value
}

function argumentOf(directive: ConstDirectiveNode, name: string) {
  return directive.arguments?.find((argument) => argument.name.value === name)?.value
}
