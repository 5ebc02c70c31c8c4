/** Why a cart cannot be changed. */
export type CartFaultCode =
  | 'CART_NOT_FOUND'
  | 'CART_COMPLETED'
  | 'CART_BEING_PLACED'
  | 'VERSION_CONFLICT'
  | 'LINE_NOT_FOUND'
  | 'UNKNOWN_SKU'
  | 'NOT_FOR_SALE'
  | 'QUANTITY_OUT_OF_RANGE'
  | 'CURRENCY_MISMATCH'
  | 'TOO_MANY_LINES'

/** Why a cart is not changed; `field` is the path into the input. */
export interface CartFault {
  code: CartFaultCode
  field: readonly string[] | null
  message: string
}

export const MAX_LINES = 100
export const MAX_QUANTITY = 999

export function tooManyLines(field: string, count: number): CartFault {
  return fault('TOO_MANY_LINES', [field], `A cart has at most ${MAX_LINES} lines; these would be ${count}.`)
}

export function noSuchLine(field: readonly string[]): CartFault {
  return fault('LINE_NOT_FOUND', field, 'The cart has no such line.')
}

export function outOfRange(field: readonly string[], quantity: number): CartFault {
  return fault('QUANTITY_OUT_OF_RANGE', field, `A line has 1 to ${MAX_QUANTITY} of a SKU; this would be ${quantity}.`)
}

export function fault(code: CartFaultCode, field: readonly string[] | null, message: string): CartFault {
  return { code, field, message }
}
