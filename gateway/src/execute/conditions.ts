import { type ConstDirectiveNode, type DirectiveNode, Kind, type SelectionNode } from 'graphql'

/** One `@skip` or `@include` by a variable: the node is there when the variable has the value. */
export interface Condition {
  variable: string
  value: boolean
}

/** What decides whether a node is there: never, or always when all conditions hold. `others` are its other directives. */
export interface Conditioned {
  never: boolean
  conditions: Condition[]
  others: DirectiveNode[]
}

/** Reads the `@skip` and `@include` of a selection. */
export function conditionsOf(node: SelectionNode): Conditioned {
  const result: Conditioned = { never: false, conditions: [], others: [] }
  for (const directive of node.directives ?? []) {
    const wanted = directive.name.value === 'include'
    if (!wanted && directive.name.value !== 'skip') {
      result.others.push(directive)
      continue
    }
    const value = directive.arguments?.[0]?.value
    if (value?.kind === Kind.VARIABLE) result.conditions.push({ variable: value.name.value, value: wanted })
    else if (value?.kind === Kind.BOOLEAN && value.value !== wanted) result.never = true
  }
  return result
}

/** The directive of a condition. */
export function directiveOf({ variable, value }: Condition): DirectiveNode | ConstDirectiveNode {
  const name = (text: string) => ({ kind: Kind.NAME, value: text }) as const
  return {
    kind: Kind.DIRECTIVE,
    name: name(value ? 'include' : 'skip'),
    arguments: [{ kind: Kind.ARGUMENT, name: name('if'), value: { kind: Kind.VARIABLE, name: name(variable) } }],
  }
}
