import { setTimeout as pause } from 'node:timers/promises'
import { CURRENCY } from './goods.ts'
import type { Graph } from './graph.ts'
import type { WantedOrder } from './invoices.ts'
import type { Journal } from './journal.ts'
import { amountOf, type Line } from './lines.ts'

/** What became of an order: its total in pence as the shop has it, or why there is none. */
export type Placed = { total: number; again: boolean } | { failure: string }

const TRIES = 40
const REST_MS = 250
const CART = `mutation ReplayCart($input: CartCreateInput!) { cartCreate(input: $input) { cart { id } userErrors { code message } } }`
const PLACE = `mutation ReplayOrder($input: PlaceOrderInput!) { placeOrder(input: $input) {
  __typename
  ... on OrderPlaced { order { totals { total { minorUnits } } } }
  ... on PlaceOrderRefused { code }
  ... on PaymentDeclined { message }
} }`
const RETURN = `mutation ReplayReturn($input: StockReturnInput!) { stockReturn(input: $input) { stock { version } userErrors { message } } }`

/** Places an order, or finds the one that an earlier run placed with its key. */
export async function placeOrder(graph: Graph, journal: Journal, { key, lines, total }: WantedOrder): Promise<Placed> {
  const known = journal.cartOf(key)
  const cartId = known ?? (await cartWith(graph, lines))
  if (typeof cartId !== 'string') return cartId
  if (!known) journal.note(key, cartId)
  const expectedTotal = { amount: amountOf(total), currencyCode: CURRENCY }
  const input = { cartId, idempotencyKey: key, paymentToken: 'tok_ok', expectedTotal }
  for (let tries = 1; ; tries++) {
    const { placeOrder } = await graph.ask(PLACE, { input })
    const { __typename: type, order, code, message } = placeOrder
    if (type === 'OrderPlaced') return { total: order.totals.total.minorUnits, again: known !== undefined }
    const isFinal = type !== 'OrderPending' && type !== 'CheckoutUnavailable'
    if (isFinal || tries === TRIES) return { failure: [type, code, message].filter(Boolean).join(': ') }
    await pause(REST_MS)
  }
}

async function cartWith(graph: Graph, lines: WantedOrder['lines']): Promise<string | { failure: string }> {
  const { cartCreate } = await graph.ask(CART, { input: { lines } })
  return cartCreate.cart?.id ?? { failure: `no cart: ${cartCreate.userErrors[0]?.message}` }
}

/** Takes units back into the stock; null when that was done, else why not. */
export async function takeBack(
  graph: Graph,
  { sku, quantity, invoice, number }: Line,
  name: string,
): Promise<string | null> {
  const idempotencyKey = `${name}:return:${number}`
  const input = { sku, quantity, reason: `invoice ${invoice}`, idempotencyKey }
  const { stockReturn } = await graph.ask(RETURN, { input })
  return stockReturn.stock ? null : (stockReturn.userErrors[0]?.message ?? 'refused')
}
