import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { type Condition, conditionsOf, directiveOf } from './conditions.ts'

interface Occurrence {
  field: FieldNode
  conditions: Condition[]
}

/** More pieces than this are not worth planning: each is a request of its own. */
const maxPieces = 200

/**
 * A mutation's fields one after the other as the client wrote them, each once. The planner runs what comes out of a named
 * fragment first, and a field that is selected twice under different conditions twice; so fragments are spread here, and a
 * field that comes again is only asked where none of its earlier conditions hold.
 */
export function inSeries(
  root: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): SelectionSetNode {
  const all: Occurrence[] = []
  collect(root, [], fragments, all)
  const byName = new Map<string, Occurrence[]>()
  for (const one of all) {
    const name = one.field.alias?.value ?? one.field.name.value
    const known = byName.get(name)
    if (known) known.push(one)
    else byName.set(name, [one])
  }
  const selections: SelectionNode[] = []
  for (const one of all) {
    const same = byName.get(one.field.alias?.value ?? one.field.name.value) as Occurrence[]
    const at = same.indexOf(one)
    let terms = [one.conditions]
    for (const earlier of same.slice(0, at)) terms = terms.flatMap((term) => subtract(term, earlier.conditions))
    const whole = withLater(one.field, same.slice(at + 1))
    for (const term of terms) if (term.every((c) => isConsistent(term, c))) selections.push(under(whole, term))
    if (selections.length > maxPieces) {
      const extensions = { code: 'BAD_REQUEST' }
      throw new GraphQLError('The mutation selects the same fields under too many conditions.', { extensions })
    }
  }
  return { kind: Kind.SELECTION_SET, selections }
}

function collect(
  set: SelectionSetNode,
  conditions: readonly Condition[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  all: Occurrence[],
): void {
  for (const node of set.selections) {
    const own = conditionsOf(node)
    if (own.never) continue
    const both = [...conditions, ...own.conditions]
    if (node.kind === Kind.FIELD) all.push({ field: { ...node, directives: own.others }, conditions: both })
    else {
      const below = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value)
      if (below) collect(below.selectionSet, both, fragments, all)
    }
  }
}

/** The parts of `term` where `conditions` do not all hold; no two of them hold at once. */
function subtract(term: readonly Condition[], conditions: readonly Condition[]): Condition[][] {
  const parts: Condition[][] = []
  const held = [...term]
  for (const one of conditions) {
    const known = held.find(({ variable }) => variable === one.variable)
    if (known && known.value !== one.value) return [...parts, held]
    if (known) continue
    parts.push([...held, { ...one, value: !one.value }])
    held.push(one)
  }
  return parts
}

function isConsistent(term: readonly Condition[], one: Condition): boolean {
  return term.every((other) => other.variable !== one.variable || other.value === one.value)
}

function withLater(field: FieldNode, later: readonly Occurrence[]): FieldNode {
  if (!field.selectionSet || later.length === 0) return field
  const added = later.flatMap(({ field: { selectionSet }, conditions }): SelectionNode[] =>
    selectionSet ? [under({ kind: Kind.INLINE_FRAGMENT, selectionSet }, conditions)] : [],
  )
  return {
    ...field,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [...field.selectionSet.selections, ...added] },
  }
}

function under(node: SelectionNode, conditions: readonly Condition[]): SelectionNode {
  let result = node
  for (const condition of conditions.toReversed()) {
    const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [result] }
    result = { kind: Kind.INLINE_FRAGMENT, directives: [directiveOf(condition)], selectionSet }
  }
  return result
}
