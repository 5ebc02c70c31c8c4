import type { Change } from './change.ts'
import { stepsOf } from './places.ts'
import type { Usage } from './usage.ts'

/**
 * Whether an operation that uses this meets the change: exactly its element, never one whose name only starts alike. What cannot be
 * told from the document, such as the fields of an input that comes in a variable, counts as used.
 */
export function hits(
  { kind, coordinate, message, criticality }: Omit<Change, 'id' | 'in' | 'place'>,
  usage: Usage,
): boolean {
  const [first = '', second = ''] = stepsOf(coordinate)
  const field = `${first}.${second}`
  switch (kind) {
    case 'TYPE_REMOVED':
    case 'TYPE_KIND_CHANGED':
      return usage.outputs.has(first) || usage.inputs.has(first)
    case 'OBJECT_TYPE_INTERFACE_REMOVED':
    case 'OBJECT_TYPE_INTERFACE_ADDED':
      return usage.outputs.has(interfaceOf(message))
    case 'UNION_MEMBER_ADDED':
    case 'UNION_MEMBER_REMOVED':
      return usage.outputs.has(first)
    case 'ENUM_VALUE_ADDED':
      return usage.outputs.has(first)
    case 'ENUM_VALUE_REMOVED':
      return usage.outputs.has(first) || usage.sent.has(first) || usage.written.has(coordinate)
    case 'FIELD_ARGUMENT_ADDED':
      return usage.fields.has(field)
    case 'FIELD_ARGUMENT_DEFAULT_CHANGED':
      // Required now, which one that gives it does not notice; else one given as a variable may still be left out.
      return usage.fields.has(field) && !(criticality === 'breaking' && usage.arguments.has(coordinate))
    case 'FIELD_ARGUMENT_TYPE_CHANGED':
      if (isOnlyNonNull(message)) return usage.lacking.has(coordinate)
      // Required now: also those that leave it out.
      return usage.arguments.has(coordinate) || (usage.fields.has(field) && message.endsWith("!'."))
    case 'DIRECTIVE_ARGUMENT_TYPE_CHANGED':
      return usage.arguments.has(coordinate) || (usage.directives.has(first.slice(1)) && message.endsWith("!'."))
    case 'FIELD_ARGUMENT_REMOVED':
    case 'DIRECTIVE_ARGUMENT_REMOVED':
      return usage.arguments.has(coordinate)
    case 'INPUT_FIELD_ADDED':
    case 'INPUT_ONE_OF_ADDED':
      return usage.inputs.has(first)
    case 'INPUT_FIELD_DEFAULT_VALUE_CHANGED':
      // Required now: validation finds what is written without it.
      return criticality === 'breaking' ? usage.sent.has(first) : usage.inputs.has(first)
    case 'INPUT_FIELD_TYPE_CHANGED':
      if (isOnlyNonNull(message)) return usage.sent.has(first) || usage.lacking.has(coordinate)
      return usage.inputs.has(first)
    case 'INPUT_FIELD_REMOVED':
      return usage.sent.has(first) || usage.written.has(coordinate)
    case 'DEPRECATED_ARGUMENT':
      return usage.arguments.has(coordinate)
    case 'SCHEMA_QUERY_TYPE_CHANGED':
    case 'SCHEMA_MUTATION_TYPE_CHANGED':
    case 'SCHEMA_SUBSCRIPTION_TYPE_CHANGED':
      return true
    default:
      if (first.startsWith('@')) return usage.directives.has(first.slice(1))
      if (coordinate.includes('(')) return usage.fields.has(field)
      if (second !== '') return usage.fields.has(field) || usage.written.has(field) || usage.sent.has(first)
      return usage.outputs.has(first) || usage.inputs.has(first)
  }
}

/** Whether the operation only reads an enum that lost a value: that value does not come any more, and nothing is refused. */
export function isOnlyRead({ kind, coordinate }: Change, usage: Usage): boolean {
  const [type = ''] = stepsOf(coordinate)
  return kind === 'ENUM_VALUE_REMOVED' && !usage.sent.has(type) && !usage.written.has(coordinate)
}

/** Whether the type is the same as before but not null any more: "changed from 'String' to 'String!'". Who gives a value notices nothing. */
function isOnlyNonNull(message: string): boolean {
  return / from '([^']+)' to '\1!'/.test(message)
}

/** The library tells the interface in its message alone: "'Product' object type no longer implements 'Node' interface". */
function interfaceOf(message: string): string {
  return /implements? '(\w+)'/.exec(message)?.[1] ?? ''
}
