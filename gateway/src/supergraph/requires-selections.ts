import type { QueryPlanSelectionNode } from '@apollo/query-planner'
import { Kind, type SelectionSetNode } from 'graphql'

/** The leaves of a plan's selections, as names joined by dots. */
export function leavesOf(selections: readonly QueryPlanSelectionNode[], prefix = ''): string[] {
  return selections.flatMap((node) => {
    if (node.kind === 'InlineFragment') return leavesOf(node.selections, prefix)
    return node.selections ? leavesOf(node.selections, `${prefix}${node.name}.`) : [`${prefix}${node.name}`]
  })
}

/** A key as a plan says it. */
export function selectionsOf({ selections }: SelectionSetNode): QueryPlanSelectionNode[] {
  return selections.flatMap((node): QueryPlanSelectionNode[] => {
    if (node.kind !== Kind.FIELD) return []
    return [
      {
        kind: 'Field',
        name: node.name.value,
        ...(node.selectionSet && { selections: selectionsOf(node.selectionSet) }),
      },
    ]
  })
}

/** A plan's selection as GraphQL. */
export function textOfField(node: QueryPlanSelectionNode): string {
  const below = node.selections ? `{${node.selections.map(textOfField).join(' ')}}` : ''
  if (node.kind === 'Field') return `${node.name}${below}`
  return `...${node.typeCondition === undefined ? '' : ` on ${node.typeCondition}`}${below}`
}
