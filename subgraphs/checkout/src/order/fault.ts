/** Why an order cannot be changed as asked. */
export type OrderFaultCode =
  | 'ORDER_NOT_FOUND'
  | 'VERSION_CONFLICT'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_TEXT'
  | 'NOT_PAID'
  | 'ON_HOLD'
  | 'NOT_ON_HOLD'
  | 'CANCELLED'
  | 'ALREADY_SENT'
  | 'UNKNOWN_SKU'
  | 'QUANTITY_OUT_OF_RANGE'
  | 'CURRENCY_MISMATCH'
  | 'AMOUNT_OUT_OF_RANGE'
  | 'REFUND_REFUSED'

/** Why an order is not changed; `field` is the path into the input. */
export interface OrderFault {
  code: OrderFaultCode
  field: readonly string[] | null
  message: string
}

export function fault(code: OrderFaultCode, field: readonly string[] | null, message: string): OrderFault {
  return { code, field, message }
}
