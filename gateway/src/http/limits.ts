import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'
import type { OperationLimits } from '../config.ts'

interface Size {
  depth: number
  aliases: number
  fields: number
  rootFields: number
}

/**
 * A validation rule that refuses operations above the limits before they are planned. Fragments count wherever they are
 * spread, each measured only once, so measuring is linear in the document.
 */
export function withinLimits(limits: OperationLimits): ValidationRule {
  return (context): ASTVisitor => ({
    Document(document) {
      const text = document.loc?.source.body.length ?? 0
      if (text > limits.text) {
        context.reportError(new GraphQLError(`The operation has ${text} characters, ${limits.text} are allowed.`))
        return false
      }
      for (const [what, size, limit] of excesses(document, limits)) {
        context.reportError(new GraphQLError(`The operation has ${size} ${what}, ${limit} are allowed.`))
      }
      return undefined
    },
  })
}

function excesses(document: DocumentNode, limits: OperationLimits): [string, number, number][] {
  const measure = measurer(document)
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return []
    const size = measure(definition.selectionSet)
    const all: [string, number, number][] = [
      ['levels of fields', size.depth, limits.depth],
      ['aliases', size.aliases, limits.aliases],
      ['root fields', size.rootFields, limits.rootFields],
      ['fields', size.fields, limits.fields],
    ]
    return all.filter(([, has, limit]) => has > limit)
  })
}

function measurer(document: DocumentNode): (set: SelectionSetNode) => Size {
  const fragments = new Map(
    document.definitions.flatMap((d) =>
      d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d.selectionSet] as const] : [],
    ),
  )
  const known = new Map<string, Size>()

  function fragment(name: string): Size {
    const size = known.get(name)
    if (size) return size
    // A cycle is another rule's error; here it only must end.
    known.set(name, { depth: 0, aliases: 0, fields: 0, rootFields: 0 })
    const set = fragments.get(name)
    const measured = set ? measure(set) : { depth: 0, aliases: 0, fields: 0, rootFields: 0 }
    known.set(name, measured)
    return measured
  }

  function measure(set: SelectionSetNode): Size {
    const total = { depth: 0, aliases: 0, fields: 0, rootFields: 0 }
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const below = node.selectionSet ? measure(node.selectionSet) : { depth: 0, aliases: 0, fields: 0 }
        total.depth = Math.max(total.depth, 1 + below.depth)
        total.aliases += below.aliases + (node.alias ? 1 : 0)
        total.fields += 1 + below.fields
        total.rootFields += 1
      } else {
        const below = node.kind === Kind.INLINE_FRAGMENT ? measure(node.selectionSet) : fragment(node.name.value)
        total.depth = Math.max(total.depth, below.depth)
        total.aliases += below.aliases
        total.fields += below.fields
        total.rootFields += below.rootFields
      }
    }
    return total
  }
  return measure
}
