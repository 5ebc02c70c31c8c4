/** The biggest count of a SKU at a location. */
export const MAX_UNITS = 100_000_000
/** The most units of a SKU over all locations: they still fit GraphQL's Int. */
export const MAX_TOTAL = 2_000_000_000

export type RefusalCode =
  | 'INVALID_SKU'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_REASON'
  | 'UNKNOWN_LOCATION'
  | 'LOCATION_INACTIVE'
  | 'SAME_LOCATION'
  | 'QUANTITY_OUT_OF_RANGE'
  | 'BELOW_ZERO'
  | 'BELOW_RESERVED'
  | 'VERSION_CONFLICT'

/** Why a change is not made: what GraphQL calls a user error. */
export interface Refusal<Code extends string = RefusalCode> {
  code: Code
  field: string[]
  message: string
}

/** Whether this can be a key, or the code of a location: 1 to 200 characters (or `max`), none of them a control character. */
export function isName(text: string, max = 200): boolean {
  return text.length > 0 && text.length <= max && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/** A refusal about one field of the input. */
export function refused<Code extends string>(code: Code, field: string, message: string): Refusal<Code> {
  return { code, field: [field], message }
}

export const invalidSku = refused(
  'INVALID_SKU',
  'sku',
  'A SKU has 1 to 200 printable characters, no white space at either end.',
)

export const invalidReason = refused('INVALID_REASON', 'reason', 'A reason has 1 to 500 printable characters.')

export function notPositive(field: string, units: number): Refusal<'QUANTITY_OUT_OF_RANGE'> {
  return refused('QUANTITY_OUT_OF_RANGE', field, `${units} is not a number of units between 1 and ${MAX_UNITS}.`)
}

export function outOfRange(field: string, units: number): Refusal<'QUANTITY_OUT_OF_RANGE'> {
  return refused('QUANTITY_OUT_OF_RANGE', field, `${units} is not a number of units between 0 and ${MAX_UNITS}.`)
}

export function overTotal(field: string): Refusal<'QUANTITY_OUT_OF_RANGE'> {
  return refused(
    'QUANTITY_OUT_OF_RANGE',
    field,
    `More than ${MAX_TOTAL} units of the SKU would be on hand over all locations.`,
  )
}

/** There is no such location; where it was named. */
export function unknownLocation(field: string, location: string): Refusal<'UNKNOWN_LOCATION'> {
  return refused('UNKNOWN_LOCATION', field, `There is no location "${location}".`)
}

/** The location takes no units any more; where it was named. */
export function inactiveLocation(field: string, location: string): Refusal<'LOCATION_INACTIVE'> {
  return refused('LOCATION_INACTIVE', field, `The location "${location}" is not active: it takes no units.`)
}

export const invalidKey = refused(
  'INVALID_IDEMPOTENCY_KEY',
  'idempotencyKey',
  'An idempotency key has 1 to 200 printable characters.',
)

export const reusedKey = refused(
  'IDEMPOTENCY_KEY_REUSED',
  'idempotencyKey',
  'This idempotency key was used before, for another input.',
)
