import type { Payment, Seen } from './seen.ts'
import { isSold } from './stock.ts'
import { against, type Violation } from './violation.ts'

/** Money is taken once for each order, and from nobody else; what was set aside for nothing is let go. */
export function paymentViolations({ orders, payments }: Seen): Violation[] {
  const byAuthorization = Map.groupBy(payments, ({ authorizationKey }) => authorizationKey)
  const orderOf = new Map(orders.map((order) => [`${order.round}:authorize`, order]))
  const tell = (rows: readonly Payment[]) =>
    rows.map(({ kind, outcome, minorUnits }) => `${kind} ${outcome} ${minorUnits}`).join(', ') || 'nothing'
  const has = (rows: readonly Payment[] | undefined, kind: string, outcome: string) =>
    (rows ?? []).filter((row) => row.kind === kind && row.outcome === outcome)

  return [
    ...against(
      'a placed order is paid once',
      orders.filter(isSold),
      ({ round, total, paymentState }) => {
        const rows = byAuthorization.get(`${round}:authorize`)
        const captured = has(rows, 'capture', 'captured')
        const authorized = has(rows, 'authorize', 'authorized')
        const amounts = [...authorized, ...captured].every(({ minorUnits }) => minorUnits === total)
        return paymentState === 'CAPTURED' && captured.length === 1 && authorized.length === 1 && amounts
      },
      ({ id, round, total }) => ({
        about: `order ${id}`,
        expected: `authorized and captured ${total}`,
        got: tell(byAuthorization.get(`${round}:authorize`) ?? []),
      }),
    ),
    ...against(
      'what was set aside without an order is let go',
      byAuthorization,
      ([key, rows]) => {
        if (has(rows, 'authorize', 'authorized').length === 0) return true
        const order = orderOf.get(key)
        const settled = has(rows, 'capture', 'captured').length + has(rows, 'void', 'voided').length > 0
        return (order && isSold(order)) || settled
      },
      ([key, rows]) => ({ about: key, expected: 'voided', got: tell(rows) }),
    ),
    ...against(
      'a cancelled order costs nothing',
      orders.filter((order) => !isSold(order)),
      ({ round }) => {
        const rows = byAuthorization.get(`${round}:authorize`)
        const amount = (kind: string, outcome: string) =>
          has(rows, kind, outcome).reduce((sum, { minorUnits }) => sum + minorUnits, 0)
        return amount('capture', 'captured') === amount('refund', 'refunded')
      },
      ({ id, round }) => ({
        about: `order ${id}`,
        expected: 'as much given back as was taken',
        got: tell(byAuthorization.get(`${round}:authorize`) ?? []),
      }),
    ),
    ...against(
      'nothing is taken without an order',
      byAuthorization,
      ([key, rows]) => has(rows, 'capture', 'captured').length === 0 || orderOf.has(key),
      ([key, rows]) => ({ about: key, expected: 'nothing captured', got: tell(rows) }),
    ),
    ...against(
      'a payment is not both taken and let go',
      byAuthorization,
      ([, rows]) => has(rows, 'capture', 'captured').length === 0 || has(rows, 'void', 'voided').length === 0,
      ([key, rows]) => ({ about: key, expected: 'one of both', got: tell(rows) }),
    ),
  ]
}
