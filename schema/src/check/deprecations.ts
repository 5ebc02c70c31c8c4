import { type GraphQLSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'
import type { Change } from './change.ts'

/** A deprecated element; `sunset` is the last day it is promised, from `Sunset: YYYY-MM-DD` in its reason. */
export interface Deprecated {
  coordinate: string
  reason: string
  sunset: string | null
}

/** Everything deprecated in a schema, by coordinate: fields, arguments, input fields, enum values. */
export function deprecatedIn(schema: GraphQLSchema): Map<string, Deprecated> {
  const found = new Map<string, Deprecated>()
  const add = (coordinate: string, { deprecationReason: reason }: { deprecationReason?: string | null }) => {
    if (reason != null) found.set(coordinate, { coordinate, reason, sunset: sunsetOf(reason) })
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    if (isEnumType(type)) for (const value of type.getValues()) add(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) add(`${type.name}.${field.name}`, field)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      add(`${type.name}.${field.name}`, field)
      for (const argument of field.args) add(`${type.name}.${field.name}(${argument.name}:)`, argument)
    }
  }
  return found
}

/** The day that a reason names, when it is one of the calendar. */
function sunsetOf(reason: string): string | null {
  const day = /\bSunset: (\d{4}-\d{2}-\d{2})\b/.exec(reason)?.[1]
  if (day === undefined) return null
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : null
}

const REMOVALS = new Set(['FIELD_REMOVED', 'ENUM_VALUE_REMOVED', 'FIELD_ARGUMENT_REMOVED', 'INPUT_FIELD_REMOVED'])

/**
 * Why a removal is too early, as a sentence; null when its sunset has passed, undefined when the change is no removal. A type may go when
 * all that led to it may: it cannot be deprecated itself.
 */
export function tooEarly(change: Change, before: GraphQLSchema, today: string): string | null | undefined {
  const deprecated = deprecatedIn(before)
  if (change.kind === 'TYPE_REMOVED') return leadingTo(change.coordinate, before, deprecated, today) ? null : undefined
  if (!REMOVALS.has(change.kind)) return undefined
  const found = deprecated.get(change.coordinate)
  if (!found) return 'It was not deprecated: deprecate it with a sunset date first.'
  if (found.sunset === null) return 'Its deprecation has no sunset date.'
  return found.sunset < today ? null : `Its sunset is ${found.sunset}.`
}

/** Whether fields lead to the type, and each of them may go today. */
function leadingTo(name: string, schema: GraphQLSchema, deprecated: Map<string, Deprecated>, today: string): boolean {
  const leading = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) && !isInterfaceType(type)) return []
    return Object.values(type.getFields())
      .filter((field) => [field, ...field.args].some((one) => getNamedType(one.type).name === name))
      .map((field) => `${type.name}.${field.name}`)
  })
  return leading.length > 0 && leading.every((one) => (deprecated.get(one)?.sunset ?? today) < today)
}
