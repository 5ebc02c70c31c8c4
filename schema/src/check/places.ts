import type { ASTNode, DefinitionNode, NameNode } from 'graphql'
import { Kind } from 'graphql'
import type { ListedSubgraph } from '../subgraphs.ts'
import type { Place } from './graph.ts'

interface Members {
  name: NameNode
  fields?: readonly Members[]
  values?: readonly Members[]
  arguments?: readonly Members[]
}

/** `Query.product(id:)` and `@skip(if:)` as `["Query", "product", "id"]` and `["@skip", "if"]`. */
export function stepsOf(coordinate: string): string[] {
  return coordinate.split(/[.(:)]+/).filter((step) => step !== '')
}

/**
 * Where the coordinate stands in the subgraphs; of what is not there, the place of what it was in. `preferred` names the subgraph to
 * look in first. Null when not even its type is there.
 */
export function placeOf(subgraphs: readonly ListedSubgraph[], coordinate: string, preferred?: string): Place | null {
  const steps = stepsOf(coordinate)
  const ordered = [...subgraphs].sort((a, b) => Number(b.name === preferred) - Number(a.name === preferred))
  let best: { depth: number; place: Place } | null = null
  for (const { name, file, typeDefs } of ordered) {
    for (const definition of typeDefs.definitions) {
      const found = within(definition, steps)
      const token = found?.node.loc?.startToken
      if (!found || !token || (best && best.depth >= found.depth)) continue
      best = { depth: found.depth, place: { file, line: token.line, column: token.column, subgraph: name } }
    }
    if (name === preferred && best) return best.place
  }
  return best?.place ?? null
}

function within(definition: DefinitionNode, [first, ...rest]: string[]): { node: ASTNode; depth: number } | null {
  if (!('name' in definition) || !definition.name) return null
  const name = definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${definition.name.value}` : definition.name.value
  if (name !== first) return null
  let node = definition as unknown as Members
  let depth = 1
  for (const step of rest) {
    const next: Members | undefined = [...(node.fields ?? []), ...(node.values ?? []), ...(node.arguments ?? [])].find(
      (member) => member.name.value === step,
    )
    if (!next) break
    node = next
    depth++
  }
  return { node: node.name, depth }
}
