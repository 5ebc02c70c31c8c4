import { type ConstDirectiveNode, type DocumentNode, Kind, parse, print, visit } from 'graphql'

/**
 * The same supergraph with every type's resolvable keys before those that are not: where a fetch enters a subgraph again for
 * the sake of a `@requires`, the planner takes the first key, even one that the subgraph cannot resolve.
 */
export function resolvableKeysFirst(sdl: string): string {
  if (!sdl.includes('resolvable: false')) return sdl
  const document = parse(sdl, { noLocation: true })
  const enter = (node: { directives?: readonly ConstDirectiveNode[] }) => {
    const later = node.directives?.filter(isUnresolvable) ?? []
    if (later.length === 0) return undefined
    return { ...node, directives: [...(node.directives?.filter((one) => !isUnresolvable(one)) ?? []), ...later] }
  }
  const ordered: DocumentNode = visit(document, {
    ObjectTypeDefinition: { enter },
    InterfaceTypeDefinition: { enter },
  })
  return print(ordered)
}

function isUnresolvable(directive: ConstDirectiveNode): boolean {
  if (directive.name.value !== 'join__type') return false
  const value = directive.arguments?.find((argument) => argument.name.value === 'resolvable')?.value
  return value?.kind === Kind.BOOLEAN && !value.value
}
