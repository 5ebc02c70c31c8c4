import { MAX_QUANTITY, quantityRule, type Terms } from '../offer/terms.ts'

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
  | 'QUANTITY_NOT_ALLOWED'
  | 'CART_MERGED'
  | 'SOURCE_NOT_FOUND'
  | 'SOURCE_VERSION_CONFLICT'
  | 'EMAIL_INVALID'
  | 'COUNTRY_UNKNOWN'
  | 'ADDRESS_PART_INVALID'
  | 'SHIPPING_OPTION_UNKNOWN'
  | 'SHIPPING_UNAVAILABLE'
  | 'DISCOUNT_CODE_UNKNOWN'
  | 'DISCOUNT_NOT_APPLICABLE'
  | 'TOO_MANY_DISCOUNT_CODES'

/** Why a cart is not changed; `field` is the path into the input. */
export interface CartFault {
  code: CartFaultCode
  field: readonly string[] | null
  message: string
}

export const MAX_LINES = 100
/** As many discount codes fit into a cart. */
export const MAX_CODES = 5

export function tooManyLines(field: string, count: number): CartFault {
  return fault('TOO_MANY_LINES', [field], `A cart has at most ${MAX_LINES} lines; these would be ${count}.`)
}

export function unknownSku(field: readonly string[], sku: string): CartFault {
  return fault('UNKNOWN_SKU', field, `There is no SKU ${JSON.stringify(sku.slice(0, 100))}.`)
}

export function notAllowed(field: readonly string[], title: string, terms: Terms, quantity: number): CartFault {
  const message = `${title} is sold ${quantityRule(terms)}; this would be ${quantity}.`
  return fault('QUANTITY_NOT_ALLOWED', field, message)
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
