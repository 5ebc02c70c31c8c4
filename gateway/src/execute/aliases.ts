import { type DocumentNode, type FieldNode, Kind, print, visit } from 'graphql'
import { fieldOfKey } from './required-names.ts'

/** A client's document under names of our own, and the way back. */
export interface Renamed {
  document: DocumentNode
  /** The key in the plan's data of a field of the client's document. */
  keyOf(field: FieldNode): string
  /** The client's response name for a key of the plan's data. */
  clientName(key: string): string
  /** The plan's name for a variable of the client. */
  planVariable(name: string): string
}

const ours = /^_\d+$/
/** These belong to the planner: `$representations`, with a suffix to requests that ask for several selections, and contextual arguments. */
const reserved = /^_*(?:representations|contextualArgument_)/

/** True for `__schema` and `__type`, which the gateway answers from its own schema. */
export function isIntrospection(field: FieldNode): boolean {
  return field.name.value === '__schema' || field.name.value === '__type'
}

/**
 * Gives each aliased field a response name of our own, so that no alias of a client can collide with a key, with a required
 * field or with a property of `Object.prototype`. Where the client passes arguments, a field is renamed when some `@requires`
 * reads it, or when the document also asks for it with others: an object that no type is known of would be asked for both, and
 * the two answers would overwrite each other.
 */
export function hideAliases(document: DocumentNode, requiredFields: ReadonlySet<string>): Renamed {
  const keys = new Map<string, string>()
  const names = new Map<string, string>()
  const several = withSeveralArguments(document)
  const planVariable = (name: string) => (reserved.test(name) ? `_${name}` : name)

  const keyOf = (node: FieldNode): string => {
    const name = node.name.value
    const response = node.alias?.value ?? name
    const clashes = (node.arguments?.length ?? 0) > 0 && (requiredFields.has(name) || several.has(name))
    if (name === '__typename' || (response === name && !clashes && !ours.test(name))) return name
    const identity = `${response} ${name} ${argumentsOf(node)}`
    let key = keys.get(identity)
    if (key === undefined) {
      key = `_${keys.size}`
      keys.set(identity, key)
      names.set(key, response)
    }
    return key
  }
  const hidden = visit(document, {
    Variable: (node) =>
      reserved.test(node.name.value)
        ? { ...node, name: { kind: Kind.NAME, value: planVariable(node.name.value) } }
        : undefined,
    Field: (node) => {
      // The gateway answers introspection by itself, and the planner does not know its newest fields.
      if (isIntrospection(node)) return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }
      const key = keyOf(node)
      return { ...node, alias: key === node.name.value ? undefined : { kind: Kind.NAME, value: key } }
    },
  })
  return {
    document: hidden,
    keyOf,
    clientName: (key) => names.get(key) ?? fieldOfKey(key),
    planVariable,
  }
}

/** The names of fields that are asked for with different arguments, for different types, without an alias. */
function withSeveralArguments(document: DocumentNode): Set<string> {
  const found = new Set<string>()
  const first = new Map<string, string>()
  visit(document, {
    Field: (node) => {
      const name = node.name.value
      if (node.alias && node.alias.value !== name) return
      const given = argumentsOf(node)
      const known = first.get(name)
      if (known === undefined) first.set(name, given)
      else if (known !== given) found.add(name)
    },
  })
  return found
}

function argumentsOf(node: FieldNode): string {
  return node.arguments?.map(print).sort().join(' ') ?? ''
}

/** The names in every `@requires(fields: ...)` of a supergraph; names of arguments may be among them, which is harmless. */
export function requiredFieldsOf(supergraph: DocumentNode): Set<string> {
  const found = new Set<string>()
  visit(supergraph, {
    Directive: (node) => {
      const requires = node.arguments?.find((argument) => argument.name.value === 'requires')?.value
      if (node.name.value !== 'join__field' || requires?.kind !== Kind.STRING) return
      for (const [, name] of requires.value.matchAll(/([_A-Za-z]\w*)/g)) if (name) found.add(name)
    },
  })
  return found
}
