import type { EventData } from '@commerce/events/contracts.ts'
import type { Address } from '../cart/address.ts'
import type { BilledLine, Delivery } from '../totals/bill.ts'
import type { Totals } from '../totals/totals.ts'

export interface OrderLine extends BilledLine {
  title: string
  quantity: number
  unitMinorUnits: bigint
}

/** A placed order; nothing of it changes but the two states and the version that counts their changes. */
export interface Order {
  id: string
  number: bigint
  attemptId: string
  cartId: string
  viewerId: string | null
  status: 'PLACED' | 'AWAITING_STOCK' | 'CONFIRMED' | 'CANCELLED'
  paymentState: 'AUTHORIZED' | 'CAPTURED' | 'VOIDED'
  totals: Totals
  buyerEmail: string | null
  shippingAddress: Address | null
  billingAddress: Address | null
  /** Null: nothing had to be sent, or the shop asked nothing for it. */
  delivery: Delivery | null
  version: number
  placedAt: Date
  lines: readonly OrderLine[]
}

/** What can change of an order. */
export type Standing = Pick<Order, 'status' | 'paymentState'>

/** The scope with which staff see every order. */
export const READ_ANY_ORDER = 'checkout:read'

/** Who may see an order: the viewer who placed it, anyone with the id when nobody was signed in, and staff. */
export function maySeeOrder(
  { viewerId }: Pick<Order, 'viewerId'>,
  viewer: { id: string; scopes: readonly string[] } | null,
): boolean {
  return viewerId === null || viewer?.id === viewerId || (viewer?.scopes.includes(READ_ANY_ORDER) ?? false)
}

/** What the event says of an order that was placed with this reservation. */
export function orderPlaced(order: Order, reservationId: string): EventData<'checkout.order.placed'> {
  return { ...stateOf(order), reservationId }
}

/** What the event says of an order whose present state is new. */
export function orderChanged(order: Order, changedAt: Date): EventData<'checkout.order.changed'> {
  const { status, paymentState } = order
  return { ...stateOf(order), status, paymentState, changedAt: changedAt.toISOString() }
}

function stateOf(order: Order) {
  return {
    id: order.id,
    version: order.version,
    number: String(order.number),
    cartId: order.cartId,
    viewerId: order.viewerId,
    placedAt: order.placedAt.toISOString(),
    currencyCode: order.totals.currencyCode,
    totalMinorUnits: Number(order.totals.total),
    lines: order.lines.map(({ sku, title, quantity, unitMinorUnits }) => ({
      sku,
      title,
      quantity,
      unitMinorUnits: Number(unitMinorUnits),
    })),
  }
}
