import { createHash } from 'node:crypto'
import {
  type DocumentNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
  separateOperations,
  stripIgnoredCharacters,
  visit,
} from 'graphql'

/** Each operation of a document is written once with all its fragments, so a client's document has at most this many. */
const mostOperations = 20

/**
 * What the operations of a document are recognised by, a SHA-256 in hexadecimal digits for each, its fragments included. White space,
 * commas, comments, the order of definitions and a plain `__typename` (without alias and directives, which clients add by themselves)
 * make no difference. Empty when two operations have one name, or there are more than `most`.
 */
export function fingerprintsOf(document: DocumentNode, most = mostOperations): string[] {
  const count = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length
  if (count > most) return []
  const operations = Object.values(separateOperations(document))
  return operations.length === count ? operations.map(fingerprintOf) : []
}

function fingerprintOf(operation: DocumentNode): string {
  const definitions = visit(operation, { SelectionSet: { leave: withoutTypename } }).definitions.map((definition) =>
    stripIgnoredCharacters(print(definition)),
  )
  return createHash('sha256').update(definitions.sort().join('\n')).digest('hex')
}

/** Selections without a plain `__typename`, except where nothing else is selected. */
function withoutTypename(node: SelectionSetNode): SelectionSetNode {
  const others = node.selections.filter((selection) => !isPlainTypename(selection))
  return { ...node, selections: others.length > 0 ? others : node.selections.slice(0, 1) }
}

function isPlainTypename(node: SelectionNode): boolean {
  return node.kind === Kind.FIELD && node.name.value === '__typename' && !node.alias && !node.directives?.length
}
