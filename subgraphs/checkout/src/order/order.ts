import type { EventData } from '@commerce/events/contracts.ts'
import type { Address } from '../cart/address.ts'
import type { BilledLine, Delivery } from '../totals/bill.ts'
import type { Totals } from '../totals/totals.ts'

export interface OrderLine extends BilledLine {
  title: string
  quantity: number
  unitMinorUnits: bigint
  /** How many were sent. */
  fulfilled: number
  /** How many of those came back. */
  returned: number
}

export type OrderStatus = 'PLACED' | 'AWAITING_STOCK' | 'CONFIRMED' | 'FULFILLED' | 'CANCELLING' | 'CANCELLED'
export type PaymentState = 'AUTHORIZED' | 'CAPTURED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED' | 'FAILED'

/** A placed order. What was bought, and at which price, never changes; how far it is does, each time with its version. */
export interface Order {
  id: string
  number: bigint
  attemptId: string
  cartId: string
  viewerId: string | null
  status: OrderStatus
  paymentState: PaymentState
  /** Why somebody has to look at it before it goes on; null: it goes on. */
  hold: { at: Date; reason: string } | null
  /** In minor units; of what was captured, `refunding` is on its way back and `refunded` has gone. */
  captured: bigint
  refunded: bigint
  refunding: bigint
  /** Names its authorization. */
  round: string
  /** Whose units it took. */
  reservationId: string
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

/** Who did something: the shop by itself, whoever bought, or staff; `id` null: nobody was signed in. */
export interface Actor {
  is: 'SHOP' | 'CUSTOMER' | 'STAFF'
  id: string | null
}

export const SHOP: Actor = { is: 'SHOP', id: null }

/** What happened to an order, as its timeline keeps it: one entry for each version. */
export interface TimelineEntry {
  version: number
  at: Date
  kind: TimelineKind
  by: Actor
  note: string | null
}

export type TimelineKind =
  | 'PLACED'
  | 'STOCK_MISSING'
  | 'CONFIRMED'
  | 'CAPTURE_REFUSED'
  | 'SENT'
  | 'RETURNED'
  | 'RESTOCK_REFUSED'
  | 'REFUND_REQUESTED'
  | 'REFUNDED'
  | 'REFUND_FAILED'
  | 'CANCEL_REQUESTED'
  | 'CANCELLED'
  | 'CANCEL_FAILED'
  | 'HELD'
  | 'RELEASED'

/** A parcel that left. */
export interface Parcel {
  id: string
  carrier: string
  trackingNumber: string | null
  trackingUrl: string | null
  lines: readonly { sku: string; quantity: number }[]
  sentAt: Date
}

/** The scope with which staff see every order. */
export const READ_ANY_ORDER = 'checkout:read'
/** The scope with which staff change every order. */
export const CHANGE_ANY_ORDER = 'checkout:write'

type Asking = { id: string; scopes: readonly string[] } | null

/** Who may see an order: the viewer who placed it, anyone with the id when nobody was signed in, and staff. */
export function maySeeOrder({ viewerId }: Pick<Order, 'viewerId'>, viewer: Asking): boolean {
  return viewerId === null || viewer?.id === viewerId || (viewer?.scopes.includes(READ_ANY_ORDER) ?? false)
}

/** As whom a viewer may change an order, or null: staff with the scope, otherwise whoever bought, which is anyone with the id when nobody was signed in. */
export function actorOn({ viewerId }: Pick<Order, 'viewerId'>, viewer: Asking): Actor | null {
  if (viewer?.scopes.includes(CHANGE_ANY_ORDER)) return { is: 'STAFF', id: viewer.id }
  if (viewerId === null || viewer?.id === viewerId) return { is: 'CUSTOMER', id: viewer?.id ?? null }
  return null
}

export type FulfilmentState = 'UNFULFILLED' | 'PARTIALLY_FULFILLED' | 'FULFILLED' | 'PARTIALLY_RETURNED' | 'RETURNED'

/** How much of an order was sent and came back. */
export function fulfilmentOf(lines: readonly OrderLine[]): FulfilmentState {
  const sum = (count: (line: OrderLine) => number) => lines.reduce((total, line) => total + count(line), 0)
  const [ordered, sent, back] = [sum((l) => l.quantity), sum((l) => l.fulfilled), sum((l) => l.returned)]
  if (back > 0) return back === ordered ? 'RETURNED' : 'PARTIALLY_RETURNED'
  if (sent === 0) return 'UNFULFILLED'
  return sent === ordered ? 'FULFILLED' : 'PARTIALLY_FULFILLED'
}

/** What the event says of an order that was placed. */
export function orderPlaced(order: Order): EventData<'checkout.order.placed'> {
  return { ...stateOf(order), reservationId: order.reservationId }
}

/** What the event says of an order whose present state is new. */
export function orderChanged(order: Order, changedAt: Date): EventData<'checkout.order.changed'> {
  const { status, paymentState } = order
  return {
    ...stateOf(order),
    status,
    paymentState,
    changedAt: changedAt.toISOString(),
    fulfilmentState: fulfilmentOf(order.lines),
    held: order.hold !== null,
    capturedMinorUnits: Number(order.captured),
    refundedMinorUnits: Number(order.refunded),
  }
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
