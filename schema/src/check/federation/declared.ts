import { type ConstDirectiveNode, Kind, type NameNode, print, type StringValueNode, type TypeNode } from 'graphql'
import type { ListedSubgraph } from '../../subgraphs.ts'

/** One element as one subgraph writes it. */
export interface Declared {
  coordinate: string
  kind: string
  directives: readonly ConstDirectiveNode[]
  type: TypeNode | null
  /** What it is and says, without what is inside it: the same text as long as it does not change. */
  text: string
}

interface Node {
  kind: string
  name?: NameNode
  directives?: readonly ConstDirectiveNode[]
  type?: TypeNode
  description?: StringValueNode
  fields?: readonly Node[]
  values?: readonly Node[]
  arguments?: readonly Node[]
  locations?: readonly NameNode[]
}

/** Everything that a subgraph writes, by coordinate; what it writes in several parts (`extend type`) is put together. */
export function declaredBy({ typeDefs }: ListedSubgraph): Map<string, Declared> {
  const found = new Map<string, Declared>()
  const add = (coordinate: string, { kind, directives = [], type, description }: Node) => {
    const known = found.get(coordinate)
    const all = [...(known?.directives ?? []), ...directives]
    const said = [known?.text ?? kind, description?.value ?? '', type ? print(type) : '', ...directives.map(print)]
    const text = said.join(' ')
    found.set(coordinate, { coordinate, kind: known?.kind ?? kind, directives: all, type: type ?? null, text })
  }
  for (const definition of typeDefs.definitions as readonly Node[]) {
    if (!definition.name) continue
    const isDirective = definition.kind === Kind.DIRECTIVE_DEFINITION
    const name = isDirective ? `@${definition.name.value}` : definition.name.value
    add(name, definition)
    for (const member of [...(definition.fields ?? []), ...(definition.values ?? [])]) {
      add(`${name}.${member.name?.value}`, member)
      for (const argument of member.arguments ?? [])
        add(`${name}.${member.name?.value}(${argument.name?.value}:)`, argument)
    }
  }
  return found
}

/** Whether an element is declared with a directive, on itself or on its type. */
export function isMarked(declared: ReadonlyMap<string, Declared>, coordinate: string, directive: string): boolean {
  const [type = coordinate] = coordinate.split('.')
  return [coordinate, type].some((one) => declared.get(one)?.directives.some(({ name }) => name.value === directive))
}
