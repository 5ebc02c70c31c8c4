import { randomUUID } from 'node:crypto'
import type { Viewer } from '@commerce/service/viewer.ts'
import type { Ask } from './checkout.ts'

export const STAFF: Viewer = { id: 'sam', scopes: ['checkout:read', 'checkout:write'] }

export interface ShownOrder {
  id: string
  status: string
  version: number
  payment: {
    state: string
    captured: { amount: string }
    refunded: { amount: string }
    refunds: { amount: { amount: string }; state: string; reason: string | null }[]
  }
  fulfilment: { state: string; parcels: { carrier: string; lines: { sku: string; quantity: number }[] }[] }
  hold: { reason: string | null } | null
  timeline: { version: number; kind: string; by: string; actorId: string | null; note: string | null }[]
  lines: { sku: string; fulfilledQuantity: number; returnedQuantity: number }[]
}

export interface OrderChange {
  order: ShownOrder | null
  userErrors: { code: string; field: string[] | null; message: string }[]
  warnings: string[]
}

const ORDER = `id status version payment { state captured { amount } refunded { amount } refunds { amount { amount } state reason requestedAt } }
  fulfilment { state parcels { id carrier trackingNumber trackingUrl sentAt lines { sku quantity } } } hold { at reason }
  timeline { version at kind by actorId note } lines { sku fulfilledQuantity returnedQuantity }`

/** What staff (or whoever placed an order) do with placed orders. */
export function desk(ask: Ask, viewer: Viewer | null = STAFF) {
  async function change(name: string, input: object): Promise<OrderChange> {
    const type = `Order${name.slice('order'.length)}Input`
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { order { ${ORDER} } userErrors { code field message } warnings } }`
    return (await ask<Record<string, OrderChange>>(query, { input }, viewer))[name] as OrderChange
  }
  const keyed = (name: string, orderId: string, input: object) =>
    change(name, { orderId, idempotencyKey: randomUUID(), ...input })
  return {
    fulfill: (orderId: string, input: object) => keyed('orderFulfill', orderId, input),
    cancel: (orderId: string, input: object = {}) => keyed('orderCancel', orderId, input),
    takeBack: (orderId: string, input: object) => keyed('orderReturn', orderId, input),
    refund: (orderId: string, amount: string | null = null, input: object = {}) =>
      keyed('orderRefund', orderId, { amount: amount && { amount, currencyCode: 'USD' }, ...input }),
    hold: (orderId: string, reason = 'It looks odd.', input: object = {}) =>
      change('orderHold', { orderId, reason, ...input }),
    release: (orderId: string) => change('orderRelease', { orderId }),
    async order(id: string): Promise<ShownOrder> {
      const query = `query ($id: ID!) { order(id: $id) { ${ORDER} } }`
      const { order } = await ask<{ order: ShownOrder | null }>(query, { id }, viewer)
      if (!order) throw new Error(`There is no order ${id}.`)
      return order
    },
  }
}

/** One parcel with these quantities, as an input. */
export function parcel(quantities: Record<string, number>, more: object = {}) {
  const lines = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }))
  return { carrier: 'DHL', lines, ...more }
}
