import { ChangeType, type Change as Difference, diff } from '@graphql-inspector/core'
import {
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { type Change, type Criticality, changeId } from './change.ts'

const criticalities: Readonly<Record<string, Criticality>> = {
  BREAKING: 'breaking',
  DANGEROUS: 'dangerous',
  NON_BREAKING: 'safe',
}

/** Each kind of change there is; `policy.rules` may name them. */
export const changeKinds: readonly string[] = [
  ...Object.values(ChangeType).filter((kind) => !isOfDirectiveUsage(kind)),
  'INPUT_ONE_OF_ADDED',
  'INPUT_ONE_OF_REMOVED',
]

/**
 * What clients see change from one schema to the other: the kinds of GraphQL Inspector, without its rules and its reading of applied
 * directives (docs/decisions/0026), and two of our own: `INPUT_ONE_OF_ADDED` and `INPUT_ONE_OF_REMOVED`.
 */
export async function apiChanges(before: GraphQLSchema, after: GraphQLSchema, where = 'api'): Promise<Change[]> {
  const differences = await diff(before, after)
  const seen = differences.filter(({ type }) => !isOfDirectiveUsage(type))
  const changes = seen.map((difference) => {
    const coordinate = coordinateOf(difference)
    const criticality =
      corrected(difference, before, after) ?? criticalities[difference.criticality.level] ?? 'breaking'
    // A description's words are no part of the id: a typo put right is still the same change.
    const detail = difference.type.includes('DESCRIPTION') ? undefined : detailOf(difference.meta)
    return {
      id: changeId(where, difference.type, coordinate, detail),
      kind: difference.type,
      criticality,
      in: where,
      coordinate,
      message: `${difference.message}.`.replace(/\.\.$/, '.'),
      place: null,
    }
  })
  return [...changes, ...oneOfChanges(before, after, where)]
}

function isOfDirectiveUsage(kind: string): boolean {
  return kind.startsWith('DIRECTIVE_USAGE_')
}

/** Where the library's word is not to be taken: see docs/decisions/0026. */
function corrected(
  { type, path = '', meta }: Difference,
  before: GraphQLSchema,
  after: GraphQLSchema,
): Criticality | null {
  const [typeName = '', member = '', argument = ''] = path.split('.')
  const owner = after.getType(typeName)
  if (type === 'OBJECT_TYPE_INTERFACE_ADDED') {
    // Also a new type is one more that a field of the interface may return.
    const { addedInterfaceName } = meta as Record<string, string>
    return isObjectType(owner) && before.getType(addedInterfaceName ?? '') ? 'dangerous' : null
  }
  if (type === 'FIELD_ARGUMENT_DEFAULT_CHANGED' && (isObjectType(owner) || isInterfaceType(owner))) {
    const found = owner.getFields()[member]?.args.find(({ name }) => name === argument)
    if (found && isRequiredArgument(found)) return 'breaking'
  }
  if (type === 'INPUT_FIELD_DEFAULT_VALUE_CHANGED' && isInputObjectType(owner)) {
    const found = owner.getFields()[member]
    if (found && isRequiredInputField(found)) return 'breaking'
  }
  if (type === 'DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED') {
    const { directiveName, directiveArgumentName } = meta as Record<string, string>
    const directive = after.getDirective(directiveName ?? '')
    const found = directive?.args.find(({ name }) => name === directiveArgumentName)
    if (found && isRequiredArgument(found)) return 'breaking'
  }
  if (type === 'DIRECTIVE_ARGUMENT_ADDED') {
    const { addedDirectiveDefaultValue, addedToNewDirective } = meta as Record<string, unknown>
    if (addedDirectiveDefaultValue !== undefined && !addedToNewDirective) return 'dangerous'
  }
  return null
}

function coordinateOf({ type, path = '', meta }: Difference): string {
  const facts = meta as Record<string, string>
  if (type === 'UNION_MEMBER_ADDED' || type === 'UNION_MEMBER_REMOVED') return facts.unionName ?? path
  if (type.startsWith('SCHEMA_')) return `${type.split('_')[1]?.toLowerCase()}:`
  if (path.startsWith('@')) {
    const [directive, member] = path.split('.')
    const argument = member ?? facts.removedDirectiveArgumentName ?? facts.addedDirectiveArgumentName
    const known = argument ?? facts.directiveArgumentName
    return known ? `${directive}(${known}:)` : (directive ?? path)
  }
  const steps = path.split('.').filter((step) => !step.startsWith('@'))
  return steps.length < 3 ? steps.join('.') : `${steps[0]}.${steps[1]}(${steps[2]}:)`
}

function detailOf(meta: object): unknown {
  const entries = Object.entries(meta).filter(([name]) => !/description|deprecat/i.test(name))
  return Object.fromEntries(entries)
}

function oneOfChanges(before: GraphQLSchema, after: GraphQLSchema, where: string): Change[] {
  return Object.values(after.getTypeMap()).flatMap((type) => {
    const old = before.getType(type.name)
    if (!isInputObjectType(type) || !isInputObjectType(old) || type.isOneOf === old.isOneOf) return []
    const kind = type.isOneOf ? 'INPUT_ONE_OF_ADDED' : 'INPUT_ONE_OF_REMOVED'
    const message = type.isOneOf
      ? `Input '${type.name}' takes exactly one of its fields now.`
      : `Input '${type.name}' no longer takes exactly one of its fields.`
    const criticality: Criticality = type.isOneOf ? 'breaking' : 'safe'
    return [
      {
        id: changeId(where, kind, type.name),
        kind,
        criticality,
        in: where,
        coordinate: type.name,
        message,
        place: null,
      },
    ]
  })
}
