import { type DocumentNode, Kind, parse, print, type SelectionNode, visit } from 'graphql'

/**
 * A request's text without what uses variables that it does not declare: the planner declares none for selections that no
 * object can meet, such as `... on Book` inside of a union without books, yet leaves them in.
 */
export function withoutUndeclared(operation: string): string {
  const used = new Set(Array.from(operation.matchAll(/\$(\w+)/g), ([, name]) => name as string))
  let isWhole = true
  for (const name of used) if (!operation.includes(`$${name}:`)) isWhole = false
  if (isWhole) return operation
  const document = parse(operation, { noLocation: true })
  const declared = new Set<string>()
  visit(document, { VariableDefinition: ({ variable }) => void declared.add(variable.name.value) })
  const usesOthers = (node: SelectionNode): boolean => {
    let found = false
    const own = { ...node, selectionSet: undefined }
    visit(own as SelectionNode, {
      Variable({ name }) {
        if (!declared.has(name.value)) found = true
      },
    })
    return found
  }
  const clean: DocumentNode = visit(document, {
    Field: (node) => (usesOthers(node) ? null : undefined),
    InlineFragment: (node) => (usesOthers(node) ? null : undefined),
    FragmentSpread: (node) => (usesOthers(node) ? null : undefined),
    SelectionSet: {
      leave: (set) => {
        if (set.selections.length > 0) return undefined
        return { ...set, selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }] }
      },
    },
  })
  return print(clean)
}
